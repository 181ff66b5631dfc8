"""The plugins of one worker or scheduler: started before it claims or fires, stopped after its last job."""

from __future__ import annotations

import threading
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Literal

from nuvom import _nuvom, log
from nuvom.log import logger
from nuvom.plugins import loader
from nuvom.plugins.attendance import attend, attendance, for_client
from nuvom.plugins.configuration import FILE, START_SECS
from nuvom.plugins.lifecycle import JobContext, LifecycleHook
from nuvom.plugins.loader import Plugins, load_plugins
from nuvom.plugins.origin import origin_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nuvom._nuvom import Metrics, SchedulerHandle, WorkerHandle

_hearing: list[WorkerPlugins] = []
"""The workers of this process whose hooks want events. The log tells the events of all, so the first one hears them."""


class WorkerPlugins:
    """What plugins do for one worker, or for a scheduler without one."""

    def __init__(
        self, plugins: Plugins, worker: str, metrics: Metrics | None, roles: Sequence[Literal["worker", "scheduler"]]
    ) -> None:
        """`roles` are what runs under this name; the first one is what plugins are told when they start."""
        self._roles = roles
        self.metrics = metrics
        self._plugins = plugins
        self._worker = worker
        self._leave: Callable[[], None] = lambda: None
        self._told: SimpleQueue[list[tuple[str, dict[str, Any]]] | None] = SimpleQueue()
        self._teller = threading.Thread(target=self._tell_events, name="nuvom-hooks", daemon=True)

    def start(self) -> None:
        """Starts them. Raises `PluginError` if a required one fails; then none runs."""
        self._plugins.start(role=self._roles[0], worker=self._worker, metrics_provider=self.metrics)
        if self.metrics is not None:
            attendance.troubled = _counted_by(self.metrics)
        self._leave = attend(self._plugins, self._worker)
        for role in self._roles:
            self._tell_within(START_SECS, self._hooks(), f"on_{role}_start")
        if self._hooks():
            self._teller.start()
            _hearing.append(self)
            log.listeners.append(self._hear)

    def running(self, handle: WorkerHandle | SchedulerHandle) -> None:
        """Tells them that the worker claims now, or the scheduler fires."""
        self._plugins.update(worker=handle.name, metrics_provider=self.metrics)

    def stop(self) -> None:
        """Stops them, the last one first."""
        if self._teller.is_alive():
            _hearing.remove(self)
            log.listeners.remove(self._hear)
            self._told.put(None)
            self._teller.join(loader.STOP_SECS)
        for role in reversed(self._roles):
            self._tell_within(loader.STOP_SECS, self._hooks()[::-1], f"on_{role}_stop")
        self._leave()
        self._plugins.stop()

    @property
    def names(self) -> list[str]:
        """Those that run."""
        return [plugin.name for plugin in self._plugins.running()]

    def _hooks(self) -> list[LifecycleHook]:
        return [plugin.plugin for plugin in self._plugins.running() if isinstance(plugin.plugin, LifecycleHook)]

    def _tell_within(self, limit: float, hooks: list[LifecycleHook], name: str) -> None:
        """A hook that does not return keeps the worker neither from its start nor from its end."""
        for hook in hooks:
            trouble = loader.bounded(lambda hook=hook: attendance.tell((hook,), name, self._worker), limit)  # type: ignore[misc]  # mypy sees no type in a default
            if trouble is not None:
                logger.warning("hook %s of plugin %s %s", name, getattr(hook, "name", type(hook).__name__), trouble)

    def _hear(self, events: list[tuple[str, dict[str, Any]]]) -> None:
        if _hearing[:1] == [self]:
            self._told.put(events)

    def _tell_events(self) -> None:
        """On a thread of its own, so that a slow hook delays neither the log nor a job."""
        while (events := self._told.get()) is not None:
            for name, fields in events:
                context = JobContext(
                    job_id=fields.get("job_id", ""),
                    task=fields.get("task", ""),
                    queue=fields.get("queue", ""),
                    attempt=fields.get("attempt", 1),
                    worker=attendance.worker,
                )
                outcome, state = fields.get("outcome"), fields.get("state")
                if name == "reaped" or (name == "ended" and outcome == "lost"):
                    attendance.tell(self._hooks(), "on_lost", context)
                elif name == "ended" and state == "PENDING" and outcome in ("failed", "timed out"):
                    error = f"{fields.get('kind', '')}: {fields.get('message', '')}"
                    attendance.tell(self._hooks(), "on_retry", context, error)


def plugins_of(
    root: Path, name: str, metrics: Metrics | None, roles: Sequence[Literal["worker", "scheduler"]]
) -> WorkerPlugins | None:
    """The plugins that a project names for its workers and schedulers, not started; `None` if it names none at all."""
    if not (root / FILE).exists():
        return None
    for_client(root)  # middleware stands around attempts as well
    plugins = load_plugins(root, ["lifecycle_hook", "monitoring"])
    for target in plugins.configuration.targets:
        logger.info("plugin %s (%s), from %s", target.spec, target.kind, origin_of(target.spec, root))
    if metrics is None and any(plugin.kind == "monitoring" for plugin in plugins.loaded):
        metrics = _nuvom.Metrics()
    return WorkerPlugins(plugins, name, metrics, roles)


def attend_in_child(root: Path) -> None:
    """What plugins do in a child process: stand around the attempts that run there."""
    for_client(root)
    plugins = load_plugins(root, ["lifecycle_hook"])
    plugins.start(role="child")
    attend(plugins)


def _counted_by(metrics: Metrics) -> Callable[[str, str, bool], None]:
    def troubled(plugin: str, hook: str, slow: bool) -> None:
        (metrics.hook_slow if slow else metrics.hook_failed)(plugin, hook)

    return troubled
