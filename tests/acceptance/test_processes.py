"""A client and a worker that are processes of their own, and meet in the project's store."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable

import nuvom
import pytest
from harness import MEET, PATIENCE, Meeting, Nuvom, WorkerProcess

Runworker = Callable[..., WorkerProcess]

pytestmark = pytest.mark.usefixtures("sqlite")

ADD = """
from nuvom import task


@task(retries=2)
def add(x: int, y: int) -> int:
    return x + y
"""

HOOKS = """
import os
from pathlib import Path

from nuvom import task


def tell(word: str) -> None:
    with Path("told.txt").open("a") as told:
        told.write(f"{os.getpid()} {word}\\n")


@task(before_job=lambda: tell("before"), after_job=lambda value: tell(f"after {value}"))
def double(x: int) -> int:
    tell("task")
    return 2 * x


@task(on_error=lambda error: tell(f"error {error}"))
def fail() -> None:
    raise ValueError("no")
"""


def test_a_job_asked_for_by_one_process_is_run_by_another(command: Nuvom, runworker: Runworker) -> None:
    command.tasks(ADD)
    runworker()

    asked = command.python("import tasks; print(tasks.add.delay(5, 7).get(timeout=30))")

    assert (asked.stdout, asked.returncode) == ("12\n", 0), asked.stderr


def test_a_job_that_was_asked_for_before_any_worker_ran_is_run(command: Nuvom, runworker: Runworker) -> None:
    command.tasks(ADD)
    asked = command.python("import tasks; print(tasks.add.delay(5, 7).id)")
    job: nuvom.Job[int] = nuvom.Job(asked.stdout.strip())

    runworker()

    assert job.get(timeout=PATIENCE) == 12


def test_a_client_in_a_folder_of_the_project_meets_the_worker(command: Nuvom, runworker: Runworker) -> None:
    command.tasks(ADD)
    command.write("deep/er/client.py", "")
    runworker()

    asked = command.python(
        "import os, sys; sys.path.insert(0, os.getcwd()); os.chdir('deep/er');"
        "import tasks; print(tasks.add.delay(5, 7).get(timeout=30))"
    )

    assert (asked.stdout, asked.returncode) == ("12\n", 0), asked.stderr


def test_hooks_run_in_the_workers_process(command: Nuvom, runworker: Runworker) -> None:
    tasks = command.tasks(HOOKS)
    worker = runworker()

    tasks.double.delay(21).get(timeout=PATIENCE)
    with pytest.raises(nuvom.JobFailed):
        tasks.fail.delay().get(timeout=PATIENCE)

    told = (command.project / "told.txt").read_text().splitlines()
    pid = worker.pid
    assert told == [f"{pid} before", f"{pid} task", f"{pid} after 42", f"{pid} error no"]


def test_a_failure_crosses_processes_with_its_traceback(command: Nuvom, runworker: Runworker) -> None:
    tasks = command.tasks(HOOKS)
    worker = runworker()

    with pytest.raises(nuvom.JobFailed, match='raise ValueError\\("no"\\)'):
        tasks.fail.delay().get(timeout=PATIENCE)

    worker.wait_until_it_says("failed: ValueError: no")


def test_a_job_that_runs_elsewhere_can_be_cancelled(command: Nuvom, runworker: Runworker) -> None:
    tasks = command.tasks(
        MEET
        + """

@task
def spin(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(f"{os.getpid()}\\n".encode())
    while True:
        pass
"""
    )
    runworker()

    with Meeting() as meeting:
        job = tasks.spin.delay(meeting.port)
        meeting.guest()
        cancelled = command.run("cancel", "job", job.id)
        with pytest.raises(nuvom.JobCancelled):
            job.get(timeout=PATIENCE)

    assert (cancelled.returncode, cancelled.stdout) == (0, f"{job.id}  runs; its worker was asked to end it\n")


def test_runworker_serves_so_many_jobs_at_once_and_only_the_queues_it_was_told(
    command: Nuvom, runworker: Runworker
) -> None:
    tasks = command.tasks(MEET)
    runworker("--workers", "3", "--queues", "mail,bulk")

    with Meeting() as meeting:
        other = tasks.meet.with_options(priority=0).delay(meeting.port)
        jobs = [tasks.meet.with_options(queue=queue).delay(meeting.port) for queue in ("mail", "bulk", "mail")]
        guests = [meeting.guest() for _ in jobs]
        for guest in guests:
            guest.tell("done")
        values = [job.get(timeout=PATIENCE) for job in jobs]

    assert values == ["done"] * 3
    assert other.status == "PENDING"


def test_two_processes_share_many_jobs_and_run_each_once(command: Nuvom, runworker: Runworker) -> None:
    tasks = command.tasks(
        """
import os
from pathlib import Path

from nuvom import task


@task
def note(number: int) -> None:
    # One small write at the end of a file is whole: the witness of what ran, apart from the store.
    with Path("witness.txt").open("a") as witness:
        witness.write(f"{number}\\n")
"""
    )
    jobs = tasks.note.map([(number,) for number in range(2_000)])

    runworker("--workers", "2")
    runworker("--workers", "2")
    for job in jobs:
        job.get(timeout=PATIENCE)

    ran = (command.project / "witness.txt").read_text().split()
    assert sorted(map(int, ran)) == list(range(2_000))


@pytest.mark.skipif(sys.platform == "win32", reason="signals belong to POSIX")
def test_a_task_that_is_not_there_any_more_leaves_its_job_waiting(command: Nuvom, runworker: Runworker) -> None:
    old = command.tasks(ADD)
    job = old.add.delay(5, 7)
    command.tasks(ADD.replace("add", "sum_up"))

    worker = runworker()
    worker.wait_until_it_says(f"job {job.id} (add), attempt 1 was handed back")
    worker.signal(signal.SIGTERM)

    assert worker.exit_code() == 0
    shown = json.loads(command.run("inspect", "job", job.id, "-f", "json").stdout)
    assert (shown["state"], shown["failures"], shown["losses"], shown["handbacks"]) == ("PENDING", 0, 0, 1)
    assert shown["attempts"][0]["error"]["kind"] == "UnknownTask"
