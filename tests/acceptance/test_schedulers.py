"""Schedulers as processes of their own: many at once, killed while they fire, woken, stopped."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import nuvom
import pytest
from harness import PATIENCE, Meeting, Nuvom, WorkerProcess
from nuvom.scheduler import Schedule, get_scheduler_backend, list_schedules

Start = Callable[..., WorkerProcess]

pytestmark = pytest.mark.usefixtures("sqlite")

PAST = datetime(2001, 1, 1, tzinfo=UTC)

TELL = """
import os
import socket

from nuvom import current_job, every, task


@task
def tell(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as line:
        job = current_job()
        line.sendall(f"{os.getpid()}\\n{job.schedule} {job.tick_at and job.tick_at.timestamp()}\\n".encode())
"""
"""A task that tells a `Meeting` which tick made its job."""

DECLARED = """
from nuvom import cron, every, task


@task(schedule=every(minutes=5))
def report(): ...


@task(schedule=cron("0 9 * * MON", timezone_name="Europe/Berlin"))
def weekly(): ...
"""


def _heard(meeting: Meeting, count: int) -> list[str]:
    """What the next so many jobs tell."""
    return [meeting.guest().says() for _ in range(count)]


def _jobs(command: Nuvom) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = json.loads(command.run("history", "recent", "--json", "--limit", "10000").stdout)
    return listed


def _jobs_of(command: Nuvom, schedule: Schedule) -> list[dict[str, Any]]:
    return [job for job in _jobs(command) if job["schedule"] == schedule.id]


def _proven_idle(tasks: ModuleType, meeting: Meeting) -> None:
    """Has schedulers fire a few ticks of another schedule: by then they have seen all that was due before."""
    tasks.tell.schedule(meeting.port, interval=0.1, max_runs=3)
    _heard(meeting, 3)


def test_ten_schedulers_make_one_job_a_tick(command: Nuvom, runworker: Start) -> None:
    tasks = command.tasks(TELL)
    runworker("--no-scheduler")
    schedulers = [command.start_scheduler() for _ in range(10)]
    for scheduler in schedulers:
        scheduler.wait_until_it_serves()

    with Meeting() as meeting:
        schedule = tasks.tell.schedule(meeting.port, interval=1, max_runs=30)
        first = schedule.next_run
        heard = set(_heard(meeting, 30))
        _proven_idle(tasks, meeting)

    assert first is not None
    ticks = [(first + timedelta(seconds=number)).timestamp() for number in range(30)]
    assert heard == {f"{schedule.id} {tick}" for tick in ticks}
    assert len(_jobs_of(command, schedule)) == 30
    info = schedule.info()
    assert (info.runs, info.skipped, info.next_run_at) == (30, 0, None)
    for scheduler in schedulers:
        scheduler.signal(signal.SIGTERM)
    assert [scheduler.exit_code() for scheduler in schedulers] == [0] * 10


def test_ten_schedulers_that_start_at_once_share_what_is_due(command: Nuvom, runworker: Start) -> None:
    tasks = command.tasks(TELL)
    with Meeting() as meeting:
        made = [tasks.tell.schedule(meeting.port, at=PAST).id for _ in range(100)]

        for _ in range(10):
            command.start_scheduler("--batch", "3")
        runworker("--no-scheduler")
        heard = _heard(meeting, 100)
        _proven_idle(tasks, meeting)

    assert sorted(heard) == sorted(f"{id} {PAST.timestamp()}" for id in made)
    assert len(_jobs(command)) == 103


def test_schedulers_that_are_killed_one_after_another_leave_no_tick_out_and_fire_none_twice(
    command: Nuvom, runworker: Start
) -> None:
    tasks = command.tasks(TELL)
    runworker("--no-scheduler")
    schedulers = [command.start_scheduler() for _ in range(5)]
    for scheduler in schedulers:
        scheduler.wait_until_it_serves()

    with Meeting() as meeting:
        schedule = tasks.tell.schedule(meeting.port, interval=0.1, max_runs=30)
        heard: list[str] = []
        for scheduler in schedulers[1:]:
            heard += _heard(meeting, 6)
            scheduler.kill()
        heard += _heard(meeting, 6)
        _proven_idle(tasks, meeting)

    ticks = sorted(float(line.split()[1]) for line in heard)
    assert len(set(ticks)) == 30
    assert ticks[-1] - ticks[0] == pytest.approx(2.9)
    assert len(_jobs_of(command, schedule)) == 30


@pytest.mark.parametrize(
    ("failpoint", "done"),
    [("fire.before_commit", 0), ("fire.inside", 0), ("fire.after_commit", 1)],
)
def test_a_tick_whose_scheduler_dies_while_it_fires_is_fired_exactly_once(
    command: Nuvom, runworker: Start, failpoint: str, done: int
) -> None:
    tasks = command.tasks(TELL)
    with Meeting() as meeting:
        once = tasks.tell.schedule(meeting.port, at=PAST)
        daily = tasks.tell.schedule(meeting.port, interval=86_400)
        get_scheduler_backend().reschedule(daily.id, time.time() - 43_200)

        died = command.start_scheduler(failpoints=f"{failpoint}=return")
        assert died.exit_code() == -signal.SIGABRT
        left = [len(_jobs_of(command, schedule)) for schedule in (once, daily)]
        command.start_scheduler()
        runworker("--no-scheduler")
        heard = {line.split()[0] for line in _heard(meeting, 2)}
        _proven_idle(tasks, meeting)

    assert left == [done, done]
    assert heard == {once.id, daily.id}
    assert [len(_jobs_of(command, schedule)) for schedule in (once, daily)] == [1, 1]
    assert [schedule.info().runs for schedule in (once, daily)] == [1, 1]


@pytest.mark.parametrize("signals", [1, 2])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_scheduler_that_is_told_to_stop_ends_in_good_order(
    command: Nuvom, runscheduler: Start, number: signal.Signals, signals: int
) -> None:
    tasks = command.tasks(TELL)
    tasks.tell.schedule(0, cron="0 0 1 1 *")
    scheduler = runscheduler("--poll", "3600")

    for _ in range(signals):
        scheduler.signal(number)

    assert scheduler.exit_code() == 0
    assert " stopped\n" in scheduler.log
    assert "Traceback" not in scheduler.log


def test_a_scheduler_needs_not_know_the_tasks(command: Nuvom, runworker: Start, runscheduler: Start) -> None:
    tasks = command.tasks(TELL)
    with Meeting() as meeting:
        tasks.tell.schedule(meeting.port, at=PAST)
        command.tasks("")
        runscheduler()
        command.tasks(TELL)
        runworker("--no-scheduler")

        assert len(_heard(meeting, 1)) == 1


def test_a_worker_fires_what_is_due(command: Nuvom, runworker: Start) -> None:
    tasks = command.tasks(TELL)
    runworker()

    with Meeting() as meeting:
        schedule = tasks.tell.schedule(meeting.port, at=PAST)

        assert _heard(meeting, 1) == [f"{schedule.id} {PAST.timestamp()}"]


def test_a_worker_without_a_scheduler_fires_nothing(command: Nuvom, runworker: Start) -> None:
    tasks = command.tasks(TELL + DECLARED)
    with Meeting() as meeting:
        schedule = tasks.tell.schedule(meeting.port, at=PAST)

        worker = runworker("--no-scheduler")
        job = tasks.tell.delay(meeting.port)
        assert _heard(meeting, 1) == ["None None"]
        job.get(timeout=PATIENCE)
        worker.signal(signal.SIGTERM)

    assert worker.exit_code() == 0
    assert [info.id for info in list_schedules()] == [schedule.id]
    assert schedule.info().runs == 0


def test_a_schedule_that_is_written_while_the_scheduler_sleeps_fires_at_once(
    command: Nuvom, runworker: Start, runscheduler: Start
) -> None:
    tasks = command.tasks(TELL)
    runscheduler("--poll", "3600")
    runworker("--no-scheduler")

    with Meeting() as meeting:
        # Once this has run there is nothing for an hour.
        tasks.tell.schedule(meeting.port, at=PAST, id="first")
        heard = _heard(meeting, 1)
        asked = command.python(f"import tasks; tasks.tell.schedule({meeting.port}, in_=0.2, id='second')")
        heard += _heard(meeting, 1)
        tasks.tell.schedule(meeting.port, at=PAST, id="third").pause()
        asked = command.run("schedule", "resume", "third")
        heard += _heard(meeting, 1)

    assert asked.returncode == 0, asked.stderr
    assert [line.split()[0] for line in heard] == ["first", "second", "third"]


def test_a_schedule_that_another_process_paused_fires_no_more(command: Nuvom, runworker: Start) -> None:
    tasks = command.tasks(TELL)
    runworker("--no-scheduler")
    for _ in range(3):
        command.start_scheduler()

    with Meeting() as meeting, Meeting() as other:
        schedule = tasks.tell.schedule(meeting.port, interval=0.1)
        _heard(meeting, 3)
        paused = command.run("schedule", "pause", schedule.id)
        at_the_pause = schedule.info()
        _proven_idle(tasks, other)

    assert paused.returncode == 0, paused.stderr
    assert at_the_pause.paused
    assert schedule.info() == at_the_pause
    assert len(_jobs_of(command, schedule)) == at_the_pause.runs


def test_a_schedule_that_is_changed_while_it_fires_makes_jobs_of_the_new_call_only(
    command: Nuvom, runworker: Start
) -> None:
    tasks = command.tasks(TELL)
    runworker("--no-scheduler")
    for _ in range(3):
        command.start_scheduler()

    def asked_for(port: int) -> int:
        return sum(nuvom.Job[None](job["id"]).info().args == (port,) for job in _jobs(command))

    with Meeting() as old, Meeting() as new:
        port = old.port
        tasks.tell.schedule(port, interval=0.1, id="report")
        _heard(old, 3)
        tasks.tell.schedule(new.port, interval=0.1, id="report")
        at_the_change = asked_for(port)
        _heard(new, 3)

    assert asked_for(port) == at_the_change


@pytest.mark.parametrize("start", ["runworker", "runscheduler"])
def test_a_deploy_writes_the_schedules_of_the_code_once(
    command: Nuvom, request: pytest.FixtureRequest, start: str
) -> None:
    command.tasks(DECLARED)
    run: Start = request.getfixturevalue(start)

    first = run()
    written = list_schedules()
    first.signal(signal.SIGTERM)
    second = run()

    assert {info.id: info.declared for info in written} == {"task/report": True, "task/weekly": True}
    assert list_schedules() == written
    assert "schedule task/report added" in first.log
    assert "schedule task/" not in second.log
    assert first.exit_code() == 0


def test_a_module_that_does_not_load_keeps_its_schedules(command: Nuvom, runscheduler: Start) -> None:
    command.tasks(DECLARED)
    runscheduler().signal(signal.SIGTERM)
    before = list_schedules()

    command.write("tasks.py", "raise RuntimeError('not today')\n" + DECLARED)
    scheduler = runscheduler()

    assert "module tasks could not be loaded" in scheduler.log
    assert list_schedules() == before


def test_a_bad_expression_in_the_code_costs_its_module_and_not_the_worker(command: Nuvom, runworker: Start) -> None:
    command.write(
        "broken.py", 'from nuvom import cron, task\n\n\n@task(schedule=cron("61 * * * *"))\ndef broken(): ...\n'
    )
    tasks = command.tasks(TELL)

    worker = runworker()
    with Meeting() as meeting:
        tasks.tell.delay(meeting.port)
        assert _heard(meeting, 1) == ["None None"]

    assert "module broken could not be loaded" in worker.log
    assert "the minute `61` of the cron expression" in worker.log


@pytest.mark.parametrize(
    ("options", "settings", "message"),
    [
        ((), {"queue_backend": "memory"}, "Set NUVOM_QUEUE_BACKEND"),
        (("--poll", "0"), {}, "NUVOM_SCHEDULER_POLL_SECS"),
        (("--poll", "soon"), {}, "NUVOM_SCHEDULER_POLL_SECS"),
        (("--batch", "0"), {}, "NUVOM_SCHEDULER_BATCH"),
        (("--jitter=-1",), {}, "NUVOM_SCHEDULER_JITTER_SECS"),
    ],
)
def test_a_scheduler_that_cannot_be_says_why_and_ends_with_2(
    command: Nuvom, options: tuple[str, ...], settings: dict[str, str], message: str
) -> None:
    ran = command.run("runscheduler", *options, **settings)

    assert ran.returncode == 2
    assert message in ran.stderr
