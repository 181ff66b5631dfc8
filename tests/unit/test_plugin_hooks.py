"""Hooks of plugins where a process has more than one worker, and hooks that do not come back."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import nuvom
import pytest
from nuvom.plugins import loader
from nuvom.plugins.contracts import Plugin
from nuvom.plugins.lifecycle import JobContext, LifecycleHook

MODULE = "hooks_of_a_test"
PATIENCE = 30


class Notes(Plugin, LifecycleHook):
    """Notes what it hears."""

    name = "notes"
    heard: list[tuple[str, str]]
    retried: threading.Event
    release: threading.Event

    def start(self, settings: Any, **runtime: Any) -> None:
        """Nothing to do."""

    def stop(self) -> None:
        self.heard.append(("stop", ""))

    def before_job(self, context: JobContext) -> None:
        self.heard.append(("before", context.worker))

    def on_retry(self, context: JobContext, error: str) -> None:
        self.heard.append(("retry", error))
        self.retried.set()


class Leaves(Notes):
    """Ends the thread where it is called, as far as it can."""

    def before_job(self, context: JobContext) -> None:
        sys.exit("out of here")


class Stays(Notes):
    """Does not come back from the end of its worker."""

    def on_worker_stop(self, worker: str) -> None:
        self.release.wait()


@pytest.fixture
def heard(project: Path) -> Iterator[list[tuple[str, str]]]:
    """What the hook that the project names hears."""
    module = ModuleType(MODULE)
    Notes.heard, Notes.retried, Notes.release = [], threading.Event(), threading.Event()
    module.__dict__.update({kind.__name__: kind for kind in (Notes, Leaves, Stays)})
    sys.modules[MODULE] = module
    name(project, "Notes")
    yield Notes.heard
    del sys.modules[MODULE]


def name(project: Path, hook: str) -> None:
    """Has the project name this hook."""
    (project / ".nuvom_plugins.toml").write_text(f'[plugins]\nlifecycle_hook = ["{MODULE}:{hook}"]', encoding="utf-8")


def add(a: int, b: int) -> int:
    """A task."""
    return a + b


def fail_once() -> int:
    """A task that is tried twice."""
    job = nuvom.current_job()
    assert job is not None
    return 1 // (job.attempt - 1)


def test_an_attempt_is_told_once_though_two_workers_are_in_the_process(heard: list[tuple[str, str]]) -> None:
    task = nuvom.task(add)

    with nuvom.Worker(threads=1), nuvom.Worker(threads=1):
        task.delay(1, 2).get(timeout=PATIENCE)

    assert [what for what in heard if what[0] == "before"] == [("before", "")]


def test_a_hook_knows_the_only_worker_of_its_process(heard: list[tuple[str, str]]) -> None:
    task = nuvom.task(add)

    with nuvom.Worker(threads=1, name="w-1"):
        task.delay(1, 2).get(timeout=PATIENCE)

    assert heard[0] == ("before", "w-1")


def test_a_retry_is_told_once_though_two_workers_are_in_the_process(heard: list[tuple[str, str]]) -> None:
    task = nuvom.task(retries=1, retry_delay_secs=0)(fail_once)

    with nuvom.Worker(threads=1), nuvom.Worker(threads=1):
        task.delay().get(timeout=PATIENCE)
        assert Notes.retried.wait(PATIENCE)

    assert [what for what, _ in heard].count("retry") == 1


def test_a_hook_that_asks_the_process_to_end_changes_no_outcome(heard: list[tuple[str, str]], project: Path) -> None:
    name(project, "Leaves")
    task = nuvom.task(add)

    with nuvom.Worker(threads=1):
        assert task.delay(1, 2).get(timeout=PATIENCE) == 3


def test_a_hook_that_does_not_come_back_does_not_keep_its_worker_from_its_end(
    heard: list[tuple[str, str]], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loader, "STOP_SECS", 0.05)
    name(project, "Stays")

    with nuvom.Worker(threads=1):
        pass
    Notes.release.set()

    assert heard[-1] == ("stop", "")
