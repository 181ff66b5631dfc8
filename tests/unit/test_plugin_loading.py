"""How plugins are found, ordered, started and stopped, and what becomes of those that misbehave."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import nuvom
import pytest
from nuvom.errors import InvalidValue, PluginError
from nuvom.plugins import attendance, loader, origin
from nuvom.plugins.configuration import read_configuration
from nuvom.plugins.contracts import KINDS, Plugin
from nuvom.plugins.lifecycle import LifecycleHook
from nuvom.plugins.loader import Plugins, load_plugins

MODULE = "plugins_of_a_test"


class Noted(Plugin):
    """Notes in `calls` what is asked of it."""

    calls: list[tuple[str, str]]
    provides = ("monitoring",)

    def start(self, settings: Any, **runtime: Any) -> None:
        self.calls.append((self.name, "start"))

    def stop(self) -> None:
        self.calls.append((self.name, "stop"))


Make = Callable[..., Plugins]


@pytest.fixture
def calls() -> list[tuple[str, str]]:
    """What was asked of which plugin, in order."""
    return []


@pytest.fixture
def module() -> Iterator[ModuleType]:
    """A module that is there without a file."""
    made = ModuleType(MODULE)
    sys.modules[MODULE] = made
    yield made
    del sys.modules[MODULE]


@pytest.fixture
def load(module: ModuleType, project: Path, calls: list[tuple[str, str]]) -> Make:
    """Loads plugins with these names and attributes, after what else the file says."""

    def load(*plugins: tuple[str, dict[str, Any]], more: str = "") -> Plugins:
        for name, attributes in plugins:
            setattr(module, name, type(name, (Noted,), {"name": name, "calls": calls, **attributes}))
        targets = [f"{MODULE}:{name}" for name, _ in plugins]
        (project / ".nuvom_plugins.toml").write_text(f"[plugins]\nmonitoring = {targets}\n{more}", encoding="utf-8")
        return load_plugins(project, KINDS)

    return load


def raises(*args: Any, **kwargs: Any) -> None:
    """What a plugin does that is broken."""
    raise OSError("no such host")


def test_plugins_start_in_order_of_what_they_require_and_stop_in_reverse(load: Make, calls: list[Any]) -> None:
    plugins = load(("late", {"requires": ("early",)}), ("early", {}))

    plugins.start()
    plugins.stop()

    assert calls == [("early", "start"), ("late", "start"), ("late", "stop"), ("early", "stop")]


def test_those_that_run_hear_of_changes_and_one_that_raises_keeps_nobody_from_them(load: Make) -> None:
    heard: list[dict[str, Any]] = []
    notes = {"update_runtime": lambda self, **runtime: heard.append(runtime)}
    plugins = load(("broken", {"update_runtime": raises}), ("good", notes), ("disabled", {**notes, "start": raises}))
    plugins.start()

    plugins.update(worker="w-1")

    assert heard == [{"worker": "w-1"}]


def test_a_requirement_that_nothing_meets_is_refused_by_name(load: Make) -> None:
    with pytest.raises(InvalidValue, match="plugin late requires 'early', which no plugin here is or provides"):
        load(("late", {"requires": ("early",)}))


def test_plugins_that_require_each_other_are_refused_as_a_circle(load: Make) -> None:
    with pytest.raises(InvalidValue, match=r"require each other in a circle: (one -> two -> one|two -> one -> two)"):
        load(("one", {"requires": ("two",)}), ("two", {"requires": ("one",)}))


def test_an_optional_plugin_that_raises_is_disabled_and_the_others_run(load: Make, calls: list[Any]) -> None:
    plugins = load(("broken", {"start": raises}), ("good", {}))

    plugins.start()

    assert [plugin.trouble for plugin in plugins.loaded] == ["raised OSError: no such host", None]
    assert calls == [("good", "start")]


def test_a_required_plugin_that_raises_stops_the_start_and_those_that_ran(load: Make, calls: list[Any]) -> None:
    plugins = load(("good", {}), ("broken", {"start": raises}), more="[plugin.broken]\nrequired = true")

    with pytest.raises(PluginError, match=r"the plugin broken .* is required and raised OSError: no such host"):
        plugins.start()

    assert calls == [("good", "start"), ("good", "stop")]


def test_what_requires_a_plugin_that_failed_is_disabled_with_it(load: Make) -> None:
    plugins = load(("late", {"requires": ("broken",)}), ("broken", {"start": raises}))

    plugins.start()

    assert plugins.loaded[1].trouble == "requires broken, which did not start"


def test_a_start_that_hangs_is_given_up_at_its_limit(load: Make, calls: list[Any]) -> None:
    release = threading.Event()
    hangs = {"start": lambda self, settings, **runtime: release.wait()}
    plugins = load(("hanging", hangs), ("good", {}), more="[plugin.hanging]\nstart_timeout_secs = 0.05")

    plugins.start()
    release.set()

    assert plugins.loaded[0].trouble == "did not return within 0.05 s"
    assert calls == [("good", "start")]


def test_a_stop_that_raises_or_hangs_does_not_keep_the_others_from_theirs(
    load: Make, calls: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loader, "STOP_SECS", 0.05)
    release = threading.Event()
    plugins = load(("first", {}), ("hanging", {"stop": lambda self: release.wait()}), ("broken", {"stop": raises}))
    plugins.start()

    plugins.stop()
    release.set()

    assert calls[-1] == ("first", "stop")


def test_a_plugin_for_another_version_of_the_contracts_is_not_started(load: Make, calls: list[Any]) -> None:
    plugins = load(("old", {"api_version": "2.3"}))

    plugins.start()

    assert plugins.loaded[0].trouble == "was written for version 2.3 of the contracts, and this Nuvom has 1.0"
    assert calls == []


def test_a_plugin_that_cannot_be_imported_is_disabled_with_the_reason(project: Path) -> None:
    (project / ".nuvom_plugins.toml").write_text('[plugins]\nmonitoring = ["no_such_module:Name"]', encoding="utf-8")

    [plugin] = load_plugins(project, KINDS).loaded

    assert plugin.trouble is not None
    assert "No module named 'no_such_module'" in plugin.trouble


def test_the_environment_wins_over_the_settings_in_the_file(load: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUVOM_PLUGIN_GOOD_PORT", "8080")
    seen: list[dict[str, Any]] = []
    start = {"start": lambda self, settings, **runtime: seen.append(settings)}

    load(("good", start), more='[plugin.good]\nport = 9150\nhost = "::1"').start()

    assert seen == [{"port": "8080", "host": "::1"}]


def test_everything_that_is_wrong_in_the_file_is_told_at_once(project: Path) -> None:
    (project / ".nuvom_plugins.toml").write_text(
        '[plugins]\nqueues = ["a:B"]\nmonitoring = "c:D"\n[plugin]\nname = 3\n[other]\n', encoding="utf-8"
    )

    with pytest.raises(InvalidValue) as refused:
        read_configuration(project)

    assert "queues is no kind of plugin" in str(refused.value)
    assert "monitoring is 'c:D', expected a list of targets" in str(refused.value)
    assert "name is a int, expected a table" in str(refused.value)
    assert "[other] is not known" in str(refused.value)


def test_a_file_that_is_no_toml_is_named(project: Path) -> None:
    (project / ".nuvom_plugins.toml").write_text("[plugins", encoding="utf-8")

    with pytest.raises(InvalidValue, match=r"\.nuvom_plugins\.toml is no TOML file"):
        read_configuration(project)


def test_what_lies_in_the_project_and_is_not_named_is_not_imported(load: Make, project: Path) -> None:
    (project / "nuvom_lurking.py").write_text("raise RuntimeError('imported')", encoding="utf-8")

    load(("good", {})).start()

    assert "nuvom_lurking" not in sys.modules


def test_a_required_plugin_that_cannot_be_imported_stops_the_start(project: Path) -> None:
    (project / ".nuvom_plugins.toml").write_text(
        '[plugins]\nmonitoring = ["no_such_module:Name"]\n[plugin.called_otherwise]\nrequired = true', encoding="utf-8"
    )

    with pytest.raises(PluginError, match=r"is required and .* No module named 'no_such_module'"):
        load_plugins(project, KINDS).start()


def test_what_another_kind_requires_does_not_make_a_broken_plugin_required(load: Make, project: Path) -> None:
    load(("good", {}))
    (project / ".nuvom_plugins.toml").write_text(
        f'[plugins]\nmonitoring = ["{MODULE}:good"]\nmiddleware = ["no_such_module:Name"]\n'
        "[plugin.good]\nrequired = true",
        encoding="utf-8",
    )

    plugins = load_plugins(project, ["middleware"])
    plugins.start()

    assert [plugin.required for plugin in plugins.loaded] == [False]


def test_required_middleware_that_fails_refuses_every_job_and_not_only_the_first(
    load: Make, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attendance, "_loaded", None)
    (project / ".nuvom_plugins.toml").write_text(
        '[plugins]\nmiddleware = ["no_such_module:Limits"]\n[plugin.limits]\nrequired = true', encoding="utf-8"
    )

    with pytest.raises(PluginError):
        attendance.for_client(project)
    with pytest.raises(PluginError):
        attendance.for_client(project)


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ('required = "maybe"', "required of the plugin good is 'maybe', expected true or false"),
        ('start_timeout_secs = "soon"', "start_timeout_secs of the plugin good is 'soon', expected seconds"),
        ("start_timeout_secs = 0", "start_timeout_secs of the plugin good is 0, expected seconds"),
        ("start_timeout_secs = nan", "start_timeout_secs of the plugin good is nan, expected seconds"),
    ],
)
def test_a_setting_of_nuvom_that_makes_no_sense_is_refused(load: Make, said: str, complaint: str) -> None:
    with pytest.raises(InvalidValue, match=complaint):
        load(("good", {}), more=f"[plugin.good]\n{said}")


def test_a_plugin_does_not_get_the_settings_that_are_nuvoms(load: Make) -> None:
    seen: list[dict[str, Any]] = []
    start = {"start": lambda self, settings, **runtime: seen.append(settings)}

    load(("good", start), more="[plugin.good]\nrequired = true\nstart_timeout_secs = 5\nport = 1").start()

    assert seen == [{"port": 1}]


def test_two_plugins_of_one_name_are_refused(load: Make) -> None:
    with pytest.raises(InvalidValue, match=f"{MODULE}:one and {MODULE}:two are both called 'same'"):
        load(("one", {"name": "same"}), ("two", {"name": "same"}))


def test_a_plugin_that_is_not_what_it_is_named_for_is_disabled(load: Make, project: Path) -> None:
    load(("good", {}))
    (project / ".nuvom_plugins.toml").write_text(f'[plugins]\nlifecycle_hook = ["{MODULE}:good"]', encoding="utf-8")

    [plugin] = load_plugins(project, KINDS).loaded

    assert plugin.trouble == (
        f"is no lifecycle_hook: its class is not derived from {LifecycleHook.__module__}.LifecycleHook"
    )


@pytest.mark.parametrize("required", ["early", "queue_backend"])
def test_a_plugin_may_require_one_of_a_kind_that_is_not_loaded_here(load: Make, required: str) -> None:
    queue = f'queue_backend = ["{MODULE}:early"]'

    with pytest.raises(InvalidValue, match="late requires 'nobody'"):
        load(("late", {"requires": ("nobody",)}), more=queue)
    load(("early", {}), ("late", {"requires": (required,)}), more=queue)


def test_what_requires_a_kind_is_disabled_when_none_of_it_started(load: Make) -> None:
    plugins = load(("late", {"requires": ("tracing",)}), ("broken", {"start": raises, "provides": ("tracing",)}))

    plugins.start()

    assert plugins.loaded[1].trouble == "requires tracing, which did not start"


def test_where_a_plugin_comes_from_is_found_without_reading_all_that_is_installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def read_all() -> dict[str, list[str]]:
        raise AssertionError("all that is installed was read")

    monkeypatch.setattr(origin, "packages_distributions", read_all)

    found = origin.origin_of("nuvom.plugins.monitoring.prometheus:PrometheusPlugin", tmp_path)

    assert found == f"nuvom {nuvom.__version__}"


def test_a_plugin_in_a_module_that_is_not_called_as_its_distribution_is_found(tmp_path: Path) -> None:
    assert origin.origin_of("_pytest.config:Config", tmp_path) == f"pytest {pytest.__version__}"
