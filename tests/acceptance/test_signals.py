"""Signals to a worker with child processes: what ends, with which code, and that nothing stays behind."""

from __future__ import annotations

import signal
import sys
from collections import Counter
from collections.abc import Callable

import pytest
from harness import PATIENCE, Meeting, Nuvom, WorkerProcess

Runworker = Callable[..., WorkerProcess]

pytestmark = [
    pytest.mark.usefixtures("sqlite"),
    pytest.mark.skipif(sys.platform == "win32", reason="signals belong to POSIX"),
]

HOLD = """
import asyncio
import os
import socket
import time
from pathlib import Path

from nuvom import task

held: list[socket.socket] = []


def hold(port: int) -> socket.socket:
    # Open for as long as this process lives.
    line = socket.create_connection(("127.0.0.1", port))
    held.append(line)
    line.sendall(f"{os.getpid()}\\n".encode())
    return line


@task
def stay_known(port: int) -> None:
    hold(port)


@task
def meet(port: int) -> str:
    return hold(port).makefile().readline().strip()


@task
def spin(port: int) -> None:
    hold(port)
    while True:
        pass


@task
def sleep(port: int) -> None:
    hold(port)
    time.sleep(600)


@task
async def wait(port: int) -> None:
    hold(port)
    await asyncio.sleep(600)


@task
async def block(port: int) -> None:
    hold(port)
    time.sleep(600)


@task
def note(number: int) -> None:
    # One small write at the end of a file is whole: the witness of what ran, apart from the store.
    with Path("witness.txt").open("a") as witness:
        witness.write(f"{number}\\n")
"""

HOLDS_FROM_THE_START = """
if "NUVOM_CHILD_NUMBER" in os.environ:
    hold(PORT)
"""

STARTS_SLOWLY = """
if "NUVOM_CHILD_NUMBER" in os.environ:
    hold(PORT).recv(1)
"""

PLAIN = {"lease_secs": "300", "sqlite_durability": "process"}
CHILDREN = ("--pool", "process", "--workers", "2")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda number: number.name)
def test_an_idle_worker_stops_at_a_signal_with_its_children(
    command: Nuvom, runworker: Runworker, number: signal.Signals
) -> None:
    tasks = command.tasks(HOLD)
    worker = runworker(*CHILDREN, **PLAIN)

    with Meeting() as meeting:
        job = tasks.stay_known.delay(meeting.port)
        guest = meeting.guest()
        job.get(timeout=PATIENCE)
        worker.signal(number)

        assert worker.exit_code() == 0
        assert guest.says() == ""
    assert guest.pid != worker.pid
    assert "child process" not in worker.log


def test_under_load_what_has_started_ends_and_the_rest_is_handed_back(command: Nuvom, runworker: Runworker) -> None:
    tasks = command.tasks(HOLD)

    with Meeting() as meeting:
        first = tasks.note.map([(number,) for number in range(1_000)])
        blocker = tasks.meet.delay(meeting.port)
        last = tasks.note.map([(number,) for number in range(1_000, 4_000)])
        worker = runworker("--pool", "process", "--workers", "1", **PLAIN)
        guest = meeting.guest()
        worker.signal(signal.SIGTERM)
        worker.wait_until_it_says("stops; jobs still running")
        guest.tell("finished")

        assert worker.exit_code() == 0
        assert blocker.get(timeout=0) == "finished"
        assert guest.says() == ""
    ends = Counter((job.info().state, job.info().failures, job.info().losses) for job in first + last)
    assert ends.keys() == {("SUCCESS", 0, 0), ("PENDING", 0, 0)}
    ran = (command.project / "witness.txt").read_text().split()
    assert (len(ran), len(set(ran))) == (ends["SUCCESS", 0, 0], len(ran))


@pytest.mark.parametrize("name", ["spin", "sleep", "wait", "block"])
def test_a_job_that_outlasts_the_grace_is_handed_back_and_its_child_is_gone(
    command: Nuvom, runworker: Runworker, name: str
) -> None:
    tasks = command.tasks(HOLD)
    worker = runworker(*CHILDREN, stop_grace_secs="0.2", timeout_grace_secs="0.2", **PLAIN)

    with Meeting() as meeting:
        job = getattr(tasks, name).delay(meeting.port)
        guest = meeting.guest()
        worker.signal(signal.SIGTERM)

        assert worker.exit_code() == 3
        assert guest.says() == ""
    info = job.info()
    assert (info.state, info.failures, info.losses, info.handbacks) == ("PENDING", 0, 0, 1)


def test_a_second_signal_ends_what_runs_in_children_at_once(command: Nuvom, runworker: Runworker) -> None:
    tasks = command.tasks(HOLD)
    worker = runworker(*CHILDREN, stop_grace_secs="600", timeout_grace_secs="0.2", **PLAIN)

    with Meeting() as meeting:
        jobs = [tasks.spin.delay(meeting.port), tasks.sleep.delay(meeting.port)]
        guests = [meeting.guest() for _ in jobs]
        worker.signal(signal.SIGINT)
        worker.wait_until_it_says("stops; jobs still running: 2")
        worker.signal(signal.SIGTERM)

        assert worker.exit_code() == 3
        assert [guest.says() for guest in guests] == ["", ""]
    infos = [job.info() for job in jobs]
    assert {(info.state, info.failures, info.losses, info.handbacks) for info in infos} == {("PENDING", 0, 0, 1)}


def test_a_third_signal_leaves_no_child_and_the_job_is_run_again_when_its_lease_is_over(
    command: Nuvom, runworker: Runworker
) -> None:
    tasks = command.tasks(HOLD)
    short = PLAIN | {"lease_secs": "1"}
    worker = runworker(*CHILDREN, stop_grace_secs="600", timeout_grace_secs="60", **short)

    with Meeting() as meeting:
        job = tasks.meet.delay(meeting.port)
        guest = meeting.guest()
        worker.signal(signal.SIGTERM)
        worker.wait_until_it_says("stops; jobs still running: 1")
        worker.signal(signal.SIGTERM)
        worker.signal(signal.SIGINT)
        assert worker.exit_code() in (1, 3)
        assert guest.says() == ""
        runworker(*CHILDREN, **short)
        meeting.guest().tell("again")

        assert job.get(timeout=PATIENCE) == "again"
    assert job.info().failures == 0


def test_a_stop_while_children_start_does_not_wait_for_them(command: Nuvom, runworker: Runworker) -> None:
    with Meeting() as meeting:
        tasks = command.tasks(HOLD + STARTS_SLOWLY.replace("PORT", str(meeting.port)))
        worker = runworker(*CHILDREN, stop_grace_secs="600", **PLAIN)
        guests = [meeting.guest() for _ in range(2)]
        job = tasks.note.delay(1)
        worker.signal(signal.SIGTERM)

        assert worker.exit_code() == 0
        assert [guest.says() for guest in guests] == ["", ""]
    assert (job.status, job.info().failures, job.info().losses) == ("PENDING", 0, 0)


def test_twenty_quick_starts_and_stops_leave_no_process_behind(command: Nuvom) -> None:
    with Meeting() as meeting:
        command.tasks(HOLD + HOLDS_FROM_THE_START.replace("PORT", str(meeting.port)))
        for _ in range(5):
            workers = [command.start_worker("--pool", "process", "--workers", "1", **PLAIN) for _ in range(4)]
            guests = [meeting.guest() for _ in workers]
            for worker in workers:
                worker.wait_until_it_serves()
                worker.signal(signal.SIGTERM)

            assert [worker.exit_code() for worker in workers] == [0] * 4
            assert [guest.says() for guest in guests] == [""] * 4
