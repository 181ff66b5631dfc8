"""The manifest: what discovery found, in `.nuvom/manifest.json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from nuvom import _nuvom
from nuvom.discovery.walker import discover_tasks


class ManifestManager:
    """Reads and writes the project's manifest, or the one at `path`."""

    def __init__(self, path: str | Path | None = None) -> None:
        self.path = _nuvom.project()[1] if path is None else Path(path)

    def load(self) -> list[dict[str, Any]]:
        """The tasks. Raises `NotFound`, `CorruptData` or `ForeignData`, naming the command that repairs it."""
        return list(json.loads(_nuvom.load_manifest(self.path)))

    def save(self, tasks: list[dict[str, Any]]) -> None:
        """Writes the tasks; the last good manifest stays if that fails."""
        _nuvom.save_manifest(self.path, json.dumps(tasks))

    def refresh(self, root: str | Path | None = None) -> list[dict[str, Any]]:
        """Scans the project, or `root`, and writes what was found."""
        tasks = discover_tasks(root)
        self.save(tasks)
        return tasks
