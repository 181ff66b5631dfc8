"""What a store holds: while a run goes on, for looks, and at its end, as records."""

from __future__ import annotations

import sqlite3
import time
from collections import defaultdict
from collections.abc import Iterable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from history import Attempt, Journal, Look, Record
from nuvom import Job, _nuvom
from nuvom.errors import NotFound

STATES = ("PENDING", "RUNNING", "SUCCESS", "FAILED", "CANCELLED")


class Watcher:
    """Looks into the database of a run from outside, with connections that only read."""

    def __init__(self, database: Path, journal: Journal) -> None:
        self._database, self._journal = database, journal
        self._seen: dict[bytes, tuple[int, int, int, int, int]] = {}

    def look(self) -> int:
        """Writes down what has changed since the last look; answers how many jobs have not ended."""
        statement = "SELECT id, state, lease, failures, losses, handbacks FROM jobs"
        with closing(_reading(self._database)) as connection:
            rows = connection.execute(statement).fetchall()
        now = time.monotonic_ns()
        for id, *counts in rows:
            state, lease, failures, losses, handbacks = counts
            seen = (state, lease, failures, losses, handbacks)
            if self._seen.get(id) != seen:
                self._seen[id] = seen
                self._journal.write(Look(now, str(UUID(bytes=id)), STATES[state], lease, failures, losses, handbacks))
        return sum(row[1] < 2 for row in rows)


def from_sqlite(database: Path) -> list[Record]:
    """All jobs of a database file that nobody uses any more."""
    with closing(_reading(database)) as connection:
        (sound,) = connection.execute("PRAGMA integrity_check").fetchone()
        assert sound == "ok", sound
        attempts: dict[bytes, list[Attempt]] = defaultdict(list)
        kept = "SELECT job, lease, ending, kind, worker, started_at, ended_at FROM attempts ORDER BY job, lease"
        for job, *fields in connection.execute(kept):
            attempts[job].append(Attempt(*fields))
        results = {job: (lease, value) for job, lease, value in connection.execute("SELECT * FROM results")}
        connection.row_factory = sqlite3.Row
        rows = connection.execute("SELECT * FROM jobs").fetchall()
    return [_record(row, attempts[row["id"]], results.get(row["id"])) for row in rows]


def from_memory(ids: Iterable[str]) -> list[Record]:
    """These jobs, as a client sees them. It is not told the leases, so they are counted from the attempts."""
    found = []
    for id in ids:
        try:
            info = Job[Any](id).info()
        except NotFound:
            continue
        attempts = tuple(
            Attempt(number, one.outcome, one.kind, one.worker, _micros(one.started_at), _micros(one.ended_at) or 0)
            for number, one in enumerate(info.attempts, start=1)
        )
        succeeded = info.state == "SUCCESS"
        found.append(
            Record(
                id=id,
                key=info.args[0],
                task=info.task,
                priority=info.priority,
                state=info.state,
                lease=len(attempts) + (info.state in {"SUCCESS", "RUNNING"}),
                failures=info.failures,
                losses=info.losses,
                handbacks=info.handbacks,
                max_attempts=info.max_attempts,
                max_losses=None,
                created_at=_micros(info.created_at) or 0,
                started_at=_micros(info.started_at),
                ended_at=_micros(info.ended_at),
                worker=info.worker,
                attempts=attempts,
                value=Job[str](id).get(timeout=0) if succeeded else None,
            )
        )
    return found


def _reading(database: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30.0)


def _record(row: sqlite3.Row, attempts: list[Attempt], result: tuple[int, bytes] | None) -> Record:
    (key, *_), _named = _nuvom.decode(row["payload"])
    lease, value = (None, None) if result is None else (result[0], _nuvom.decode(result[1]))
    same = ("task", "priority", "lease", "failures", "losses", "handbacks", "max_attempts", "max_losses")
    times = ("created_at", "started_at", "ended_at")
    return Record(
        id=str(UUID(bytes=row["id"])),
        key=key,
        state=STATES[row["state"]],
        worker=row["worker"],
        attempts=tuple(attempts),
        value=value,
        result_lease=lease,
        **{name: row[name] for name in same + times},
    )


def _micros(moment: datetime | None) -> int | None:
    return None if moment is None else round(moment.timestamp() * 1_000_000)
