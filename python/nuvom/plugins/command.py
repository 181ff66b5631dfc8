"""What `nuvom plugin` asks: answers as plain data, which the command line shows."""

from __future__ import annotations

import json
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from nuvom import _nuvom
from nuvom.errors import InvalidValue, PluginError
from nuvom.plugins.configuration import read_configuration
from nuvom.plugins.contracts import API_VERSION, KINDS, Plugin
from nuvom.plugins.loader import BACKENDS, call_with_runtime, load_plugins, only_registers
from nuvom.plugins.origin import GROUP, origin_of
from nuvom.plugins.scaffold import scaffold
from nuvom.plugins.targets import load_target, name_of

if TYPE_CHECKING:
    from typing import Any

REQUIRED = {
    "queue_backend": ("enqueue", "dequeue", "pop_batch", "qsize", "clear"),
    "result_backend": ("set_result", "get_result", "set_error", "get_error", "get_full", "list_jobs"),
    "scheduler_backend": ("enqueue", "get", "list", "due", "ack_dispatched", "reschedule", "cancel"),
}


def answer(root: str, verb: str, arguments: list[str]) -> str:
    """The answer to one command, as JSON."""
    project = Path(root)
    match verb, arguments:
        case "list", []:
            found: Any = _listed(project)
        case "status", []:
            found = _status(project)
        case "inspect", [name]:
            found = _inspected(project, name)
        case "test", [spec, kind]:
            found = _tested(project, spec, kind)
        case "scaffold", [kind, name, folder]:
            found = {"files": scaffold(kind, name, Path(folder))}
        case _:
            raise InvalidValue(f"`nuvom plugin {verb}` is not known with {len(arguments)} arguments")
    return json.dumps(found, default=str)


def _listed(root: Path) -> list[dict[str, str]]:
    """Nothing is imported for this."""
    named = [
        {"kind": target.kind, "target": target.spec, "from": "project", "origin": origin_of(target.spec, root)}
        for target in read_configuration(root).targets
    ]
    used = {plugin["target"] for plugin in named}
    installed = [
        {"kind": "", "target": entry.name, "from": f"installed: {entry.value}", "origin": origin_of(entry.name, root)}
        for entry in entry_points(group=GROUP)
        if entry.name not in used
    ]
    return named + installed


def _status(root: Path) -> list[dict[str, str]]:
    rows = []
    for target in read_configuration(root).targets:
        if target.kind in BACKENDS:
            try:
                made = load_target(target.spec, root)
                name, trouble = name_of(made), _lacks(made, target.kind)
            except PluginError as error:
                name, trouble = target.spec, str(error)
            rows.append(_row(target.kind, name, target.spec, trouble))
    others = load_plugins(root, [kind for kind in KINDS if kind not in BACKENDS]).loaded
    return rows + [_row(plugin.kind, plugin.name, plugin.spec, plugin.trouble) for plugin in others]


def _row(kind: str, name: str, spec: str, trouble: str | None) -> dict[str, str]:
    return {
        "kind": kind,
        "name": name,
        "target": spec,
        "state": "ok" if trouble is None else "disabled",
        "why": trouble or "",
    }


def _lacks(made: Any, kind: str) -> str | None:
    if only_registers(made, kind):
        return None
    missing = [method for method in REQUIRED[kind] if not callable(getattr(made, method, None))]
    return f"lacks {', '.join(missing)}" if missing and isinstance(made, type) else None


def _inspected(root: Path, name: str) -> dict[str, Any]:
    configuration = read_configuration(root)
    for target in configuration.targets:
        made = load_target(target.spec, root)
        if name in (name_of(made), target.spec, getattr(made, "__name__", None)):
            settings = configuration.settings_of(name_of(made))
            shown: dict[str, Any] = {
                "name": name_of(made),
                "kind": target.kind,
                "target": target.spec,
                "module": getattr(made, "__module__", ""),
                "origin": origin_of(target.spec, root),
                "settings": sorted(settings),
            }
            if target.kind in BACKENDS and not only_registers(made, target.kind):
                backend = made(**settings)
                return {**shown, "promises": _nuvom.backend_promises(target.kind, backend)}
            plugin = made() if isinstance(made, type) else made
            return {
                **shown,
                "api_version": getattr(plugin, "api_version", API_VERSION),
                "provides": list(getattr(plugin, "provides", ())),
                "requires": list(getattr(plugin, "requires", ())),
            }
    names = ", ".join(target.spec for target in configuration.targets) or "none"
    raise PluginError(f"{configuration.path} names no plugin {name!r}; it names {names}")


def _tested(root: Path, spec: str, kind: str) -> dict[str, Any]:
    made = load_target(spec, root)
    kind = kind or _kind_of(made, spec)
    settings = read_configuration(root).settings_of(name_of(made))

    def make() -> Any:
        return made(**settings)

    if kind not in BACKENDS or only_registers(made, kind):
        return {"kind": kind, "target": spec, "promises": [], "cases": _tried(made, settings)}
    if lacking := _lacks(made, kind):
        raise PluginError(f"{spec} is no {kind}: it {lacking}")
    cases = []
    for case in _nuvom.conformance_cases(kind):
        verdict, seen = _nuvom.judge_case(kind, make, case)
        cases.append({"case": case, "verdict": verdict, "seen": seen})
    promises = _nuvom.backend_promises(kind, make())
    return {"kind": kind, "target": spec, "promises": promises, "cases": cases}


def _kind_of(made: Any, spec: str) -> str:
    for kind in BACKENDS:
        if all(callable(getattr(made, method, None)) for method in REQUIRED[kind]):
            return kind
    provided = [kind for kind in getattr(made, "provides", ()) if kind in KINDS]
    if isinstance(made, type) and issubclass(made, Plugin) and provided:
        return str(provided[0])
    raise PluginError(
        f"{spec} is neither a queue backend ({', '.join(REQUIRED['queue_backend'])}), nor a result backend "
        f"({', '.join(REQUIRED['result_backend'])}), nor a scheduler backend "
        f"({', '.join(REQUIRED['scheduler_backend'])}), nor a Plugin that says in `provides` what it is; "
        "say it with --kind"
    )


def _tried(made: Any, settings: dict[str, Any]) -> list[dict[str, str]]:
    """The life of a plugin that is no backend itself: made, started, stopped, twice."""
    cases = []
    for case in ("it starts and stops", "it starts and stops again"):
        verdict, seen = "holds", ""
        try:
            plugin = made()
            runtime = {"role": "worker", "worker": "test", "metrics_provider": _nuvom.Metrics()}
            call_with_runtime(plugin.start, (settings,), runtime)
            plugin.stop()
        except Exception as error:  # noqa: BLE001 - the code of a plugin may raise anything
            verdict, seen = "fails", f"{type(error).__name__}: {error}"
        cases.append({"case": case, "verdict": verdict, "seen": seen})
    return cases
