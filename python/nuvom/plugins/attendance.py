"""The plugins that stand around the calls of this process: middleware and hooks.

Middleware is loaded with the first job that the process sends or runs, and stays to its end. Hooks come and go with the
workers of the process.
"""

from __future__ import annotations

import atexit
import threading
from contextlib import ExitStack, contextmanager
from time import monotonic
from typing import TYPE_CHECKING

from nuvom._nuvom import current_job
from nuvom.errors import InvalidValue
from nuvom.log import logger
from nuvom.plugins.lifecycle import JobContext, LifecycleHook
from nuvom.plugins.loader import Plugins, load_plugins
from nuvom.plugins.middleware import Enqueueing, Middleware

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path
    from typing import Any

    from nuvom.task import Task

    Leave = Callable[[BaseException | None], None]
    Enter = Callable[[str, str, int], tuple[list[tuple[str, str]], Leave]]

SLOW_HOOK_SECS = 1.0
"""A hook that takes longer is told by name."""

MOST_HEADERS = 32
MOST_HEADER_BYTES = 8_192


class Attempt:
    """What hooks need to know about an attempt when it ends."""

    __slots__ = ("returned",)

    def __init__(self) -> None:
        self.returned: Any = None


class Attendance:
    """The middleware and hooks of a process, and the counts of what they did wrong."""

    def __init__(self) -> None:
        self.middleware: list[Middleware] = []
        self.attending: list[tuple[str, list[LifecycleHook]]] = []
        """The workers of this process by name, each with hooks of its own."""

        self.hooks: tuple[LifecycleHook, ...] = ()
        """Those that stand around attempts. An attempt does not know which worker of its process runs it, so where
        there are several those of the first one do: once around each attempt.
        """

        self.worker = ""
        """The worker of this process, if there is just one."""

        self.troubled: Callable[[str, str, bool], None] | None = None
        """Told of a hook that failed (False) or was slow (True): plugin and hook."""

    @contextmanager
    def attempt(self, task: Task[..., Any]) -> Iterator[Attempt]:
        """Stands around one attempt on this thread or in this coroutine."""
        context = _context(task, self.worker)
        attempt = Attempt()
        with ExitStack() as stack:
            for middleware in self.middleware:
                stack.enter_context(middleware.running(context))
            hooks = self.hooks
            self.tell(hooks, "before_job", context)
            try:
                yield attempt
            except BaseException as error:
                self.tell(reversed(hooks), "on_error", context, error)
                raise
            self.tell(reversed(hooks), "after_job", context, attempt.returned)

    def tell(self, hooks: Iterable[LifecycleHook], name: str, *args: Any) -> None:
        """Calls a hook of each; whatever it does, the job goes its way."""
        for hook in hooks:
            began = monotonic()
            try:
                getattr(hook, name)(*args)
            except (Exception, SystemExit):  # noqa: BLE001 - a hook may raise anything; an interruption goes its way
                logger.exception("hook %s of plugin %s failed; no outcome is changed", name, _name(hook))
                self._note(hook, name, slow=False)
            if (took := monotonic() - began) > SLOW_HOOK_SECS:
                logger.warning("hook %s of plugin %s took %.1f s", name, _name(hook), took)
                self._note(hook, name, slow=True)

    def _note(self, hook: LifecycleHook, name: str, *, slow: bool) -> None:
        if self.troubled is not None:
            self.troubled(_name(hook), name, slow)

    def enqueue(self, task: str, queue: str, count: int) -> tuple[list[tuple[str, str]], Leave]:
        """Enters what stands around an enqueueing; answers the headers, and how to leave with or without an error."""
        enqueueing = Enqueueing(task=task, queue=queue, count=count)
        stack = ExitStack()
        try:
            for middleware in self.middleware:
                stack.enter_context(middleware.enqueueing(enqueueing))
            headers = _checked(enqueueing.headers)
        except BaseException as error:
            stack.__exit__(type(error), error, error.__traceback__)
            raise

        def leave(error: BaseException | None) -> None:
            if error is None:
                stack.close()
            else:
                stack.__exit__(type(error), error, error.__traceback__)

        return headers, leave


attendance = Attendance()
_lock = threading.Lock()
_loaded: Plugins | None = None


def for_client(root: Path) -> Enter | None:
    """Loads the middleware of a project, once a process; answers what is called around an enqueueing, if any."""
    global _loaded  # noqa: PLW0603 - loaded once a process
    with _lock:
        if _loaded is None:
            plugins = load_plugins(root, ["middleware"])
            # Before it counts as loaded: while a required one does not start, no job goes out without it.
            plugins.start(role="client")
            _loaded = plugins
            atexit.register(plugins.stop)
            attendance.middleware += [p.plugin for p in plugins.running() if isinstance(p.plugin, Middleware)]
            _attend()
    return attendance.enqueue if attendance.middleware else None


def attend(plugins: Plugins, worker: str = "") -> Callable[[], None]:
    """Has the hooks among these plugins called from now on, for a worker with this name; answers how to end that."""
    hooks: list[LifecycleHook] = [p.plugin for p in plugins.running() if isinstance(p.plugin, LifecycleHook)]
    ours = (worker, hooks)
    with _lock:
        attendance.attending.append(ours)
        _attend()

    def leave() -> None:
        with _lock:
            attendance.attending.remove(ours)
            _attend()

    return leave


def _attend() -> None:
    """Attempts of a process without middleware and hooks pay nothing."""
    from nuvom.execution import job_runner  # which imports this only where there are plugins

    workers = attendance.attending
    attendance.hooks = tuple(workers[0][1]) if workers else ()
    attendance.worker = workers[0][0] if len(workers) == 1 else ""
    job_runner.attendance = attendance if attendance.middleware or attendance.hooks else None


def _context(task: Task[..., Any], worker: str) -> JobContext:
    job = current_job()
    if job is None:
        return JobContext(job_id="", task=task.name, queue="", attempt=1, worker=worker)
    return JobContext(
        job_id=job.id,
        task=job.task,
        queue=job.queue,
        attempt=job.attempt,
        worker=worker,
        tags=tuple(task.options.get("tags", ())),
        headers=job.headers,
    )


def _checked(headers: dict[str, str]) -> list[tuple[str, str]]:
    for name, value in headers.items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise InvalidValue(f"header {name!r} is {value!r}: names and values of headers are texts")
    size = sum(len(name.encode()) + len(value.encode()) for name, value in headers.items())
    if len(headers) > MOST_HEADERS or size > MOST_HEADER_BYTES:
        raise InvalidValue(
            f"middleware set {len(headers)} headers of {size} bytes; a job carries {MOST_HEADERS} and "
            f"{MOST_HEADER_BYTES} bytes at most"
        )
    return list(headers.items())


def _name(hook: LifecycleHook) -> str:
    return str(getattr(hook, "name", type(hook).__name__))
