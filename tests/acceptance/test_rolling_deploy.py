"""Two versions of a project at work on one store, as during a rolling deploy."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from harness import PATIENCE, Meeting, Nuvom, WorkerProcess

OLD = """
import os
import socket
from pathlib import Path

from nuvom import task


@task
def send(to: str, copies: int) -> str:
    return f"old: {copies} to {to}"


@task
def meet(port: int) -> str:
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(f"{os.getpid()}\\n".encode())
        return "old: " + line.makefile().readline().strip()
"""

RENAMED = OLD.replace("def send", "def deliver").replace("old: ", "new: ")
ALIASED = OLD.replace("@task\ndef meet", '@task(name="gather", aliases=["meet"])\ndef meet').replace("old: ", "new: ")
FEWER = OLD.replace("to: str, copies: int", "to: str").replace("old: {copies}", "new: 1").replace("old: ", "new: ")
MORE = OLD.replace("copies: int", "copies: int, express: bool = False").replace("old: ", "new: ")

PLAIN = {"lease_secs": "300", "sqlite_durability": "process"}


class Versions:
    """Two folders, one store."""

    def __init__(self, old: Nuvom, new: Nuvom, database: Path) -> None:
        self.old, self.new, self.database = old, new, database

    def write(self, new: str) -> ModuleType:
        """Both versions; answers the old one's tasks, as its clients have them."""
        self.new.write("tasks.py", new)
        assert self.new.run("discover", "tasks").returncode == 0
        return self.old.tasks(OLD)

    def serve(self, version: Nuvom, *options: str) -> WorkerProcess:
        worker = version.start_worker("--workers", "1", *options, sqlite_path=str(self.database), **PLAIN)
        worker.wait_until_it_serves()
        return worker


@pytest.fixture
def versions(command: Nuvom, sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Versions]:
    folder = tmp_path_factory.mktemp("next")
    (folder / "pyproject.toml").touch()
    new = Nuvom(folder)
    yield Versions(command, new, sqlite)
    new.end_workers()


def test_a_job_of_a_name_that_only_the_old_version_knows_waits_for_it_without_using_its_budget(
    versions: Versions,
) -> None:
    tasks = versions.write(RENAMED)
    job = tasks.send.delay("ada", 2)
    new = versions.serve(versions.new)
    new.wait_until_it_says(f"job {job.id} (send), attempt 1 was handed back")
    # Otherwise it is chance which of the two takes it when its delay is over.
    new.signal(signal.SIGTERM)
    assert new.exit_code() == 0

    versions.serve(versions.old)

    assert job.get(timeout=PATIENCE) == "old: 2 to ada"
    info = job.info()
    assert (info.failures, info.losses) == (0, 0)
    assert info.handbacks >= 1
    assert {(attempt.outcome, attempt.kind) for attempt in info.attempts} == {("handed back", "UnknownTask")}


@pytest.mark.parametrize("pool", ["thread", "process"])
def test_a_job_made_for_a_signature_that_only_the_old_version_has_is_left_to_it_by_the_new_one(
    versions: Versions, pool: str
) -> None:
    tasks = versions.write(FEWER)
    job = tasks.send.with_options(retries=3, retry_delay_secs=0).delay("ada", 2)
    new = versions.serve(versions.new, "--pool", pool)
    new.wait_until_it_says(f"job {job.id} (send), attempt 1 was handed back")

    versions.serve(versions.old, "--pool", pool)

    assert job.get(timeout=PATIENCE) == "old: 2 to ada"
    info = job.info()
    assert (info.failures, info.losses, info.handbacks) == (0, 0, 1)
    assert [(attempt.outcome, attempt.kind) for attempt in info.attempts] == [("handed back", "OtherSignature")]


def test_while_both_versions_run_every_job_made_for_the_old_signature_ends_by_the_old_one(versions: Versions) -> None:
    tasks = versions.write(FEWER)
    versions.serve(versions.old)
    versions.serve(versions.new)

    jobs = tasks.send.map([("ada", 2)] * 200)

    assert {job.get(timeout=PATIENCE) for job in jobs} == {"old: 2 to ada"}
    assert {(job.info().failures, job.info().losses) for job in jobs} == {(0, 0)}


@pytest.mark.parametrize("pool", ["thread", "process"])
def test_a_parameter_with_a_default_can_be_added_while_both_versions_run(versions: Versions, pool: str) -> None:
    tasks = versions.write(MORE)
    versions.serve(versions.old, "--pool", pool)
    versions.serve(versions.new, "--pool", pool)

    jobs = tasks.send.map([(f"number {number}", 1) for number in range(200)])

    values = [job.get(timeout=PATIENCE) for job in jobs]
    assert [value.partition(": ")[2] for value in values] == [f"1 to number {number}" for number in range(200)]
    assert {(job.info().failures, job.info().losses, job.info().handbacks) for job in jobs} == {(0, 0, 0)}


def test_a_renamed_task_with_an_alias_serves_the_jobs_of_the_old_name_beside_the_old_version(
    versions: Versions,
) -> None:
    tasks = versions.write(ALIASED)
    old, new = versions.serve(versions.old), versions.serve(versions.new)

    with Meeting() as meeting:
        jobs = [tasks.meet.delay(meeting.port) for _ in range(2)]
        guests = [meeting.guest() for _ in jobs]
        for guest in guests:
            guest.tell("met")
        values = [job.get(timeout=PATIENCE) for job in jobs]

    assert {guest.pid for guest in guests} == {old.pid, new.pid}
    assert sorted(values) == ["new: met", "old: met"]
    assert [job.info().attempts for job in jobs] == [[], []]
