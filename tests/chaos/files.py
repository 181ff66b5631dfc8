"""What lies in the folder of the file backend: while a run goes on, for looks, and at its end, as records."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from history import Attempt, Journal, Look, Record
from nuvom import _nuvom

FOLDERS = ("waiting", "running", "ended/success", "ended/failed", "ended/cancelled")
"""In the order in which a job passes through them."""

COUNTS = ("lease", "failures", "losses", "handbacks")


class FilesWatcher:
    """Looks into the folder of a run from outside, and waits for nobody: a file may move or be half written."""

    def __init__(self, folder: Path, journal: Journal) -> None:
        self._folder, self._journal = folder, journal
        self._seen: dict[str, tuple[str, int, int, int, int]] = {}

    def look(self) -> int:
        """Writes down what has changed since the last look; answers how many jobs have not ended."""
        met: dict[str, tuple[str, int, int, int, int]] = {}
        for folder in FOLDERS:
            ended = folder.startswith("ended")
            for path in (self._folder / folder).rglob("*.json"):
                seen = self._seen.get(path.stem)
                # Nobody retries a job in a run, so what has ended stays as it is.
                if ended and seen is not None and seen[0] not in {"PENDING", "RUNNING"}:
                    continue
                record = _read(path)
                if record is not None:
                    lease, failures, losses, handbacks = (record.get(name, 0) for name in COUNTS)
                    met[path.stem] = (record["state"], lease, failures, losses, handbacks)
        now = time.monotonic_ns()
        for job, found in met.items():
            if self._seen.get(job) != found:
                self._seen[job] = found
                self._journal.write(Look(now, job, *found))
        return sum(state in {"PENDING", "RUNNING"} for state, *_ in self._seen.values())


def from_files(folder: Path) -> list[Record]:
    """All jobs of a folder that nobody uses any more, and whose last batch was finished."""
    damaged = sorted((folder / "damaged").iterdir())
    assert damaged == [], damaged
    return list(_records(folder))


def _records(folder: Path) -> Iterator[Record]:
    met: set[str] = set()
    for place in FOLDERS:
        for path in (folder / place).rglob("*.json"):
            assert path.stem not in met, f"{path.stem} is in two folders"
            met.add(path.stem)
            record = _read(path)
            assert record is not None, f"{path} cannot be read"
            yield _record(record, _line(path, "lease", without="task"))


def _read(path: Path) -> dict[str, Any] | None:
    """The record in a file. None if it is gone, or not whole."""
    return _line(path, "task")


def _line(path: Path, key: str, without: str = "nothing") -> dict[str, Any] | None:
    """The line of a file that has this key: a line before the record tells when the lease ends, one behind it holds
    the value.
    """
    try:
        lines: list[dict[str, Any]] = [json.loads(line) for line in path.read_bytes().splitlines()]
    except (FileNotFoundError, ValueError):
        return None
    return next((line for line in lines if key in line and without not in line), None)


def _record(record: dict[str, Any], result: dict[str, Any] | None) -> Record:
    (key, *_), _named = _nuvom.decode(base64.b64decode(record["payload"]))
    lease, value = (None, None)
    if result is not None:
        lease, value = result["lease"], _nuvom.decode(base64.b64decode(result["value"]))
    kept = [
        Attempt(one["lease"], one["ending"], one["kind"], one["worker"], one["started_at"], one["ended_at"])
        for one in record.get("attempts", [])
    ]
    same = ("id", "task", "priority", "state", "max_attempts", "max_losses", "created_at")
    return Record(
        key=key,
        attempts=tuple(kept),
        value=value,
        result_lease=lease,
        worker=record.get("worker"),
        started_at=record.get("started_at"),
        ended_at=record.get("ended_at"),
        **{name: record[name] for name in same},
        **{name: record.get(name, 0) for name in COUNTS},
    )
