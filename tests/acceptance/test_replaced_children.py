"""Child processes that are replaced after their share of work, and those that cannot even start."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import nuvom
import pytest
from harness import PATIENCE, Meeting, Nuvom, WorkerProcess

Runworker = Callable[..., WorkerProcess]

pytestmark = pytest.mark.usefixtures("sqlite")

WORK = """
import os

from nuvom import task

hoard: list[bytes] = []


@task
def work(mebibytes: int = 0) -> int:
    hoard.append(b"x" * (mebibytes * 2**20))
    return os.getpid()
"""

WAITS_AT_ITS_START = """
import socket

if int(os.environ.get("NUVOM_CHILD_NUMBER", "1")) > 1:
    # Those that come later start only when the test lets them.
    with socket.create_connection(("127.0.0.1", PORT)) as line:
        line.sendall(f"{os.getpid()}\\n".encode())
        line.recv(1)
"""

FAILS_IN_CHILDREN = """
import os

if "NUVOM_CHILD_NUMBER" in os.environ:
    raise RuntimeError("not in here")
"""

MANY = 5_000
"""So many jobs, one after another, take far longer than it takes to start a child."""

ONE_CHILD = ("--pool", "process", "--workers", "1")


def events(worker: WorkerProcess, name: str) -> list[dict[str, Any]]:
    told = [json.loads(line) for line in worker.log.splitlines() if line.startswith("{")]
    return [line for line in told if line.get("event") == name]


def test_a_child_is_replaced_after_its_share_of_jobs_and_every_job_succeeds(
    command: Nuvom, runworker: Runworker
) -> None:
    tasks = command.tasks(WORK)
    worker = runworker("--pool", "process", "--workers", "2", "--max-jobs-per-child", "5", log_format="json")

    pids: set[int] = set()
    for _ in range(MANY):
        pids.add(tasks.work.delay().get(timeout=PATIENCE))
        if len(pids) == 6:
            break

    assert len(pids) == 6
    assert worker.pid not in pids
    retired = events(worker, "child_retired")
    assert len({event["pid"] for event in retired} & pids) >= 2
    assert min(event["jobs"] for event in retired) >= 5


def test_many_jobs_over_children_that_are_replaced_all_the_time_are_each_run_once(
    command: Nuvom, runworker: Runworker
) -> None:
    tasks = command.tasks(
        """
import os
from pathlib import Path

from nuvom import task


@task
def note(number: int) -> None:
    # One small write at the end of a file is whole: the witness of what ran, apart from the store.
    with Path("witness.txt").open("a") as witness:
        witness.write(f"{number} {os.getpid()}\\n")
    sum(range(100_000))  # so that all of them together take longer than a child needs to start
"""
    )
    jobs = tasks.note.map([(number,) for number in range(600)])

    runworker("--pool", "process", "--workers", "2", "--max-jobs-per-child", "50")
    for job in jobs:
        job.get(timeout=PATIENCE)

    ran = [line.split() for line in (command.project / "witness.txt").read_text().splitlines()]
    assert sorted(int(number) for number, _ in ran) == list(range(600))
    assert len({pid for _, pid in ran}) > 2
    assert {(job.info().losses, job.info().failures) for job in jobs} == {(0, 0)}


def test_a_worn_child_works_on_until_its_replacement_is_ready(command: Nuvom, runworker: Runworker) -> None:
    with Meeting() as meeting:
        tasks = command.tasks(WORK + WAITS_AT_ITS_START.replace("PORT", str(meeting.port)))
        worker = runworker(*ONE_CHILD, "--max-jobs-per-child", "3")

        before = [tasks.work.delay().get(timeout=PATIENCE) for _ in range(3)]
        replacement = meeting.guest()
        meanwhile = [tasks.work.delay().get(timeout=PATIENCE) for _ in range(10)]
        assert "is replaced" not in worker.log
        replacement.tell("start")
        worker.wait_until_it_says(f"child process {before[0]} is replaced after 13 jobs")

        assert set(before + meanwhile) == {before[0]}
        assert tasks.work.delay().get(timeout=PATIENCE) == replacement.pid


def test_a_child_that_has_grown_beyond_its_memory_is_replaced(command: Nuvom, runworker: Runworker) -> None:
    tasks = command.tasks(WORK)
    worker = runworker(*ONE_CHILD, "--max-rss", "200MiB", log_format="json")

    first = tasks.work.delay().get(timeout=PATIENCE)
    assert tasks.work.delay(300).get(timeout=PATIENCE) == first
    # A child measures itself now and then, when a job ends.
    later = (tasks.work.delay().get(timeout=PATIENCE) for _ in range(MANY))
    assert any(pid != first for pid in later)

    (retired,) = events(worker, "child_retired")
    assert retired["pid"] == first
    assert retired["rss"] > 300 * 2**20
    assert "MiB" in retired["message"]


def test_a_worker_whose_children_cannot_start_ends_and_says_why(command: Nuvom) -> None:
    command.tasks(WORK + 'if "NUVOM_CHILD_NUMBER" in os.environ:\n    os._exit(9)\n')

    worker = command.start_worker("--pool", "process", "--workers", "2")

    assert worker.exit_code() == 1
    assert "its process exited with code 9" in worker.log


def test_a_module_that_fails_in_a_child_only_is_told_and_its_jobs_go_back(command: Nuvom, runworker: Runworker) -> None:
    tasks = command.tasks(FAILS_IN_CHILDREN + WORK)
    worker = runworker(*ONE_CHILD)

    job = tasks.work.delay()
    worker.wait_until_it_says(f"job {job.id} (work), attempt 1 ")

    assert "a child process could not load the module tasks" in worker.log
    assert "RuntimeError: not in here" in worker.log
    info = job.info()
    assert (info.state, info.failures, info.losses, info.handbacks) == ("PENDING", 0, 0, 1)


@pytest.mark.skipif(sys.platform == "win32", reason="signals belong to POSIX")
def test_a_child_that_is_killed_while_it_starts_is_started_again(command: Nuvom, runworker: Runworker) -> None:
    with Meeting() as meeting:
        waits = WAITS_AT_ITS_START.replace("PORT", str(meeting.port)).replace(
            ") > 1", ') in (1, 2) and "NUVOM_CHILD_NUMBER" in os.environ'
        )
        tasks = command.tasks(WORK + waits)
        runworker(*ONE_CHILD)
        job: nuvom.Job[int] = tasks.work.delay()

        os.kill(meeting.guest().pid, signal.SIGKILL)
        second = meeting.guest()
        second.tell("start")

        assert job.get(timeout=PATIENCE) == second.pid
    assert job.info().losses == 0


def test_a_worker_whose_children_cannot_start_says_that_this_is_why_it_ends(command: Nuvom) -> None:
    command.tasks(WORK + 'if "NUVOM_CHILD_NUMBER" in os.environ:\n    os._exit(9)\n')

    worker = command.start_worker("--pool", "process", "--workers", "1")

    assert worker.exit_code() == 1
    assert "child processes end before they can run a job: its process exited with code 9" in worker.log


def test_tasks_of_a_module_that_failed_half_way_in_a_child_are_not_run_there(
    command: Nuvom, runworker: Runworker
) -> None:
    tasks = command.tasks(WORK + 'if "NUVOM_CHILD_NUMBER" in os.environ:\n    raise RuntimeError("not in here")\n')
    runworker(*ONE_CHILD)

    job = tasks.work.delay()
    with pytest.raises(nuvom.JobTimeout):
        job.get(timeout=1)

    assert (job.info().state, job.info().handbacks) == ("PENDING", 1)
