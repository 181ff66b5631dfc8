"""A worker that only looks alive."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from harness import MEET, PATIENCE, Meeting, Nuvom, WorkerProcess

Runworker = Callable[..., WorkerProcess]

pytestmark = pytest.mark.usefixtures("sqlite")

HOLD = """
import sqlite3
import sys

database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.readline()
database.execute("ROLLBACK")
"""


@contextmanager
def neighbour_with_the_write_lock(database: Path) -> Iterator[None]:
    """Another process keeps the store from being written. Not this one: two SQLites in one process share locks."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield
        finally:
            process.communicate("let go\n", timeout=PATIENCE)


def test_a_worker_whose_store_does_not_answer_says_so_and_ends_with_a_code_of_its_own(
    command: Nuvom, runworker: Runworker, sqlite: Path
) -> None:
    command.tasks(MEET)
    worker = runworker(watchdog_secs="0.5", beat_secs="0.1", lease_secs="30")

    with Meeting() as meeting:
        ask = f"import tasks; tasks.meet.delay({meeting.port})"
        assert command.python(ask).returncode == 0
        meeting.guest()
        with neighbour_with_the_write_lock(sqlite):
            worker.wait_until_it_says("gave no sign of life")

    assert worker.exit_code() == 5


def test_a_worker_with_nothing_to_do_stays_however_impatient_its_watchdog_is(
    command: Nuvom, runworker: Runworker
) -> None:
    command.tasks(MEET)
    worker = runworker(watchdog_secs="0.5")

    with pytest.raises(subprocess.TimeoutExpired):
        worker.wait(2.0)

    assert "sign of life" not in worker.log


def test_a_worker_that_was_paused_is_not_taken_for_a_dead_one(command: Nuvom, runworker: Runworker) -> None:
    tasks = command.tasks(MEET)
    worker = runworker(watchdog_secs="0.5")

    worker.signal(signal.SIGSTOP)
    with pytest.raises(subprocess.TimeoutExpired):
        worker.wait(1.0)
    worker.signal(signal.SIGCONT)

    with Meeting() as meeting:
        job = tasks.meet.delay(meeting.port)
        meeting.guest().tell("well")
        assert job.get(timeout=PATIENCE) == "well"
    assert "sign of life" not in worker.log
