"""What a worker's log costs."""

from __future__ import annotations

import os
import pty
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nuvom import JobFailed, Task
from processes import worker

FORMS = ("plain", "json", "on a terminal")


def drain(folder: Path, jobs: int, task: Task[[int], object], form: str | None) -> float:
    """Jobs a second that a worker drains whose log goes to a file or a terminal in this form, or is off."""
    last = task.map((number,) for number in range(jobs))[-100:]
    level = "CRITICAL" if form is None else "INFO"
    env = {"NUVOM_LOG_FORMAT": "json" if form == "json" else "plain"}
    with (
        _terminal() if form == "on a terminal" else _file(folder / "worker.log") as log,
        worker(folder, env=env, level=level, log=log),
    ):
        for job in last:
            try:
                job.get(timeout=600)
            except JobFailed:
                continue
    with sqlite3.connect(folder / ".nuvom" / "nuvom.db") as database:
        start, end, done = database.execute(
            "SELECT min(started_at), max(ended_at), count(*) FROM jobs WHERE state IN (2, 3)"
        ).fetchone()
    if done < jobs:
        raise SystemExit(f"{done} of {jobs} jobs ended")
    return float(done / ((end - start) / 1e6))


@contextmanager
def _file(path: Path) -> Iterator[int]:
    with path.open("wb") as log:
        yield log.fileno()


@contextmanager
def _terminal() -> Iterator[int]:
    """A terminal that is read as fast as it is written."""
    reads, writes = pty.openpty()

    def drink() -> None:
        try:
            while os.read(reads, 1 << 16):
                pass
        except OSError:  # how Linux says that nobody has the other end any more
            pass

    drinking = threading.Thread(target=drink)
    drinking.start()
    try:
        yield writes
    finally:
        os.close(writes)
        drinking.join()
        os.close(reads)
