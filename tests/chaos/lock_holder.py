"""A neighbour that holds the write lock of the database for a while, as a long migration or a backup would."""

from __future__ import annotations

import argparse
import sqlite3
import time
from pathlib import Path

from history import Fault, Journal


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("database", type=Path)
    parser.add_argument("--journal", type=Path, required=True)
    parser.add_argument("--number", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    asked = parser.parse_args()
    journal = Journal(asked.journal)
    connection = sqlite3.connect(asked.database, timeout=10.0, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return  # a paused process holds it already, which is a fault of its own
    journal.write(Fault(time.monotonic_ns(), "lock", True, asked.number))
    time.sleep(asked.seconds)
    connection.execute("ROLLBACK")
    journal.write(Fault(time.monotonic_ns(), "lock", False, asked.number))
    connection.close()


if __name__ == "__main__":
    main()
