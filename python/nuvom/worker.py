"""Workers: in a process of their own (`nuvom runworker`), or inside a program."""

from __future__ import annotations

import os
import socket
import sys
import threading
from secrets import token_hex
from typing import TYPE_CHECKING, Literal

from nuvom import _nuvom

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from nuvom.plugins.in_worker import WorkerPlugins

EXIT_DRAINED = 0
EXIT_ERROR = 1
EXIT_CONFIGURATION = 2
EXIT_HANDED_BACK = 3
EXIT_STUCK = 4
EXIT_STALLED = 5

_LOG_LIMIT_SECS = 2.0
"""How long a worker that has ended waits for its last lines to be written."""


class Worker:
    """Runs jobs from inside a program, for tests, notebooks and web applications.

        with nuvom.Worker(threads=2):
            print(add.delay(5, 7).get(timeout=10))

    It knows the tasks that this process has imported. Leaving the block stops it: what runs may finish for the
    grace period, what has not started goes back to its queue.
    """

    def __init__(
        self,
        *,
        threads: int | None = None,
        pool: Literal["thread", "process"] | None = None,
        queues: Sequence[str] = (),
        name: str | None = None,
        stop_grace_secs: float | None = None,
        monitored: bool = False,
        scheduler: bool = True,
    ) -> None:
        """`threads` is how many jobs run at once (`NUVOM_MAX_WORKERS`), on threads of this process or, with
        `pool="process"`, each in a child process (`NUVOM_POOL`); jobs of `async def` tasks are not counted there but
        by `NUVOM_MAX_COROUTINES`. `queues` says which are served (all); `name` must be unique among living workers;
        `stop_grace_secs` is how long a stop waits for running jobs (`NUVOM_STOP_GRACE_SECS`); `monitored` counts what
        the worker does, for `metrics`; `scheduler=False` leaves the ticks of schedules to others.

        A child imports the modules of the tasks that are registered when the worker starts. Tasks of the program
        itself are found by running it again under another name, so its own start belongs under
        `if __name__ == "__main__":`.
        """
        if threads is not None and threads < 1:
            raise ValueError(f"threads is {threads}, expected 1 or more")
        self.name = name or f"{socket.gethostname()}-{os.getpid()}-{token_hex(3)}"
        if pool not in (None, "thread", "process"):
            raise ValueError(f"pool is {pool!r}, expected 'thread' or 'process'")
        self._threads = threads
        self._pool = pool
        self._queues = [queues] if isinstance(queues, str) else list(queues)
        self._stop_grace_secs = stop_grace_secs
        self._handle: _nuvom.WorkerHandle | None = None
        self._metrics = _nuvom.Metrics() if monitored else None
        self._plugins: WorkerPlugins | None = None
        self._scheduler = scheduler

    @property
    def metrics(self) -> _nuvom.Metrics | None:
        """What a `monitored` worker counts: `metrics.openmetrics()` is a page for Prometheus, `metrics.snapshot()` the
        same as a dict. Starting again goes on counting.
        """
        return self._metrics

    def start(self) -> None:
        """Begins to claim jobs. Does not wait."""
        if self._handle is not None:
            raise RuntimeError(f"worker {self.name} is running")
        self._plugins = plugins = _plugins(self.name, self._metrics, *_roles(self._scheduler))
        if plugins is not None:
            plugins.start()
            self._metrics = plugins.metrics
        try:
            if self._scheduler:
                _sync_declared()
            self._handle = _nuvom.WorkerHandle(
                self.name,
                {
                    "queues": self._queues,
                    "slots": self._threads,
                    "pool": self._pool,
                    "stop_grace_secs": self._stop_grace_secs,
                    "owns_process": False,
                    "scheduler": self._scheduler,
                    "places": _places(),
                    "host": socket.gethostname(),
                    "metrics": self._metrics,
                },
            )
        except BaseException:
            self._stop_plugins()
            raise
        if plugins is not None:
            plugins.running(self._handle)

    def stop(self) -> int:
        """Stops and waits for the end; answers how many running jobs were cut off, and handed back. Stopping twice is
        fine.
        """
        handle, self._handle = self._handle, None
        if handle is None:
            return 0
        handle.drain()
        try:
            return _wait(handle)
        finally:
            self._stop_plugins()

    def _stop_plugins(self) -> None:
        plugins, self._plugins = self._plugins, None
        if plugins is not None:
            plugins.stop()

    def __enter__(self) -> Worker:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()


def run_worker(
    queues: Sequence[str], log_level: str, log_format: str, strict: bool, reloads: bool, scheduler: bool
) -> int:
    """`nuvom runworker`: loads the project's tasks, runs jobs until a signal says stop, answers the exit code."""
    from nuvom.discovery.auto_register import auto_register
    from nuvom.errors import NuvomError
    from nuvom.execution.stacks import show_stacks_on_request
    from nuvom.log import adopt_root, logger, setup_logging

    setup_logging(log_level, log_format)
    show_stacks_on_request()
    try:
        if reloads:
            from nuvom.reloading import run_reloading

            return run_reloading(sys.argv[1:])
        registered = auto_register()
        for failure in registered.failures:
            missing = ", ".join(failure.tasks)
            logger.error("module %s could not be loaded (%s); not served: %s", failure.module, failure.reason, missing)
            if failure.traceback:
                logger.error("%s", failure.traceback.rstrip())
        if strict and registered.failures:
            logger.error("not started, since --strict asks for every module to load")
            return EXIT_ERROR
        if not registered.tasks:
            logger.error("there is no task to serve: write one with @task and run `nuvom discover tasks`")
            return EXIT_CONFIGURATION
        adopt_root()
        _introduce(registered.tasks, queues, scheduler)
        if scheduler:
            _sync_declared()
        name = _unique_name()
        plugins = _plugins(name, None, *_roles(scheduler))
        return end(_serve_worker(name, _options(queues, plugins, scheduler=scheduler), plugins))
    except NuvomError as error:
        print(f"nuvom: {error}", file=sys.stderr)
        return EXIT_CONFIGURATION


def run_one_job(id: str, queue: str) -> int:
    """Runs a worker that ends with this job, which is in this queue, and answers its exit code. A signal interrupts the
    job at once.
    """
    name = _unique_name()
    plugins = _plugins(name, None, "worker")
    # One slot: an attempt that nothing can end is then given up, as in a worker that has no slot left.
    options = _options([queue], plugins, scheduler=False)
    options["slots"] = 1
    options["stop_grace_secs"] = 0.0
    return _serve_worker(
        name, options, plugins, lambda handle: _nuvom.call_back(id, lambda _state, _error: handle.drain())
    )


def _introduce(tasks: Sequence[str], queues: Sequence[str], scheduler: bool) -> None:
    """Says what the worker is: what people look for first when it does not do what they expect."""
    from nuvom.log import logger

    settings = {name: (value, origin) for name, value, origin in _nuvom.settings()}
    slots, pool = settings["NUVOM_MAX_WORKERS"][0], settings["NUVOM_POOL"][0]
    store = _nuvom.store_place()
    logger.info("serving %d tasks: %s", len(tasks), _listed(tasks))
    logger.info("queues: %s; %s %s", ", ".join(queues) or "all", slots, "children" if pool == "process" else "threads")
    logger.info("store: %s; schedules are %s", store, "fired here" if scheduler else "left to others")
    changed = [f"{name}={value} ({origin})" for name, (value, origin) in settings.items() if origin != "default"]
    if changed:
        logger.info("settings that differ from the default: %s", ", ".join(changed))


def run_scheduler(log_level: str, log_format: str) -> int:
    """`nuvom runscheduler`: makes the jobs of schedules until a signal says stop, answers the exit code."""
    from nuvom.discovery.auto_register import auto_register
    from nuvom.errors import NuvomError
    from nuvom.execution.stacks import show_stacks_on_request
    from nuvom.log import logger, setup_logging

    setup_logging(log_level, log_format)
    show_stacks_on_request()
    try:
        # For the schedules in their code; whatever does not load keeps those that it has.
        for failure in auto_register().failures:
            logger.warning("module %s could not be loaded (%s)", failure.module, failure.reason)
        _sync_declared()

        name = _unique_name()
        plugins = _plugins(name, None, "scheduler")

        def start() -> _nuvom.SchedulerHandle:
            handle = _nuvom.SchedulerHandle(name, plugins.metrics if plugins is not None else None)
            if plugins is not None:
                plugins.running(handle)
            logger.info("scheduler %s started", name)
            return handle

        if plugins is not None:
            plugins.start()
        try:
            code = _serve(start)
        finally:
            if plugins is not None:
                plugins.stop()
        logger.info("scheduler %s stopped", name)
        return end(code)
    except NuvomError as error:
        print(f"nuvom: {error}", file=sys.stderr)
        return EXIT_CONFIGURATION


def _roles(scheduler: bool) -> tuple[Literal["worker", "scheduler"], ...]:
    return ("worker", "scheduler") if scheduler else ("worker",)


def _sync_declared() -> None:
    """Writes the schedules that stand in the code. None is retired: tasks of another version may have them."""
    from nuvom.registry.registry import by_name

    if not any("schedule" in task.options for task in by_name.values()):
        return
    from nuvom.log import logger
    from nuvom.scheduler.declared import sync  # only projects with such tasks need it

    for id, done in sync(retires=False):
        logger.info("schedule %s %s", id, done)


def end(code: int) -> int:
    """The exit code, for the caller to return. While a task still runs that nothing can end, or the log takes nothing
    any more, the interpreter cannot be taken down in good order, so then the process ends here.
    """
    from nuvom.log import flush

    written = flush(_LOG_LIMIT_SECS)
    if not written or any(thread.name.startswith(("nuvom-task", "nuvom-loop")) for thread in threading.enumerate()):
        os._exit(code)
    return code


def _serve(start: Callable[[], _nuvom.WorkerHandle | _nuvom.SchedulerHandle]) -> int:
    """Runs a worker to its end; waits in another thread, so that this one can take signals at any moment."""
    from nuvom.wakeups import Wakeups  # a worker inside a program leaves signals alone

    ended: list[int] = []
    handle: _nuvom.WorkerHandle | _nuvom.SchedulerHandle | None = None
    requests = 0

    def stop() -> None:
        nonlocal requests
        requests += 1
        obey()

    def obey() -> None:
        if requests > 2:
            os._exit(EXIT_ERROR)  # leases run out by themselves
        if handle is not None and requests == 1:
            handle.drain()
        elif handle is not None and requests == 2:
            handle.cut()

    # Before the worker starts: whoever sees that it runs may stop it.
    wakeups = Wakeups(stop)
    handle = worker = start()
    obey()  # what was asked for meanwhile

    def wait() -> None:
        ended.append(worker.wait()[0])
        wakeups.note()

    threading.Thread(target=wait, name="nuvom-wait", daemon=True).start()
    while not ended:
        wakeups.wait()
    wakeups.close()
    if worker.broken and ended[0] in (EXIT_DRAINED, EXIT_HANDED_BACK):
        return EXIT_ERROR
    return ended[0]


def _wait(handle: _nuvom.WorkerHandle) -> int:
    """Waits for the end of a worker that was asked to stop. Control-C interrupts what still runs."""
    handed_back: list[int] = []
    waiting = threading.Thread(target=lambda: handed_back.append(handle.wait()[1]), name="nuvom-wait", daemon=True)
    waiting.start()
    try:
        waiting.join()
    except KeyboardInterrupt:
        handle.cut()
        waiting.join()
        raise
    return handed_back[0]


def _serve_worker(
    name: str,
    options: _nuvom.WorkerOptions,
    plugins: WorkerPlugins | None,
    started: Callable[[_nuvom.WorkerHandle], object] | None = None,
) -> int:
    """Runs a worker of this process to its end, its plugins around it; `started` is told of it."""
    from nuvom.log import logger

    def start() -> _nuvom.WorkerHandle:
        handle = _nuvom.WorkerHandle(name, options)
        if plugins is not None:
            plugins.running(handle)
        if started is not None:
            started(handle)
        return handle

    if plugins is None:
        return _serve(start)
    plugins.start()
    try:
        logger.info("plugins: %s", _listed(plugins.names) or "none")
        return _serve(start)
    finally:
        plugins.stop()


def _options(queues: Sequence[str], plugins: WorkerPlugins | None, *, scheduler: bool) -> _nuvom.WorkerOptions:
    """What a worker that has its process for itself is told; the rest is said by the settings."""
    return {
        "queues": list(queues),
        "slots": None,
        "pool": None,
        "stop_grace_secs": None,
        "owns_process": True,
        "scheduler": scheduler,
        "places": _places(),
        "host": socket.gethostname(),
        "metrics": plugins.metrics if plugins is not None else None,
    }


def _plugins(name: str, metrics: _nuvom.Metrics | None, *roles: Literal["worker", "scheduler"]) -> WorkerPlugins | None:
    """The plugins that the project names for its workers and schedulers."""
    root = _nuvom.project()[0]
    if not (root / ".nuvom_plugins.toml").exists():
        return None
    from nuvom.plugins.in_worker import plugins_of  # only projects with plugins need it

    return plugins_of(root, name, metrics, roles)


def _places() -> _nuvom.Places:
    """Where child processes find the tasks that this process knows now."""
    from nuvom.execution.places import places
    from nuvom.registry.registry import by_name

    modules, script = places(by_name.values())
    # An empty entry means the working directory, which is what it is in a child, too.
    return {"path": list(sys.path), "modules": modules, "script": script, "root": str(_nuvom.project()[0])}


def _unique_name() -> str:
    return f"{socket.gethostname()}-{os.getpid()}-{token_hex(3)}"


def _listed(names: Sequence[str]) -> str:
    shown = 8
    more = len(names) - shown
    return ", ".join(names[:shown]) + (f" and {more} more" if more > 0 else "")
