"""A neighbour that holds the write lock of the store for a while, as a long migration or a backup would."""

from __future__ import annotations

import argparse
import fcntl
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from history import Fault, Journal

PATIENCE = 10.0
"""Seconds: after them, a paused process holds the lock already, which is a fault of its own."""


@contextmanager
def _database(path: Path) -> Iterator[bool]:
    connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        yield False
    else:
        yield True
        connection.execute("ROLLBACK")
    connection.close()


@contextmanager
def _folder(path: Path) -> Iterator[bool]:
    end = time.monotonic() + PATIENCE
    with (path / "lock").open("rb") as lock:
        while time.monotonic() < end:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.005)
            else:
                yield True
                return
        yield False


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("place", type=Path)
    parser.add_argument("--journal", type=Path, required=True)
    parser.add_argument("--number", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    asked = parser.parse_args()
    journal = Journal(asked.journal)
    hold = _folder if asked.place.is_dir() else _database
    with hold(asked.place) as held:
        if held:
            journal.write(Fault(time.monotonic_ns(), "lock", True, asked.number))
            time.sleep(asked.seconds)
    if held:
        journal.write(Fault(time.monotonic_ns(), "lock", False, asked.number))


if __name__ == "__main__":
    main()
