"""Workers that freeze while their children run: what a child does is over before another worker repeats it."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import PATIENCE, Meeting, Nuvom, WorkerProcess

Runworker = Callable[..., WorkerProcess]

pytestmark = [
    pytest.mark.usefixtures("shared"),
    pytest.mark.skipif(sys.platform == "win32", reason="signals belong to POSIX"),
]

STAY = """
import asyncio
import os
import socket
import time
from pathlib import Path

import nuvom
from nuvom import task

SECOND = 2


def note(word: str) -> None:
    # One small write at the end of a file is whole: the witness of what ran when, apart from the store.
    with Path("witness.txt").open("a") as witness:
        witness.write(f"{nuvom.current_job().lease} {word}\\n")


held: list[socket.socket] = []


def tell(port: int) -> None:
    held.append(socket.create_connection(("127.0.0.1", port)))
    held[0].sendall(f"{os.getpid()}\\n".encode())


@task
def obey(port: int) -> str:
    note("runs")
    if nuvom.current_job().lease == SECOND:
        return "second"
    tell(port)
    try:
        while True:
            time.sleep(0.01)
            note("runs")
    except BaseException as error:
        note(type(error).__name__)
        raise


@task
def defy(port: int) -> str:
    note("runs")
    if nuvom.current_job().lease == SECOND:
        return "second"
    tell(port)
    while True:
        try:
            time.sleep(0.01)
            note("runs")
        except BaseException:
            pass


@task
async def obey_on_a_loop(port: int) -> str:
    note("runs")
    if nuvom.current_job().lease == SECOND:
        return "second"
    tell(port)
    while True:
        await asyncio.sleep(0.01)
        note("runs")
"""


def leases(project: Path) -> list[int]:
    """Under which lease the job gave a sign of life, in order, without repetitions in a row."""
    told = [int(line.split()[0]) for line in (project / "witness.txt").read_text().splitlines()]
    return [lease for before, lease in zip([0, *told], told, strict=False) if lease != before]


@pytest.mark.parametrize(("name", "grace"), [("obey", "5"), ("obey_on_a_loop", "5"), ("defy", "0.05"), ("defy", "5")])
def test_what_runs_under_a_frozen_worker_is_over_before_another_worker_begins(
    command: Nuvom, runworker: Runworker, name: str, grace: str
) -> None:
    tasks = command.tasks(STAY)
    settings = {"lease_secs": "1", "sqlite_durability": "process", "timeout_grace_secs": grace}
    frozen = runworker("--pool", "process", "--workers", "1", **settings)

    with Meeting() as meeting:
        job = getattr(tasks, name).delay(meeting.port)
        first = meeting.guest()
        frozen.signal(signal.SIGSTOP)
        runworker("--pool", "process", "--workers", "1", **settings)

        assert job.get(timeout=PATIENCE) == "second"
        if name == "defy":
            assert first.says() == ""
    frozen.kill()

    assert leases(command.project) == [1, 2]
    assert (job.info().losses, job.info().failures) == (1, 0)
