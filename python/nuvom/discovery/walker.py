"""Finding tasks below a folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from nuvom import _nuvom


def discover_tasks(root: str | Path = ".") -> list[dict[str, Any]]:
    """The tasks below a folder, as the manifest describes them. Nothing is imported or run."""
    tasks, _ = _nuvom.scan_tasks(Path(root))
    return list(json.loads(tasks))


def discover_problems(root: str | Path = ".") -> list[dict[str, Any]]:
    """What is wrong below a folder: files that cannot be parsed, functions that cannot be tasks, names that are
    taken twice. Each with its kind, file, line, column and message.
    """
    _, problems = _nuvom.scan_tasks(Path(root))
    return list(json.loads(problems))
