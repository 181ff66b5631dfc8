"""Workers whose log goes into a pipe that nobody reads any more, as when a terminal is held or a collector hangs."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable

import pytest
from harness import MEET, PATIENCE, Meeting, Nuvom, WorkerProcess
from nuvom import JobFailed

Runworker = Callable[..., WorkerProcess]

pytestmark = [
    pytest.mark.usefixtures("sqlite"),
    pytest.mark.skipif(sys.platform == "win32", reason="signals belong to POSIX"),
]

FAIL = (
    MEET
    + """

@task
def fail() -> None:
    raise ValueError("x" * 9_000)
"""
)
LONG = 500
"""Failures of which the log says more than pipes hold: the first hundred of a second are told, with 18 kB each."""


@pytest.mark.parametrize("format", ["plain", "json"])
def test_a_log_that_nobody_reads_keeps_neither_jobs_nor_the_stop_of_the_worker(
    command: Nuvom, runworker: Runworker, format: str
) -> None:
    tasks = command.tasks(FAIL)
    worker = runworker(log_format=format)
    worker.leave_unread()

    for job in tasks.fail.map(() for _ in range(LONG)):
        with pytest.raises(JobFailed):
            job.get(timeout=PATIENCE)
    worker.signal(signal.SIGTERM)

    assert worker.wait(PATIENCE) == 0


def test_a_worker_that_is_cut_off_ends_though_nobody_reads_its_log(command: Nuvom, runworker: Runworker) -> None:
    tasks = command.tasks(FAIL)
    worker = runworker()
    worker.leave_unread()
    for job in tasks.fail.map(() for _ in range(LONG)):
        with pytest.raises(JobFailed):
            job.get(timeout=PATIENCE)

    with Meeting() as meeting:
        running = tasks.meet.delay(meeting.port)
        meeting.guest()
        worker.signal(signal.SIGTERM)
        worker.signal(signal.SIGINT)  # another, since two of a kind may arrive as one

        assert worker.wait(PATIENCE) == 3
    assert running.status == "PENDING"
