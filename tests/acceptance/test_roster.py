"""Which workers there are, as another process sees them."""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from collections.abc import Callable

import pytest
from harness import MEET, PATIENCE, Meeting, Nuvom, WorkerProcess
from nuvom import sdk

Runworker = Callable[..., WorkerProcess]

pytestmark = [
    pytest.mark.usefixtures("shared"),
    pytest.mark.skipif(sys.platform == "win32", reason="signals belong to POSIX"),
]


def listed_as(wanted: dict[int, str]) -> None:
    """Looks until the roster says this of these processes: nobody is told when a worker falls silent."""
    deadline = time.monotonic() + PATIENCE
    while (seen := {worker.pid: worker.status for worker in sdk.list_workers()}) != wanted:
        assert time.monotonic() < deadline, seen
        threading.Event().wait(0.05)


def test_workers_are_listed_until_they_end_and_the_killed_are_silent(command: Nuvom, runworker: Runworker) -> None:
    command.tasks(MEET)
    first, second = runworker(lease_secs="1"), runworker("--queues", "mail", lease_secs="1")
    listed_as({first.pid: "running", second.pid: "running"})
    listed = {worker.pid: worker for worker in sdk.list_workers()}
    assert (listed[first.pid].queues, listed[second.pid].queues) == ([], ["mail"])

    first.signal(signal.SIGTERM)
    assert first.exit_code() == 0
    listed_as({second.pid: "running"})

    second.kill()
    listed_as({second.pid: "silent"})


def test_a_worker_that_waits_for_its_last_job_is_listed_as_stopping(command: Nuvom, runworker: Runworker) -> None:
    tasks = command.tasks(MEET)
    worker = runworker()

    with Meeting() as meeting:
        job = tasks.meet.delay(meeting.port)
        guest = meeting.guest()
        worker.signal(signal.SIGTERM)
        listed_as({worker.pid: "stopping"})
        table, record = command.run("list", "workers"), command.run("list", "workers", "--json")
        guest.tell("done")
        assert job.get(timeout=PATIENCE) == "done"

    assert "stopping" in table.stdout
    assert json.loads(record.stdout)[0]["busy"] == 1
    assert worker.exit_code() == 0
    listed_as({})
