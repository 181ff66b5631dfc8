"""Jobs that somebody cancels, from Python and from the command line, in each pool."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import nuvom
import pytest
from harness import PATIENCE, Meeting, Nuvom, WorkerProcess

Runworker = Callable[..., WorkerProcess]
Cancel = Callable[[Nuvom, "nuvom.Job[Any]"], None]

pytestmark = [
    pytest.mark.usefixtures("sqlite"),
    pytest.mark.skipif(sys.platform == "win32", reason="signals belong to POSIX"),
]

RUNS = """
import asyncio
import os
import socket
import time
from pathlib import Path

import nuvom
from nuvom import task
from nuvom.errors import CancelRequested


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port))


def tell(line: socket.socket) -> None:
    line.sendall(f"{os.getpid()}\\n".encode())


@task(retries=5, retry_delay_secs=0)
def obey(port: int) -> None:
    line = connect(port)
    try:
        tell(line)
        while True:
            pass
    except CancelRequested:
        line.sendall(f"cancelled: {nuvom.current_job().cancel_requested}\\n".encode())
        raise


@task(retries=5, retry_delay_secs=0)
async def obey_on_a_loop(port: int) -> None:
    line = connect(port)
    try:
        tell(line)
        await asyncio.sleep(600)
    except asyncio.CancelledError:
        line.sendall(f"cancelled: {nuvom.current_job().cancel_requested}\\n".encode())
        raise


@task(retries=5, retry_delay_secs=0)
def defy(port: int) -> None:
    line = connect(port)
    told = False
    while True:
        try:
            if not told:
                told = True
                tell(line)
            time.sleep(600)
        except BaseException:
            pass


@task(retries=5, retry_delay_secs=0)
async def defy_on_a_loop(port: int) -> None:
    line = connect(port)
    told = False
    while True:
        try:
            if not told:
                told = True
                tell(line)
            await asyncio.sleep(600)
        except asyncio.CancelledError:
            pass


@task
def listen(port: int) -> str:
    line = connect(port)
    tell(line)
    return line.makefile().readline().strip()


@task(retries=5, retry_delay_secs=0)
def finish_in_spite(port: int) -> str:
    line = connect(port)
    try:
        tell(line)
        while True:
            pass
    except CancelRequested:
        return "finished in spite of it"


@task
def note(word: str) -> None:
    with Path("witness.txt").open("a") as witness:
        witness.write(f"{word}\\n")


@task
def quick() -> str:
    return "quick"
"""

QUICKLY = {"timeout_grace_secs": "0.2", "lease_secs": "300", "sqlite_durability": "process"}
POOLS = ["thread", "process"]


def by_python(command: Nuvom, job: nuvom.Job[Any]) -> None:
    assert job.cancel() is True


def by_command(command: Nuvom, job: nuvom.Job[Any]) -> None:
    asked = command.run("cancel", "job", job.id)
    assert asked.returncode == 0, asked.stderr


WAYS = [pytest.param(by_python, id="python"), pytest.param(by_command, id="command")]


@pytest.mark.parametrize("cancel", WAYS)
@pytest.mark.parametrize("pool", POOLS)
def test_a_waiting_job_that_is_cancelled_never_runs(
    command: Nuvom, runworker: Runworker, pool: str, cancel: Cancel
) -> None:
    tasks = command.tasks(RUNS)
    job = tasks.note.delay("cancelled")
    cancel(command, job)

    runworker("--pool", pool, "--workers", "1", **QUICKLY)
    tasks.note.with_options(priority=9).delay("other").get(timeout=PATIENCE)

    with pytest.raises(nuvom.JobCancelled):
        job.get(timeout=PATIENCE)
    assert (command.project / "witness.txt").read_text() == "other\n"


@pytest.mark.parametrize("name", ["obey", "obey_on_a_loop"])
@pytest.mark.parametrize("cancel", WAYS)
@pytest.mark.parametrize("pool", POOLS)
def test_a_running_job_that_is_cancelled_hears_of_it_and_is_not_tried_again(
    command: Nuvom, runworker: Runworker, pool: str, cancel: Cancel, name: str
) -> None:
    tasks = command.tasks(RUNS)
    # So long a grace that nothing is killed here.
    runworker("--pool", pool, "--workers", "1", **QUICKLY | {"timeout_grace_secs": "60"})

    with Meeting() as meeting:
        job = getattr(tasks, name).delay(meeting.port)
        guest = meeting.guest()
        cancel(command, job)
        assert guest.says() == "cancelled: True"
        with pytest.raises(nuvom.JobCancelled):
            job.get(timeout=PATIENCE)

    info = job.info()
    assert (info.state, info.failures, info.losses) == ("CANCELLED", 0, 0)
    assert [attempt.outcome for attempt in info.attempts] == ["cancelled"]
    assert tasks.quick.delay().get(timeout=PATIENCE) == "quick"


@pytest.mark.parametrize("name", ["defy", "defy_on_a_loop"])
def test_a_task_in_a_child_that_ignores_its_cancellation_is_killed_and_cancelled(
    command: Nuvom, runworker: Runworker, name: str
) -> None:
    tasks = command.tasks(RUNS)
    runworker("--pool", "process", "--workers", "1", **QUICKLY)

    with Meeting() as meeting:
        job = getattr(tasks, name).delay(meeting.port)
        guest = meeting.guest()
        job.cancel()
        assert guest.says() == ""
        with pytest.raises(nuvom.JobCancelled):
            job.get(timeout=PATIENCE)

    info = job.info()
    assert (info.state, info.failures, info.losses) == ("CANCELLED", 0, 0)
    assert tasks.quick.delay().get(timeout=PATIENCE) == "quick"


@pytest.mark.parametrize("name", ["defy", "defy_on_a_loop"])
def test_a_task_in_a_thread_that_ignores_its_cancellation_is_stuck_and_its_worker_goes_on(
    command: Nuvom, runworker: Runworker, name: str
) -> None:
    tasks = command.tasks(RUNS)
    worker = runworker("--workers", "2", **QUICKLY)

    with Meeting() as meeting:
        job = getattr(tasks, name).delay(meeting.port)
        meeting.guest()
        job.cancel()
        worker.wait_until_it_says(f"job {job.id} ({name}) is stuck")

        assert tasks.quick.delay().get(timeout=PATIENCE) == "quick"
        assert (job.status, job.info().cancel_requested) == ("RUNNING", True)


@pytest.mark.parametrize("pool", POOLS)
def test_a_success_that_arrives_first_wins(command: Nuvom, runworker: Runworker, pool: str) -> None:
    tasks = command.tasks(RUNS)
    runworker("--pool", pool, "--workers", "1", **QUICKLY)

    job = tasks.quick.delay()
    assert job.get(timeout=PATIENCE) == "quick"

    assert job.cancel() is False
    asked = command.run("cancel", "job", job.id)
    assert asked.returncode == 1
    assert (job.status, job.get(timeout=0)) == ("SUCCESS", "quick")


@pytest.mark.parametrize("pool", POOLS)
def test_a_task_that_finishes_although_it_was_told_to_end_has_succeeded(
    command: Nuvom, runworker: Runworker, pool: str
) -> None:
    tasks = command.tasks(RUNS)
    runworker("--pool", pool, "--workers", "1", **QUICKLY | {"timeout_grace_secs": "60"})

    with Meeting() as meeting:
        job = tasks.finish_in_spite.delay(meeting.port)
        meeting.guest()
        assert job.cancel() is True

        assert job.get(timeout=PATIENCE) == "finished in spite of it"


@pytest.mark.parametrize("cancel", WAYS)
def test_a_job_that_waits_behind_a_running_one_in_a_child_is_cancelled_and_never_runs(
    command: Nuvom, runworker: Runworker, cancel: Cancel
) -> None:
    tasks = command.tasks(RUNS)
    runworker("--pool", "process", "--workers", "1", **QUICKLY)

    with Meeting() as meeting:
        blocker = tasks.listen.delay(meeting.port)
        guest = meeting.guest()
        job = tasks.note.delay("cancelled")
        cancel(command, job)
        guest.tell("done")
        blocker.get(timeout=PATIENCE)
        tasks.note.delay("other").get(timeout=PATIENCE)

    assert job.status == "CANCELLED"
    assert (command.project / "witness.txt").read_text() == "other\n"
