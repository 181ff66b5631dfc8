"""Importing the modules that hold tasks, so that their tasks are registered."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from traceback import TracebackException
from typing import TYPE_CHECKING

from nuvom import _nuvom
from nuvom.discovery.manifest import ManifestManager
from nuvom.registry.registry import by_name, get_task_registry

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class ImportFailure:
    """A module that could not be imported."""

    module: str
    reason: str
    """One line: the class of the exception and what it said."""
    traceback: str
    tasks: tuple[str, ...]
    """The tasks that are missing because of it."""


@dataclass(frozen=True, slots=True)
class Registered:
    """What `auto_register` did."""

    tasks: tuple[str, ...]
    """The tasks of the manifest that are registered now."""
    failures: tuple[ImportFailure, ...]


def auto_register(manifest: str | Path | None = None) -> Registered:
    """Imports the modules that the manifest names; a module that fails is reported, and the others are served.

    Raises `NotFound`, `CorruptData` or `ForeignData` if there is no usable manifest.
    """
    modules: dict[str, list[str]] = {}
    for task in ManifestManager(manifest).load():
        modules.setdefault(task["module"], []).append(task["name"])
    _make_importable(_nuvom.project()[2])
    failures = []
    for module, names in modules.items():
        failure = _import(module, names)
        if failure is not None:
            failures.append(failure)
            if failure.traceback:
                # What it registered before it failed would run without what it defines further down.
                get_task_registry().forget_module(module)
    known = (name for names in modules.values() for name in names if name in by_name)
    return Registered(tuple(sorted(known)), tuple(failures))


def _make_importable(roots: Sequence[Path]) -> None:
    """Modules are named from these folders; of two modules of one name, the earlier folder has the say."""
    for folder in reversed(roots):
        if folder.is_dir() and str(folder) not in sys.path:
            sys.path.insert(0, str(folder))


def _import(module: str, names: list[str]) -> ImportFailure | None:
    try:
        import_module(module)
    # A module may raise anything, and one that exits is just as broken.
    except (Exception, SystemExit) as error:  # noqa: BLE001 - see above
        told = TracebackException.from_exception(error)
        reason = "".join(told.format_exception_only()).strip().splitlines()[-1]
        return ImportFailure(module, reason, "".join(told.format()), tuple(names))
    missing = tuple(name for name in names if name not in by_name)
    if missing:
        reason = "it was imported, but does not define what the manifest says; run `nuvom discover tasks`"
        return ImportFailure(module, reason, "", missing)
    return None
