"""Reading the tasks of one file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nuvom.discovery.walker import discover_tasks


def find_task_defs(file_path: str | Path) -> list[dict[str, Any]]:
    """The tasks that this file defines, as the manifest describes them."""
    path = Path(file_path).resolve()
    return [task for task in discover_tasks(path.parent) if task["file"] == path.name]
