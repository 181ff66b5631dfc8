"""A job that takes down whole workers: it fails in the end, and takes nobody else along."""

from __future__ import annotations

import sys
from collections.abc import Callable

import nuvom
import pytest
from harness import PATIENCE, Nuvom, WorkerProcess

Runworker = Callable[..., WorkerProcess]

pytestmark = [
    pytest.mark.usefixtures("sqlite"),
    pytest.mark.skipif(sys.platform == "win32", reason="the codes with which processes end belong to POSIX"),
]

POISON = """
import os
import threading
from pathlib import Path

import nuvom
from nuvom import task

together = threading.Barrier(4)


def note(word: str) -> None:
    # One small write at the end of a file is whole: the witness of what ran when, apart from the store.
    current = nuvom.current_job()
    with Path("witness.txt").open("a") as witness:
        witness.write(f"{os.getpid()} {word} {current.lease} {current.id}\\n")


@task
def poison() -> None:
    note("start")
    if nuvom.current_job().lease <= 2:
        together.wait(30)
    os._exit(7)


@task
def bystander() -> str:
    note("start")
    if nuvom.current_job().lease <= 2:
        together.wait(30)
        threading.Event().wait(30)
    sum(range(100_000))
    note("end")
    return "unharmed"
"""

SHORT = {"lease_secs": "0.5", "sqlite_durability": "process"}


def test_a_job_that_kills_its_workers_fails_in_the_end_and_those_beside_it_succeed(
    command: Nuvom, runworker: Runworker
) -> None:
    tasks = command.tasks(POISON)
    # It is neither the first nor the last of them.
    jobs = [tasks.bystander.delay(), tasks.poison.delay(), tasks.bystander.delay(), tasks.bystander.delay()]
    culprit = jobs.pop(1)

    codes = [command.start_worker("--workers", "4", **SHORT).exit_code() for _ in range(3)]
    runworker("--workers", "4", **SHORT)

    assert [job.get(timeout=PATIENCE) for job in jobs] == ["unharmed"] * 3
    with pytest.raises(nuvom.JobFailed, match="stopped renewing its lease"):
        culprit.get(timeout=PATIENCE)
    assert codes == [7, 7, 7]
    assert (culprit.info().losses, culprit.info().failures) == (3, 0)
    assert [attempt.outcome for attempt in culprit.info().attempts] == ["lost"] * 3
    # Once is bad luck, and the second time everybody is suspect. From then on it dies alone.
    assert [(job.info().losses, job.info().failures) for job in jobs] == [(2, 0)] * 3


def test_jobs_that_lost_two_workers_run_one_at_a_time(command: Nuvom, runworker: Runworker) -> None:
    tasks = command.tasks(POISON)
    jobs = [tasks.bystander.delay() for _ in range(3)]
    tasks.poison.delay()

    for _ in range(3):
        command.start_worker("--workers", "4", **SHORT).exit_code()
    runworker("--workers", "4", **SHORT)
    for job in jobs:
        job.get(timeout=PATIENCE)

    runs: dict[str, str] = {}
    suspects = 0
    for line in (command.project / "witness.txt").read_text().splitlines():
        pid, word, lease, id = line.split()
        if int(lease) <= 2:
            continue
        suspects += 1
        if word == "start":
            assert pid not in runs, f"{id} ran beside {runs[pid]} in process {pid}"
            runs[pid] = id
        else:
            assert runs.pop(pid) == id
    assert suspects >= 6
