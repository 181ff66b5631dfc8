"""`runtestworker run`: one job, in this process, to try its task."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

import pytest
from harness import Nuvom

TASKS = """
import os
import sys

from nuvom import JobTimeout, current_job, task


def before():
    print("before it", file=sys.stderr, flush=True)


def after(value):
    raise OSError("the hook is broken")


@task(before_job=before, after_job=after, aliases=["plus"])
def add(x: int, y: int) -> int:
    print("printed by the task")
    os.system("echo printed by a program")
    return x + y


@task(retries=3, retry_delay_secs=0)
def fail(text: str) -> None:
    raise ValueError(f"{text} of attempt {current_job().attempt}")


@task(timeout_secs=0.2, before_job=before)
def endless() -> None:
    while True:
        pass


@task
def unstorable() -> object:
    return object()


@task
async def child() -> str:
    return "it ran"


@task
def parent() -> str:
    try:
        return child.delay().get(timeout=0.2)
    except JobTimeout:
        return "it was not run"
"""


@pytest.fixture
def described(command: Nuvom, sqlite: Path) -> Path:
    """A project with tasks; answers the file in which a test describes a job."""
    command.tasks(TASKS)
    return command.project / "job.json"


def try_job(
    command: Nuvom, file: Path, job: object, *options: str, **settings: str
) -> subprocess.CompletedProcess[str]:
    file.write_text(json.dumps(job), encoding="utf-8")
    return command.run("runtestworker", "run", file.name, *options, **settings)


def test_the_value_of_a_job_is_shown_and_its_hooks_run(command: Nuvom, described: Path) -> None:
    ran = try_job(command, described, {"task": "add", "args": [5, 7], "kwargs": {}})

    assert ran.returncode == 0, ran.stderr
    assert "Result     12\n" in ran.stdout
    assert "Took " in ran.stdout
    assert "before it" in ran.stderr
    assert "hook after_job of task add failed" in ran.stderr


def test_the_store_of_the_project_is_left_alone_and_what_the_task_enqueues_is_not_run(
    command: Nuvom, described: Path, sqlite: Path
) -> None:
    ran = try_job(command, described, {"func_name": "parent"})

    assert ran.returncode == 0, ran.stderr
    assert "Result     'it was not run'" in ran.stdout
    assert "1 job that it made, and that is not run" in ran.stdout
    assert not sqlite.exists()


def test_programs_get_nothing_but_json_whatever_the_task_prints(command: Nuvom, described: Path) -> None:
    ran = try_job(command, described, {"task": "plus", "args": [5], "kwargs": {"y": 7}}, "--json")

    assert ran.returncode == 0, ran.stderr
    said = json.loads(ran.stdout)
    assert (said["task"], said["state"], said["result"]) == ("add", "SUCCESS", {"value": 12})
    assert said["arguments"] == {"args": [5], "kwargs": {"y": 7}}
    assert said["took_secs"] >= 0
    assert "printed by the task" in ran.stderr
    assert "printed by a program" in ran.stderr


def test_a_child_process_runs_the_job_where_the_settings_say_so(command: Nuvom, described: Path) -> None:
    ran = try_job(command, described, {"task": "add", "args": [5, 7]}, "--json", pool="process")

    assert json.loads(ran.stdout)["result"] == {"value": 12}
    assert "printed by the task" in ran.stderr


def test_a_job_that_raises_is_tried_once_and_shown_from_the_first_frame_of_the_task(
    command: Nuvom, described: Path
) -> None:
    ran = try_job(command, described, {"task": "fail", "args": ["no"]})

    assert ran.returncode == 1
    assert "ValueError: no of attempt 1" in ran.stdout
    frames = [line for line in ran.stdout.splitlines() if "  File " in line]
    assert "tasks.py" in frames[0]
    assert "Attempt 2" not in ran.stdout
    assert ran.stderr == "", "it is told once"


def test_more_attempts_are_made_where_the_file_asks_for_them(command: Nuvom, described: Path) -> None:
    ran = try_job(command, described, {"task": "fail", "args": ["no"], "retries": 1}, "--json")

    attempts = json.loads(ran.stdout)["attempts"]
    assert ran.returncode == 1
    assert [attempt["error"]["message"] for attempt in attempts] == ["no of attempt 1", "no of attempt 2"]


@pytest.mark.parametrize(
    ("job", "told"),
    [
        ({"task": "endless"}, "TimeLimitReached: endless ran longer than its limit of 0.2 s"),
        ({"task": "endless", "timeout_secs": 0.1}, "TimeLimitReached: endless ran longer than its limit of 0.1 s"),
        ({"task": "unstorable"}, "ResultError: unstorable returned a value that cannot be kept"),
        ({"task": "add", "args": [5, "7"]}, "TypeError: unsupported operand"),
    ],
)
def test_limits_and_values_count_as_in_a_worker(command: Nuvom, described: Path, job: object, told: str) -> None:
    ran = try_job(command, described, job)

    assert ran.returncode == 1
    assert told in ran.stdout


@pytest.mark.parametrize(
    ("job", "told"),
    [
        ({"task": "add", "args": [5]}, "job.json: task add(x: int, y: int) -> int cannot be called so"),
        ({"task": "add", "args": [5, 7], "retries": -1}, "job.json: with_options(retries=-1): expected a whole number"),
        ({"task": "ad"}, 'job.json: no task is named "ad". Did you mean add?'),
        ({"task": "add", "arg": []}, 'job.json has a key "arg", which means nothing. Did you mean "args"?'),
    ],
)
def test_a_file_that_cannot_be_used_is_told_and_nothing_runs(
    command: Nuvom, described: Path, job: object, told: str
) -> None:
    ran = try_job(command, described, job)

    assert (ran.returncode, ran.stdout) == (2, "")
    assert told in ran.stderr


def test_arguments_beyond_the_limit_are_refused(command: Nuvom, described: Path) -> None:
    ran = try_job(command, described, {"task": "fail", "args": ["x" * 200]}, max_args_bytes="100")

    assert (ran.returncode, ran.stdout) == (2, "")
    assert "job.json is larger than 100 bytes" in ran.stderr


def test_a_module_that_cannot_be_loaded_is_told_with_its_traceback(command: Nuvom, described: Path) -> None:
    source = (command.project / "tasks.py").read_text(encoding="utf-8")
    (command.project / "tasks.py").write_text(f"{source}\nraise RuntimeError('broken at its end')\n", encoding="utf-8")

    ran = try_job(command, described, {"task": "add", "args": [5, 7]})

    assert (ran.returncode, ran.stdout) == (1, "")
    assert "the task 'add' could not be loaded" in ran.stderr
    assert "RuntimeError: broken at its end" in ran.stderr


def test_control_c_ends_the_job(command: Nuvom, described: Path) -> None:
    described.write_text('{"task": "endless", "timeout_secs": 0}', encoding="utf-8")
    tried = command.start_trial(described.name)
    tried.wait_until_it_says("before it")

    tried.signal(signal.SIGINT)

    assert tried.exit_code() == 1
