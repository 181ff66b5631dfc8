"""One job, run in this process on a store that ends with it: what `nuvom runtestworker run` does to try a task."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from nuvom.discovery.auto_register import auto_register
from nuvom.errors import BadArguments, InvalidOption, InvalidValue, NotFound, NotSerializable, PayloadTooLarge
from nuvom.log import adopt_root, logger, setup_logging
from nuvom.registry.registry import by_name
from nuvom.worker import run_one_job

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterator, Sequence
    from typing import Any

    from nuvom.discovery.auto_register import ImportFailure

_QUEUE = "runtestworker"
"""The one queue that is served, so that what the task enqueues is not run."""

_SHOWN_ANYWAY = frozenset({"worker_started", "worker_stopping", "worker_stopped", "jobs_done", "ended"})
"""Events that say what the command shows of the job at its end."""


def try_job(task: str, description: str, place: str, log_level: str, log_format: str, keeps_stdout: bool) -> str:
    """Runs the job that a text of JSON describes, and answers its id once it has ended.

    With `keeps_stdout`, what is printed meanwhile goes to standard error. Raises `NotFound` if the task's module cannot
    be loaded, and `InvalidValue`, with the `place` of the text, if its arguments or options do not fit.
    """
    setup_logging(log_level, log_format)
    logger.addFilter(_is_news)
    with _stdout_as_stderr() if keeps_stdout else nullcontext():
        failures = auto_register().failures
        adopt_root()
        if task not in by_name:
            raise NotFound(f"the task {task!r} could not be loaded. {_told(failures)}")
        for failure in failures:
            logger.warning("module %s could not be loaded (%s)", failure.module, failure.reason)
        try:
            id = _enqueue(task, json.loads(description))
        except (InvalidOption, BadArguments, NotSerializable, PayloadTooLarge) as error:
            raise InvalidValue(f"{place}: {error}") from error
        run_one_job(id, _QUEUE)
        return id


def _enqueue(name: str, described: dict[str, Any]) -> str:
    # One attempt, unless more are asked for: who tries a task wants to see its first error now.
    options = {"retries": 0, **{key: described[key] for key in ("retries", "timeout_secs") if key in described}}
    task = by_name[name].with_options(**options, queue=_QUEUE)
    return task.delay(*described.get("args", []), **described.get("kwargs", {})).id


def _told(failures: Sequence[ImportFailure]) -> str:
    reasons = [f"Module {failure.module}: {failure.reason}\n{failure.traceback}".rstrip() for failure in failures]
    return "\n".join(reasons) or "Run `nuvom discover tasks`"


def _is_news(record: logging.LogRecord) -> bool:
    return getattr(record, "event", None) not in _SHOWN_ANYWAY


@contextmanager
def _stdout_as_stderr() -> Iterator[None]:
    """Also for what is written by child processes and by libraries in C."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)
