"""Processes that die at the worst moments: around the commits of an enqueue, a claim and a finish.

The build for development has failpoints; `FAILPOINTS` names the one at which a process aborts.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Callable

import pytest
from harness import PATIENCE, Nuvom, WorkerProcess

Runworker = Callable[..., WorkerProcess]

pytestmark = pytest.mark.usefixtures("shared")

TASKS = """
import os

from nuvom import task


@task
def note(path: str) -> str:
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, b"run\\n")
    os.close(descriptor)
    return "done"
"""

ENQUEUE = "import tasks; print(tasks.note.delay('runs').id)"


def _jobs(command: Nuvom) -> list[dict[str, object]]:
    listed: list[dict[str, object]] = json.loads(command.run("history", "recent", "--json").stdout)
    return listed


def _runs(command: Nuvom) -> int:
    path = command.project / "runs"
    return path.read_text().count("run") if path.exists() else 0


def test_a_client_that_dies_before_the_commit_leaves_no_job_and_nothing_broken(command: Nuvom) -> None:
    command.tasks(TASKS)

    died = command.python(ENQUEUE, failpoints="enqueue.before_commit=return")

    assert died.returncode == -signal.SIGABRT
    assert _jobs(command) == []
    assert command.python(ENQUEUE).returncode == 0


def test_a_client_that_dies_after_the_commit_leaves_exactly_one_job(command: Nuvom, runworker: Runworker) -> None:
    tasks = command.tasks(TASKS)

    died = command.python(ENQUEUE, failpoints="enqueue.after_commit=return")

    assert died.returncode == -signal.SIGABRT
    (job,) = _jobs(command)
    runworker()
    later = tasks.note.delay("runs")
    assert later.get(timeout=PATIENCE) == "done"
    assert json.loads(command.run("inspect", "job", str(job["id"]), "-f", "json").stdout)["state"] == "SUCCESS"
    assert _runs(command) == 2


@pytest.mark.parametrize(
    ("failpoint", "runs", "losses"),
    [
        # It was claimed and had not started.
        ("claim.after_commit=return", 1, 1),
        # It had run, and nobody knew: the window of at-least-once.
        ("ack.before_commit=return", 2, 1),
        # All was known.
        ("ack.after_commit=return", 1, 0),
    ],
)
def test_a_worker_that_dies_around_a_commit_loses_nothing_and_repeats_only_what_nobody_knew(
    command: Nuvom, runworker: Runworker, failpoint: str, runs: int, losses: int
) -> None:
    tasks = command.tasks(TASKS)
    job = tasks.note.delay("runs")

    first = command.start_worker(lease_secs="1", failpoints=failpoint)
    assert first.exit_code() == -signal.SIGABRT
    runworker(lease_secs="1")

    assert job.get(timeout=PATIENCE) == "done"
    info = job.info()
    assert (info.failures, info.losses) == (0, losses)
    assert [attempt.outcome for attempt in info.attempts] == ["lost"] * losses
    assert _runs(command) == runs
