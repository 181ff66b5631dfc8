"""A project as the quick start of Nuvom 0.11 has it runs unchanged: its files and its commands, in their order."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from harness import Nuvom, WorkerProcess

Start = Callable[..., WorkerProcess]

TASKS = """
from nuvom.task import task


@task(retries=2, retry_delay_secs=5, timeout_secs=3, store_result=True)
def add(x, y):
    return x + y
"""

SUBMIT = """
from tasks import add

job = add.delay(5, 7)
print(job.id)
"""

SCHEDULE = """
from datetime import datetime, timedelta, timezone

from tasks import add

add.schedule(5, 7, at=datetime(2038, 1, 19, 3, 14, 7, tzinfo=timezone.utc))
add.schedule(5, 7, in_=timedelta(seconds=0))
add.schedule(2, 3, interval=300)
add.schedule(1, 2, cron="0 0 * * *")
"""

WAIT = """
import sys

from nuvom.job import Job
from nuvom.sdk import list_jobs

assert Job(sys.argv[1]).get(timeout=30) == 12
for job in list_jobs().jobs:
    assert Job(job.id).get(timeout=30) == 12
"""

RETRY = """
from nuvom.sdk import retry_job
from tasks import add

job = add.with_options(in_=3600).delay(5, 7)
job.cancel()
retry_job(job.id)
print(job.get(timeout=30))
"""


def _program(command: Nuvom, name: str, source: str, *arguments: str) -> str:
    """What a program of the project prints."""
    command.write(name, source)
    ran = command.python(f"import runpy, sys; sys.argv = {[name, *arguments]!r}; runpy.run_path({name!r})")
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout.strip()


@pytest.mark.usefixtures("project")
def test_the_quick_start_of_0_11_runs_as_it_is_written(command: Nuvom, runworker: Start, runscheduler: Start) -> None:
    command.write("tasks.py", TASKS)
    command.write(".env", "NUVOM_MAX_WORKERS=4\nNUVOM_BATCH_SIZE=10\nNUVOM_TIMEOUT_POLICY=retry\n")

    discovered = command.run("discover", "tasks")
    assert discovered.returncode == 0, discovered.stderr
    assert (command.project / ".nuvom" / "manifest.json").exists()
    job = _program(command, "submit.py", SUBMIT)
    _program(command, "plan.py", SCHEDULE)
    scheduler = runscheduler("--log-level", "DEBUG")
    scheduler.wait_until_it_says("made a job of add")
    runworker()
    _program(command, "wait.py", WAIT, job)

    inspected = command.run("inspect", "job", job)
    assert (inspected.returncode, "12" in inspected.stdout) == (0, True)
    assert command.run("status", job).stdout == "SUCCESS\n"
    recent = command.run("history", "recent", "--limit", "10")
    assert (recent.returncode, recent.stdout.count("SUCCESS")) == (0, 2)
    assert len(json.loads(command.run("schedule", "list", "--json").stdout)) == 4
    assert _program(command, "again.py", RETRY) == "12"
