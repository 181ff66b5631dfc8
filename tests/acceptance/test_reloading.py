"""`runworker --dev`, which starts anew when the source changes, and `--strict`, which asks for all of it to load."""

from __future__ import annotations

import signal
from collections.abc import Callable

from harness import PATIENCE, Nuvom, WorkerProcess

Runworker = Callable[..., WorkerProcess]

ANSWER = """
from nuvom import task


@task
def answer() -> str:
    return "old"
"""


def test_a_worker_for_development_runs_the_code_as_it_is_now(command: Nuvom, runworker: Runworker) -> None:
    tasks = command.tasks(ANSWER)
    worker = runworker("--dev")
    assert tasks.answer.delay().get(timeout=PATIENCE) == "old"

    command.write("tasks.py", ANSWER.replace("old", "new") + ANSWER.replace("answer", "added"))
    worker.wait_until_it_says("serving 2 tasks")

    assert tasks.answer.delay().get(timeout=PATIENCE) == "new"
    worker.signal(signal.SIGTERM)
    assert worker.exit_code() == 0


def test_a_worker_for_development_outlives_code_that_does_not_load(command: Nuvom, runworker: Runworker) -> None:
    tasks = command.tasks(ANSWER)
    worker = runworker("--dev")

    command.write("tasks.py", ANSWER + "\nraise RuntimeError('half written')\n")
    worker.wait_until_it_says("half written")
    worker.wait_until_it_says("it starts again with the next change")
    command.write("tasks.py", ANSWER.replace("old", "new"))

    assert tasks.answer.delay().get(timeout=PATIENCE) == "new"


def test_the_worker_of_a_process_for_development_that_was_killed_stops(command: Nuvom, runworker: Runworker) -> None:
    command.tasks(ANSWER)
    worker = runworker("--dev")

    worker.kill()

    assert worker.exit_code() == -signal.SIGKILL
    assert worker.is_silent


def test_a_strict_worker_does_not_start_with_a_module_that_does_not_load(command: Nuvom) -> None:
    command.tasks(ANSWER)
    command.write("broken.py", ANSWER.replace("answer", "other") + "\nraise RuntimeError('no database here')\n")
    assert command.run("discover", "tasks").returncode == 0

    worker = command.start_worker("--strict")

    assert worker.exit_code() == 1
    assert "module broken could not be loaded (RuntimeError: no database here)" in worker.log
    assert "--strict" in worker.log
