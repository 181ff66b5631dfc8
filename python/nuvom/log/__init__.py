"""What a worker tells, through Python's `logging`, so that a program's own set-up wins."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from typing import Any

from nuvom.log.context import JobContext
from nuvom.log.lines import JsonLines, PlainLines
from nuvom.log.story import told

__all__ = [
    "JobContext",
    "JsonLines",
    "PlainLines",
    "adopt_root",
    "flush",
    "get_logger",
    "listeners",
    "logger",
    "report",
    "setup_logging",
]

logger = logging.getLogger("nuvom")

_own: logging.Handler | None = None
"""The handler that this module has set up; none where the program's own set-up wins."""


def get_logger(level: str | None = None) -> logging.Logger:
    """The logger of Nuvom, `logging.getLogger("nuvom")`; with a `level` it tells what is at least so grave."""
    if level is not None:
        logger.setLevel(level.upper())
    return logger


def setup_logging(level: str = "INFO", format: str = "plain") -> None:
    """Sends the log of a worker to standard error, unless the program has set up logging itself: for people (`plain`,
    with colours on a terminal), or as JSON lines (`json`).
    """
    global _own  # noqa: PLW0603 - there is one standard error
    if logging.getLogger().handlers or logger.handlers:
        return
    _own = _handler(format)
    logger.addHandler(_own)
    logger.setLevel(level)
    logger.propagate = False


def adopt_root() -> None:
    """Settles, once the modules with tasks are loaded, who writes the records of tasks: the handlers that those modules
    have set up, and then those of Nuvom, too; else the handler that Nuvom uses itself. Either way each record that
    comes from inside a job carries its id, task, attempt and queue.
    """
    global _own  # noqa: PLW0603 - there is one standard error
    root = logging.getLogger()
    if root.handlers:
        if _own is not None:
            logger.removeHandler(_own)
            logger.propagate = True
            _own = None
    elif _own is not None:
        root.addHandler(_own)
        root.setLevel(logger.level)
    for handler in root.handlers:
        if not any(isinstance(one, JobContext) for one in handler.filters):
            handler.addFilter(JobContext())


def flush(limit_secs: float) -> bool:
    """Waits until all that was logged is written, but no longer than this; answers whether it is. It never is while
    nobody reads the pipe or the terminal that the log goes to.
    """
    done = threading.Thread(target=_flush, name="nuvom-log-flush", daemon=True)
    done.start()
    done.join(limit_secs)
    return not done.is_alive()


def _flush() -> None:
    for handler in (*logger.handlers, *logging.getLogger().handlers):
        handler.flush()
    for stream in (sys.stdout, sys.stderr):
        # None where a program has no console, closed where it closed it.
        if stream is not None and not stream.closed:
            stream.flush()


def _handler(format: str) -> logging.Handler:
    handler: logging.Handler
    if format == "json":
        handler = logging.StreamHandler()
        handler.setFormatter(JsonLines())
    elif sys.stderr.isatty():
        from nuvom.log.people import handler_for_people  # Rich is for those who look

        handler = handler_for_people()
    else:
        handler = logging.StreamHandler()
        handler.setFormatter(PlainLines())
    handler.addFilter(JobContext())
    return handler


listeners: list[Callable[[list[tuple[str, dict[str, Any]]]], object]] = []
"""Called with each batch of events that the log tells, before it does; they must return at once."""


def report(events: list[tuple[str, dict[str, Any]]], dropped: int) -> None:
    """Takes a batch of the engine's events."""
    for listener in tuple(listeners):
        listener(events)
    if dropped:
        logger.warning("%d events were not logged: the log could not keep up", dropped)
    for name, fields in events:
        level, message = told(name, fields)
        # `message` is a name that log records keep for themselves.
        extra = {("reason" if key == "message" else key): value for key, value in fields.items()}
        logger.log(level, "%s", message, extra={"event": name, **extra})
