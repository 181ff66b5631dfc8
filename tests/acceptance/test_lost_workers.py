"""Workers that die or freeze while they hold jobs."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable

import nuvom
import pytest
from harness import MEET, PATIENCE, Meeting, Nuvom, WorkerProcess

Runworker = Callable[..., WorkerProcess]

pytestmark = [
    pytest.mark.usefixtures("shared"),
    pytest.mark.skipif(sys.platform == "win32", reason="signals belong to POSIX"),
]


def test_a_job_whose_worker_was_killed_is_run_again_by_another(command: Nuvom, runworker: Runworker) -> None:
    tasks = command.tasks(MEET)
    first = runworker(lease_secs="1")

    with Meeting() as meeting:
        job = tasks.meet.delay(meeting.port)
        assert meeting.guest().pid == first.pid
        second = runworker(lease_secs="1")
        first.kill()
        guest = meeting.guest()
        guest.tell("rescued")
        value = job.get(timeout=PATIENCE)

    assert guest.pid == second.pid
    assert value == "rescued"
    info = job.info()
    assert (info.state, info.losses, info.failures) == ("SUCCESS", 1, 0)
    (attempt,) = info.attempts
    assert (attempt.outcome, attempt.kind) == ("lost", "Lost")
    second.wait_until_it_says(f"job {job.id} had lost its worker")


def test_a_job_that_must_not_repeat_fails_when_its_worker_is_killed(command: Nuvom, runworker: Runworker) -> None:
    tasks = command.tasks(MEET.replace("@task", '@task(on_lost="fail", retries=3)'))
    first = runworker(lease_secs="1")

    with Meeting() as meeting:
        job = tasks.meet.delay(meeting.port)
        meeting.guest()
        first.kill()
        runworker(lease_secs="1")
        with pytest.raises(nuvom.JobFailed, match="stopped renewing its lease"):
            job.get(timeout=PATIENCE)

    assert (job.info().losses, job.info().failures) == (1, 0)


def test_a_job_that_takes_down_its_workers_fails_in_the_end(command: Nuvom, runworker: Runworker) -> None:
    tasks = command.tasks(
        """
import os

from nuvom import task


@task
def crash() -> None:
    os._exit(7)
"""
    )
    job = tasks.crash.delay()

    codes = [command.start_worker(lease_secs="0.5").exit_code() for _ in range(3)]
    runworker(lease_secs="0.5")
    with pytest.raises(nuvom.JobFailed, match="stopped renewing its lease"):
        job.get(timeout=PATIENCE)

    assert codes == [7, 7, 7]
    assert (job.info().losses, job.info().failures) == (3, 0)


def test_a_late_result_of_a_frozen_worker_changes_nothing(command: Nuvom, runworker: Runworker) -> None:
    tasks = command.tasks(MEET)
    frozen = runworker(lease_secs="1")

    with Meeting() as meeting:
        job = tasks.meet.delay(meeting.port)
        late = meeting.guest()
        frozen.signal(signal.SIGSTOP)
        runworker(lease_secs="1")
        meeting.guest().tell("in time")
        assert job.get(timeout=PATIENCE) == "in time"
        late.tell("late")
        frozen.signal(signal.SIGCONT)
        frozen.wait_until_it_says(f"job {job.id} ")

    assert job.get(timeout=0) == "in time"
    assert job.info().losses == 1
    frozen.signal(signal.SIGTERM)
    assert frozen.exit_code() == 0


def test_jobs_that_were_only_held_by_a_killed_worker_are_all_run(command: Nuvom, runworker: Runworker) -> None:
    tasks = command.tasks(
        MEET
        + """

@task
def quick() -> int:
    return 1
"""
    )
    first = runworker("--workers", "1", lease_secs="1")

    with Meeting() as meeting:
        before = tasks.quick.map([()] * 1_000)
        blocker = tasks.meet.delay(meeting.port)
        after = tasks.quick.map([()] * 1_000)
        meeting.guest()
        first.kill()
        runworker("--workers", "2", lease_secs="1")
        meeting.guest().tell("done")
        blocker.get(timeout=PATIENCE)
        values = [job.get(timeout=PATIENCE) for job in before + after]

    assert values == [1] * 2_000
    listed = json.loads(command.run("history", "recent", "--limit", "10000", "--json").stdout)
    assert {record["state"] for record in listed} == {"SUCCESS"}
    assert {record["failures"] for record in listed} == {0}
