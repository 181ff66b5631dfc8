"""Workers that are told to stop."""

from __future__ import annotations

import signal
import sys
from collections import Counter
from collections.abc import Callable

import pytest
from harness import MEET, PATIENCE, Meeting, Nuvom, WorkerProcess

Runworker = Callable[..., WorkerProcess]

pytestmark = [
    pytest.mark.usefixtures("sqlite"),
    pytest.mark.skipif(sys.platform == "win32", reason="signals belong to POSIX"),
]

SPIN = """
import os
import socket

from nuvom import task


@task
def spin(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(f"{os.getpid()}\\n".encode())
    while True:
        pass
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda number: number.name)
def test_an_idle_worker_stops_at_a_signal(command: Nuvom, runworker: Runworker, number: signal.Signals) -> None:
    command.tasks(MEET)
    worker = runworker()

    worker.signal(number)

    assert worker.exit_code() == 0
    assert "stopped; jobs cut off and handed back: 0" in worker.log


def test_a_signal_that_the_system_gives_to_another_thread_is_obeyed(command: Nuvom, runworker: Runworker) -> None:
    tasks = command.tasks(
        """
import signal
import threading

from nuvom import task


@task
def stop() -> str:
    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
    return "done"
"""
    )
    worker = runworker()

    job = tasks.stop.delay()

    assert worker.exit_code() == 0
    assert job.get(timeout=0) == "done"


def test_a_running_job_finishes_before_its_worker_ends(command: Nuvom, runworker: Runworker) -> None:
    tasks = command.tasks(MEET)
    worker = runworker()

    with Meeting() as meeting:
        job = tasks.meet.delay(meeting.port)
        guest = meeting.guest()
        worker.signal(signal.SIGTERM)
        worker.wait_until_it_says("stops; jobs still running: 1")
        late = tasks.meet.delay(meeting.port)
        guest.tell("finished")

        assert worker.exit_code() == 0
    assert job.get(timeout=0) == "finished"
    assert (late.status, late.info().handbacks) == ("PENDING", 0)


def test_what_has_not_started_is_handed_back_and_run_later(command: Nuvom, runworker: Runworker) -> None:
    tasks = command.tasks(
        """
import os
import socket
from pathlib import Path

from nuvom import task


@task
def note(number: int, port: int) -> None:
    with Path("witness.txt").open("a") as witness:
        witness.write(f"{number}\\n")
    if port:
        with socket.create_connection(("127.0.0.1", port)) as line:
            line.sendall(f"{os.getpid()}\\n".encode())
            line.recv(1)
"""
    )

    with Meeting() as meeting:
        # A worker that has seen many short jobs holds more than it runs.
        calls = [(number, meeting.port if number == 2_000 else 0) for number in range(4_000)]
        jobs = tasks.note.map(calls)
        worker = runworker("--workers", "1")
        guest = meeting.guest()
        worker.signal(signal.SIGTERM)
        worker.wait_until_it_says("was handed back")
        guest.tell("go on")
        code = worker.exit_code()

    assert code == 0
    states = Counter((job.info().state, job.info().failures, job.info().losses) for job in jobs)
    assert states == {("SUCCESS", 0, 0): 2_001, ("PENDING", 0, 0): 1_999}
    runworker()
    for job in jobs:
        job.get(timeout=PATIENCE)
    ran = (command.project / "witness.txt").read_text().split()
    assert sorted(map(int, ran)) == list(range(4_000))


def test_a_job_that_outlasts_the_grace_is_handed_back_and_the_exit_code_says_so(
    command: Nuvom, runworker: Runworker
) -> None:
    tasks = command.tasks(SPIN)
    worker = runworker(stop_grace_secs="0")

    with Meeting() as meeting:
        job = tasks.spin.delay(meeting.port)
        meeting.guest()
        worker.signal(signal.SIGTERM)
        code = worker.exit_code()

    info = job.info()
    assert (info.state, info.failures, info.losses, info.handbacks) == ("PENDING", 0, 0, 1)
    assert code == 3


def test_a_second_signal_interrupts_what_runs(command: Nuvom, runworker: Runworker) -> None:
    tasks = command.tasks(SPIN)
    worker = runworker()

    with Meeting() as meeting:
        job = tasks.spin.delay(meeting.port)
        meeting.guest()
        worker.signal(signal.SIGTERM)
        worker.wait_until_it_says("stops; jobs still running: 1")
        worker.signal(signal.SIGTERM)
        worker.exit_code()

    info = job.info()
    assert (info.state, info.failures, info.losses, info.handbacks) == ("PENDING", 0, 0, 1)


def test_a_third_signal_ends_the_worker_at_once_and_its_job_is_run_again(command: Nuvom, runworker: Runworker) -> None:
    tasks = command.tasks(MEET)
    worker = runworker(lease_secs="1")

    with Meeting() as meeting:
        # A thread that waits in the system cannot be interrupted.
        job = tasks.meet.delay(meeting.port)
        meeting.guest()
        worker.signal(signal.SIGTERM)
        worker.wait_until_it_says("stops; jobs still running: 1")
        worker.signal(signal.SIGINT)
        worker.signal(signal.SIGTERM)
        assert worker.exit_code() == 1
        runworker(lease_secs="1")
        meeting.guest().tell("again")

        assert job.get(timeout=PATIENCE) == "again"
    assert job.info().losses == 1
