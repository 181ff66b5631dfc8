"""Finding tasks below a folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from nuvom import _nuvom


def discover_tasks(root: str | Path | None = ".") -> list[dict[str, Any]]:
    """The tasks below a folder, or with `None` of the project by its settings, as the manifest describes them.
    Nothing is imported or run.
    """
    tasks, _ = _nuvom.scan_tasks(None if root is None else Path(root))
    return list(json.loads(tasks))


def discover_problems(root: str | Path | None = ".") -> list[dict[str, Any]]:
    """What is wrong there: files that cannot be parsed, functions that cannot be tasks, names that are
    taken twice. Each with its kind, file, line, column and message.
    """
    _, problems = _nuvom.scan_tasks(None if root is None else Path(root))
    return list(json.loads(problems))
