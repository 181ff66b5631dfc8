"""Loads, starts and stops the plugins that a project names: once a process, in order, each bounded in time."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from functools import cached_property, partial
from graphlib import CycleError, TopologicalSorter
from inspect import Parameter, signature
from pathlib import Path
from typing import TYPE_CHECKING

from nuvom.errors import InvalidValue, PluginError
from nuvom.log import logger
from nuvom.plugins.configuration import FILE, START_SECS, Configuration, Target, read_configuration
from nuvom.plugins.contracts import API_VERSION, Plugin
from nuvom.plugins.lifecycle import LifecycleHook
from nuvom.plugins.middleware import Middleware
from nuvom.plugins.registry import REGISTRY
from nuvom.plugins.targets import load_target, name_of, snake_case

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

STOP_SECS = 5.0
"""How long the stop of a plugin may take."""

BACKENDS = ("queue_backend", "result_backend", "scheduler_backend")

_FIRST_METHODS = {"queue_backend": "enqueue", "result_backend": "set_result", "scheduler_backend": "enqueue"}
"""By which a backend is told from a plugin that registers one."""

_BASES: dict[str, type] = {"lifecycle_hook": LifecycleHook, "middleware": Middleware}


@dataclass(slots=True)
class Loaded:
    """A plugin in this process."""

    name: str
    kind: str
    spec: str
    plugin: Plugin
    settings: dict[str, Any]
    required: bool
    limit: float = START_SECS
    """How many seconds its start may take."""

    trouble: str | None = None
    """Why it is disabled, if it is."""

    started: bool = False

    def offers(self) -> set[str]:
        """What others may require of it: its name and its kinds."""
        return {self.name, self.kind, *getattr(self.plugin, "provides", ())}


@dataclass(slots=True)
class Plugins:
    """The plugins of a process, in the order in which they start."""

    configuration: Configuration
    loaded: list[Loaded] = field(default_factory=list)

    def start(self, **runtime: Any) -> None:
        """Starts them. One that fails is disabled; where it is required, all are stopped and `PluginError` says why."""
        for plugin in self.loaded:
            if plugin.trouble is None:
                plugin.trouble = self._start(plugin, runtime)
            if plugin.trouble is None:
                continue
            if plugin.required:
                self.stop()
                raise PluginError(f"the plugin {plugin.name} ({plugin.spec}) is required and {plugin.trouble}")
            logger.warning("plugin %s is disabled: it %s", plugin.name, plugin.trouble)

    def update(self, **runtime: Any) -> None:
        """Tells those that run what the process offers now."""
        for plugin in self.running():
            trouble = bounded(partial(call_with_runtime, plugin.plugin.update_runtime, (), runtime), START_SECS)
            if trouble is not None:
                logger.warning("plugin %s %s when it was told of changes", plugin.name, trouble)

    def stop(self) -> None:
        """Stops those that run, the last one first; each, whatever becomes of the others."""
        for plugin in reversed(list(self.running())):
            plugin.started = False
            trouble = bounded(plugin.plugin.stop, STOP_SECS)
            if trouble is not None:
                logger.warning("plugin %s %s while it stopped", plugin.name, trouble)

    def running(self) -> Iterator[Loaded]:
        """Those that have started."""
        return (plugin for plugin in self.loaded if plugin.started)

    def _start(self, plugin: Loaded, runtime: dict[str, Any]) -> str | None:
        failed: set[str] = set()
        for other in self.loaded:
            failed |= other.offers() if other.trouble is not None else set()
        there = set().union(*(other.offers() for other in self.loaded if other.trouble is None and other is not plugin))
        if lacking := [name for name in getattr(plugin.plugin, "requires", ()) if name in failed - there]:
            return f"requires {', '.join(lacking)}, which did not start"
        trouble = bounded(partial(call_with_runtime, plugin.plugin.start, (plugin.settings,), runtime), plugin.limit)
        plugin.started = trouble is None
        return trouble


def load_plugins(root: Path, kinds: Iterable[str]) -> Plugins:
    """Loads what a project names of these kinds, in the order of `requires`, and starts nothing.

    Raises `InvalidValue` if the file is wrong, two plugins have one name, or requirements are missing or circular.
    """
    configuration = read_configuration(root)
    wanted = set(kinds)
    loaded = [_load(target, configuration) for target in configuration.targets if target.kind in wanted]
    elsewhere = _Elsewhere(configuration, [target for target in configuration.targets if target.kind not in wanted])
    if lost := [plugin for plugin in loaded if isinstance(plugin.plugin, _Missing) and not plugin.required]:
        # One that cannot be imported cannot say its name, so a section that says `required` may be meant for it.
        unclaimed = configuration.required() - {plugin.name for plugin in loaded if plugin not in lost}
        if unclaimed and unclaimed - elsewhere.offered:
            for plugin in lost:
                plugin.required = True
    return Plugins(configuration, _in_order(loaded, configuration.path, elsewhere))


def open_backend(root: Path, kind: str, name: str) -> Any:
    """A new backend of a plugin: an object of the class that `.nuvom_plugins.toml` names, found by its name, its
    target or the name of its class. Raises `PluginError` with the names that exist, or why it cannot be made.
    """
    make = _backend(root, kind, name)
    configuration = read_configuration(root)
    settings = configuration.settings_of(name_of(make))
    made: list[Any] = []
    limit = configuration.start_limit(name_of(make))
    trouble = bounded(lambda: made.append(make(**settings)), limit)
    if trouble is not None:
        raise PluginError(f"the {kind} {name!r} cannot be opened: it {trouble}")
    return made[0]


def _backend(root: Path, kind: str, name: str) -> Callable[..., Any]:
    if (registered := REGISTRY.get(kind, name)) is not None:
        return registered  # type: ignore[no-any-return]  # the registry holds what plugins gave it
    configuration = read_configuration(root)
    names: list[str] = []
    for target in configuration.targets:
        if target.kind != kind:
            continue
        made = load_target(target.spec, root)
        if only_registers(made, kind):
            _have_register(made, configuration)
            if (registered := REGISTRY.get(kind, name)) is not None:
                return registered  # type: ignore[no-any-return]  # as above
        elif name in (name_of(made), target.spec, getattr(made, "__name__", None)):
            return made  # type: ignore[no-any-return]  # whatever the target is, it is called
        else:
            names.append(name_of(made))
    names = [*REGISTRY.names(kind), *names]
    known = f"it names {', '.join(names)}" if names else "it names none"
    raise PluginError(f"there is no {kind} {name!r}: no backend of Nuvom, and none in {FILE} ({known})")


def only_registers(made: Any, kind: str) -> bool:
    """Whether a target for a backend is none itself, but registers one when it starts, as plugins for 0.11 do."""
    return isinstance(made, type) and issubclass(made, Plugin) and not hasattr(made, _FIRST_METHODS[kind])


def _have_register(made: type[Plugin], configuration: Configuration) -> None:
    name = name_of(made)
    settings = configuration.settings_of(name)
    trouble = bounded(
        lambda: call_with_runtime(made().start, (settings,), {"role": "client"}), configuration.start_limit(name)
    )
    if trouble is not None:
        raise PluginError(f"the plugin {name} cannot register its backend: it {trouble}")


def _load(target: Target, configuration: Configuration) -> Loaded:
    """A plugin that cannot be loaded is kept with its trouble, so that it can be shown."""
    name, known = target.spec, {target.spec, snake_case(target.spec.rpartition(":")[2])}
    try:
        made = load_target(target.spec, configuration.path.parent)
        name = name_of(made)
        known = {name}
        plugin = made() if callable(made) else made
        trouble = _misfit(plugin, target.kind)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the code of a plugin may raise anything
        plugin, trouble = _Missing(), str(error) if isinstance(error, PluginError) else f"raised {_said(error)}"
    required = any(configuration.requires(one) for one in sorted(known))
    limit, settings = configuration.start_limit(name), configuration.settings_of(name)
    return Loaded(name, target.kind, target.spec, plugin, settings, required, limit, trouble)


def call_with_runtime(call: Callable[..., object], settings: tuple[Any, ...], runtime: dict[str, Any]) -> None:
    """Calls a method of a plugin with what it takes of the runtime: those that were written for 0.11 may take none of
    it, or all as the dict `extras`.
    """
    parameters = signature(call).parameters
    if any(parameter.kind is Parameter.VAR_KEYWORD for parameter in parameters.values()):
        call(*settings, **runtime)
        return
    offered = {"extras": runtime, **runtime}
    call(*settings, **{name: offered[name] for name in parameters if name in offered})


class _Elsewhere:
    """What the targets of other kinds are called, which are imported only when it must be known."""

    def __init__(self, configuration: Configuration, targets: list[Target]) -> None:
        self._root = configuration.path.parent
        self._targets = targets

    @cached_property
    def _found(self) -> list[set[str] | None]:
        return [self._look(target) for target in self._targets]

    @property
    def offered(self) -> set[str]:
        """Their names and kinds."""
        return set().union(*(found for found in self._found if found is not None))

    @property
    def unknown(self) -> bool:
        """Whether one of them cannot be imported, so that anything may be its name."""
        return None in self._found

    def _look(self, target: Target) -> set[str] | None:
        try:
            made = load_target(target.spec, self._root)
        except (PluginError, SystemExit):
            return None
        return {target.kind, name_of(made), *getattr(made, "provides", ())}


class _Missing(Plugin):
    """Stands for a plugin that could not be loaded."""

    name = "missing"

    def start(self, settings: Any, **runtime: Any) -> None:
        raise NotImplementedError

    def stop(self) -> None:
        raise NotImplementedError


def _misfit(plugin: Any, kind: str) -> str | None:
    if missing := [name for name in ("start", "stop") if not callable(getattr(plugin, name, None))]:
        return f"is no plugin: it lacks {' and '.join(missing)}"
    if not isinstance(plugin, base := _BASES.get(kind, object)):
        return f"is no {kind}: its class is not derived from {base.__module__}.{base.__name__}"
    version = str(getattr(plugin, "api_version", API_VERSION))
    if version.partition(".")[0] != API_VERSION.partition(".")[0]:
        return f"was written for version {version} of the contracts, and this Nuvom has {API_VERSION}"
    return None


def _in_order(loaded: list[Loaded], path: Path, elsewhere: _Elsewhere) -> list[Loaded]:
    """In the order of `requires`; a target that is named for two kinds is one plugin."""
    by_name: dict[str, Loaded] = {}
    providers: dict[str, set[str]] = {}
    sorter: TopologicalSorter[str] = TopologicalSorter()
    problems = []
    for plugin in loaded:
        if (other := by_name.setdefault(plugin.name, plugin)).spec != plugin.spec:
            problems.append(f"{other.spec} and {plugin.spec} are both called {plugin.name!r}")
        for kind in plugin.offers() - {plugin.name}:
            providers.setdefault(kind, set()).add(plugin.name)
    for plugin in loaded:
        needs: set[str] = set()
        for wanted in getattr(plugin.plugin, "requires", ()):
            found = {wanted} if wanted in by_name else providers.get(wanted, set()) - {plugin.name}
            needs |= found
            if not found and wanted not in elsewhere.offered and not elsewhere.unknown:
                problems.append(f"plugin {plugin.name} requires {wanted!r}, which no plugin here is or provides")
        sorter.add(plugin.name, *sorted(needs))
    if problems:
        raise InvalidValue(f"{path}: " + "; ".join(problems))
    try:
        order = list(sorter.static_order())
    except CycleError as error:
        raise InvalidValue(f"{path}: plugins require each other in a circle: {' -> '.join(error.args[1])}") from error
    return [by_name[name] for name in order]


def bounded(call: Callable[[], object], limit: float) -> str | None:
    """Calls on a thread of its own; answers what went wrong as words that follow "it", or `None`."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            call()
        except BaseException as error:  # noqa: BLE001 - the code of a plugin may raise anything
            raised.append(error)

    # A daemon, so that one which hangs does not keep the process from its end.
    thread = threading.Thread(target=run, name="nuvom-plugin", daemon=True)
    thread.start()
    thread.join(limit)
    if thread.is_alive():
        return f"did not return within {limit:g} s"
    return f"raised {_said(raised[0])}" if raised else None


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
