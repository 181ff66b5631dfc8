"""Modules of tasks that child processes can import, too, and a task that tells the test what it was given."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from queue import SimpleQueue
from types import ModuleType
from typing import Any

import pytest
from nuvom import Task, task
from nuvom.registry import get_task_registry

NAME = "tasks_of_a_test"


@pytest.fixture
def load(project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], ModuleType]]:
    """Writes a module of tasks and imports it, in place of the one before."""
    monkeypatch.syspath_prepend(project)
    # Two versions may have one size, and be written within one second.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def load(source: str) -> ModuleType:
        get_task_registry().clear()
        sys.modules.pop(NAME, None)
        (project / f"{NAME}.py").write_text(source, encoding="utf-8")
        return import_module(NAME)

    yield load
    sys.modules.pop(NAME, None)


@pytest.fixture
def told() -> SimpleQueue[Any]:
    """What tasks tell the test."""
    return SimpleQueue()


@pytest.fixture
def note(told: SimpleQueue[Any]) -> Task[[str], None]:
    """A task that tells what it was given."""

    @task
    def note(text: str) -> None:
        told.put(text)

    return note
