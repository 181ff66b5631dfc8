"""`inspect job`, `status`, `history recent`, `retry job` and `cancel job`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import NamedTuple

import nuvom
import pytest
from harness import PATIENCE, Nuvom

Matches = Callable[..., None]

UNKNOWN = "01890000-0000-7000-8000-000000000000"

TASKS = """
from nuvom import task


@task(tags=["math"])
def add(x, y=0):
    return {"sum": x + y}


@task(retries=1, retry_delay_secs=0, queue="mail")
def send(to):
    raise ConnectionError(f"no way to {to}")
"""


class Jobs(NamedTuple):
    done: str
    failed: str
    waiting: str
    cancelled: str


@pytest.fixture
def jobs(command: Nuvom, sqlite: object) -> Jobs:
    """One job in each state that lasts."""
    tasks = command.tasks(TASKS)
    with nuvom.Worker(threads=1, name="w1"):
        done = tasks.add.delay(5, y=7)
        done.get(timeout=PATIENCE)
        failed = tasks.send.delay("ada")
        with pytest.raises(nuvom.JobFailed):
            failed.get(timeout=PATIENCE)
    waiting = tasks.add.with_options(in_=86_400 * 3, priority=1).delay([1, (2, {3})])
    cancelled = tasks.add.delay(b"\0\xff")
    cancelled.cancel()
    return Jobs(done.id, failed.id, waiting.id, cancelled.id)


def test_inspect_shows_a_job_that_succeeded(command: Nuvom, jobs: Jobs, matches: Matches) -> None:
    matches(command.run("inspect", "job", jobs.done))


def test_inspect_shows_every_attempt_of_a_job_that_failed(command: Nuvom, jobs: Jobs, matches: Matches) -> None:
    matches(command.run("inspect", "job", jobs.failed))


def test_inspect_shows_when_a_waiting_job_is_due(command: Nuvom, jobs: Jobs, matches: Matches) -> None:
    matches(command.run("inspect", "job", jobs.waiting))


def test_inspect_writes_json(command: Nuvom, jobs: Jobs, matches: Matches) -> None:
    done = command.run("inspect", "job", jobs.done, "-f", "json")
    failed = command.run("inspect", "job", jobs.failed, "--format", "json")

    matches(done, failed)
    assert json.loads(done.stdout)["result"] == {"value": {"sum": 12}}
    assert [attempt["number"] for attempt in json.loads(failed.stdout)["attempts"]] == [1, 2]


def test_inspect_writes_the_stored_bytes(command: Nuvom, jobs: Jobs) -> None:
    shown = json.loads(command.run("inspect", "job", jobs.done, "-f", "raw").stdout)

    assert shown["id"] == jobs.done
    assert bytes.fromhex(shown["arguments_hex"]) == nuvom._nuvom.encode([[5], {"y": 7}])
    assert bytes.fromhex(shown["result_hex"]) == nuvom._nuvom.encode({"sum": 12})


def test_status_is_one_word(command: Nuvom, jobs: Jobs) -> None:
    told = [command.run("status", id).stdout for id in jobs]

    assert told == ["SUCCESS\n", "FAILED\n", "PENDING\n", "CANCELLED\n"]


def test_history_lists_jobs_the_newest_first(command: Nuvom, jobs: Jobs, matches: Matches) -> None:
    matches(command.run("history", "recent"))


def test_history_lists_what_was_asked_for(command: Nuvom, jobs: Jobs) -> None:
    def ids(*options: str) -> list[str]:
        return [job["id"] for job in json.loads(command.run("history", "recent", "--json", *options).stdout)]

    assert ids() == [jobs.cancelled, jobs.waiting, jobs.failed, jobs.done]
    assert ids("--limit", "2") == [jobs.cancelled, jobs.waiting]
    assert ids("--status", "failed,CANCELLED") == [jobs.cancelled, jobs.failed]
    assert ids("--task", "add", "--status", "success") == [jobs.done]
    assert ids("--task", "nothing") == []


def test_history_of_no_jobs_says_so(command: Nuvom, matches: Matches) -> None:
    matches(command.run("history", "recent"), command.run("history", "recent", "--json"))


def test_retry_puts_a_job_back_and_refuses_one_that_cannot_be(command: Nuvom, jobs: Jobs, matches: Matches) -> None:
    matches(command.run("retry", "job", jobs.failed, jobs.done, UNKNOWN), command.run("status", jobs.failed))


def test_cancel_ends_a_job_and_refuses_one_that_has_ended(command: Nuvom, jobs: Jobs, matches: Matches) -> None:
    matches(command.run("cancel", "job", jobs.waiting, jobs.done, UNKNOWN), command.run("status", jobs.waiting))


@pytest.mark.parametrize("arguments", [("status",), ("inspect", "job"), ("retry", "job"), ("cancel", "job")])
def test_a_job_that_is_not_there_ends_with_1_and_says_where_was_looked(
    command: Nuvom, arguments: tuple[str, ...]
) -> None:
    ran = command.run(*arguments, UNKNOWN)

    assert (ran.returncode, ran.stdout) == (1, "")
    assert f"there is no job {UNKNOWN} in sqlite at {command.project}" in ran.stderr


def test_what_jobs_say_cannot_steer_the_terminal(command: Nuvom, sqlite: object) -> None:
    command.tasks("")

    @nuvom.task
    def evil(text: str) -> str:
        raise ValueError(f"\x1b]0;owned\x07\N{RIGHT-TO-LEFT OVERRIDE}{text}")

    with nuvom.Worker(threads=1):
        job = evil.delay("\x1b[2J\r\nnuvom: all is well\x9b31m[/red]")
        with pytest.raises(nuvom.JobFailed):
            job.get(timeout=PATIENCE)

    shown = command.run("inspect", "job", job.id).stdout + command.run("history", "recent").stdout
    assert not set(shown) & {"\x1b", "\x07", "\r", "\x9b", "\N{RIGHT-TO-LEFT OVERRIDE}"}
    assert "\nnuvom: all is well" not in shown


@pytest.mark.parametrize("arguments", [("history", "recent"), ("status", UNKNOWN)])
def test_memory_of_another_process_cannot_be_seen_and_the_way_out_is_told(
    command: Nuvom, arguments: tuple[str, ...]
) -> None:
    ran = command.run(*arguments, queue_backend="memory")

    assert ran.returncode == 2
    assert "Set NUVOM_QUEUE_BACKEND to one that processes can share, such as sqlite" in ran.stderr


def test_times_are_those_of_the_zone_that_the_system_names(command: Nuvom, jobs: Jobs) -> None:
    there = command.run("inspect", "job", jobs.done, tz="Asia/Kolkata")

    assert " +05:30 (" in there.stdout
    assert "Z (" not in there.stdout
