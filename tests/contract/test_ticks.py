"""What becomes of ticks, and which schedules a worker writes and fires."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from queue import SimpleQueue
from typing import Any

import nuvom
import pytest
from harness import PATIENCE, Events
from nuvom import Task, task
from nuvom.errors import InvalidValue
from nuvom.registry import get_task_registry
from nuvom.scheduler import (
    Schedule,
    get_scheduler_backend,
    list_schedules,
)

pytestmark = pytest.mark.usefixtures("backend")

PAST = datetime(2001, 1, 1, tzinfo=UTC)
DAY = 86_400.0


def test_a_job_knows_the_schedule_and_the_tick_that_made_it(told: SimpleQueue[Any]) -> None:
    @task
    def note() -> None:
        current = nuvom.current_job()
        assert current is not None
        told.put((current.id, current.schedule, _own_tick(), current.missed_ticks))

    schedule = note.schedule(at=PAST, id="report")
    with nuvom.Worker(threads=1):
        id, *heard = told.get(timeout=PATIENCE)

    assert heard == ["report", PAST, 0]
    assert id == schedule.info().last_job
    info = nuvom.Job[None](id).info()
    assert (info.schedule, info.tick_at, info.missed_ticks) == ("report", PAST, 0)


def test_a_job_that_was_asked_for_knows_of_no_schedule(told: SimpleQueue[Any]) -> None:
    @task
    def note() -> None:
        current = nuvom.current_job()
        assert current is not None
        told.put((current.schedule, current.tick_at, current.missed_ticks))

    job = note.delay()
    with nuvom.Worker(threads=1):
        assert told.get(timeout=PATIENCE) == (None, None, 0)

    info = job.info()
    assert (info.schedule, info.tick_at, info.missed_ticks) == (None, None, 0)


def test_ticks_keep_their_distance_and_each_makes_one_job(told: SimpleQueue[datetime]) -> None:
    note = task(name="note")(lambda: told.put(_own_tick()))

    schedule = note.schedule(interval=0.1, max_runs=5)
    first = schedule.next_run
    assert first is not None
    with nuvom.Worker(threads=2), nuvom.Worker(threads=2), nuvom.Worker(threads=2):
        ticks = sorted(told.get(timeout=PATIENCE) for _ in range(5))

    assert ticks == [first + number * timedelta(seconds=0.1) for number in range(5)]
    assert told.empty()
    info = schedule.info()
    assert (info.runs, info.skipped, info.next_run_at) == (5, 0, None)


def test_missed_ticks_make_one_job_that_carries_their_number(told: SimpleQueue[int], events: Events) -> None:
    @task
    def note() -> None:
        current = nuvom.current_job()
        assert current is not None
        told.put(current.missed_ticks)

    schedule = note.schedule(interval=DAY)
    _ticks_of_days(schedule, 11)
    with nuvom.Worker(threads=1):
        assert told.get(timeout=PATIENCE) == 10

    info = schedule.info()
    assert (info.runs, info.skipped) == (1, 0)
    assert info.next_run_at is not None
    assert info.next_run_at > info.changed_at
    assert _last_job(schedule).info().missed_ticks == 10
    events.wait_for("tick_fired", schedule=schedule.id, jobs=1, missed=11, skipped=0)


def test_missed_ticks_can_be_skipped(events: Events) -> None:
    schedule = task(_nothing).schedule(interval=DAY, misfire="skip")
    _ticks_of_days(schedule, 11)

    with nuvom.Worker(threads=1):
        events.wait_for("tick_fired", schedule=schedule.id, jobs=0, missed=11, skipped=11)

    info = schedule.info()
    assert (info.runs, info.skipped, info.last_job) == (0, 11, None)


def test_missed_ticks_can_make_a_job_each(told: SimpleQueue[datetime]) -> None:
    note = task(name="note")(lambda: told.put(_own_tick()))
    schedule = note.schedule(interval=DAY, misfire="all")
    _ticks_of_days(schedule, 5)

    with nuvom.Worker(threads=2):
        ticks = sorted(told.get(timeout=PATIENCE) for _ in range(5))

    assert [tick - ticks[0] for tick in ticks] == [timedelta(days=number) for number in range(5)]
    assert schedule.info().runs == 5


def test_no_more_than_the_latest_hundred_are_made_up_for(events: Events) -> None:
    schedule = task(_nothing).schedule(interval=DAY, misfire="all")
    _ticks_of_days(schedule, 150)

    with nuvom.Worker(threads=1):
        events.wait_for("tick_fired", schedule=schedule.id, jobs=100, missed=150, skipped=50)

    assert (schedule.info().runs, schedule.info().skipped) == (100, 50)


def test_jobs_of_a_schedule_may_overlap(told: SimpleQueue[None]) -> None:
    together = threading.Barrier(2)

    @task
    def meet() -> None:
        together.wait(PATIENCE)
        told.put(None)

    meet.schedule(interval=0.1, max_runs=2)

    with nuvom.Worker(threads=2):
        told.get(timeout=PATIENCE)
        told.get(timeout=PATIENCE)


def test_a_schedule_can_wait_for_the_end_of_its_last_job(told: SimpleQueue[str], events: Events) -> None:
    released = threading.Event()

    @task
    def hold() -> None:
        told.put("started")
        released.wait(PATIENCE)

    schedule = hold.schedule(interval=0.1, overlap="skip", max_runs=2)
    with nuvom.Worker(threads=2):
        assert told.get(timeout=PATIENCE) == "started"
        events.wait_for("tick_fired", schedule=schedule.id, jobs=0, skipped=1)
        held = schedule.info()
        released.set()
        assert told.get(timeout=PATIENCE) == "started"

    assert held.runs == 1
    assert schedule.info().runs == 2


def test_jitter_lets_a_job_start_some_time_after_its_tick(note: Task[[str], None], told: SimpleQueue[str]) -> None:
    schedule = note.schedule("late", interval=DAY, misfire="all", jitter=3600)
    _ticks_of_days(schedule, 1)

    with nuvom.Worker(threads=1):
        told.get(timeout=PATIENCE)

    job = _last_job(schedule).info()
    assert job.tick_at is not None
    assert timedelta(0) < job.run_at - job.tick_at < timedelta(hours=1)


def test_a_schedule_that_has_ended_makes_no_job() -> None:
    schedule = task(_nothing).schedule(interval=60, ends_at=PAST)

    assert (schedule.next_run, schedule.preview()) == (None, [])


def test_a_worker_can_leave_schedules_to_others(told: SimpleQueue[str]) -> None:
    note = task(name="note", schedule=nuvom.every(minutes=5))(lambda text="declared": told.put(text))
    schedule = note.schedule("scheduled", at=PAST)

    with nuvom.Worker(threads=1, scheduler=False):
        note.delay("asked for").get(timeout=PATIENCE)

    assert told.get(timeout=PATIENCE) == "asked for"
    assert told.empty()
    assert schedule.info().runs == 0
    assert [info.id for info in list_schedules()] == [schedule.id]


def test_a_schedule_that_is_written_while_a_worker_runs_is_not_waited_for(
    note: Task[[str], None], told: SimpleQueue[str]
) -> None:
    nuvom.configure(scheduler_poll_secs=3600)

    with nuvom.Worker(threads=1):
        note.delay("it runs").get(timeout=PATIENCE)
        told.get(timeout=PATIENCE)
        note.schedule("at once", in_=0)
        assert told.get(timeout=PATIENCE) == "at once"


def test_a_worker_writes_the_schedules_of_its_tasks_and_fires_them(told: SimpleQueue[str]) -> None:
    @task(schedule=nuvom.every(0.1, max_runs=1), queue="mail")
    def report() -> None:
        told.put("every")

    @task(name="daily", schedule=nuvom.cron("0 9 * * *", timezone_name="Europe/Berlin", overlap="skip"))
    def other() -> None: ...

    assert list_schedules() == []
    with nuvom.Worker(threads=1):
        assert told.get(timeout=PATIENCE) == "every"

    daily, every = list_schedules()
    assert (every.id, every.task, every.declared, every.queue, every.runs) == (
        "task/report",
        "report",
        True,
        "mail",
        1,
    )
    assert (daily.id, daily.cron, daily.timezone_name, daily.overlap) == (
        "task/daily",
        "0 9 * * *",
        "Europe/Berlin",
        "skip",
    )


def test_a_worker_that_starts_again_leaves_declared_schedules_alone() -> None:
    task(name="report", schedule=nuvom.every(minutes=5))(_nothing)
    with nuvom.Worker(threads=1):
        first = list_schedules()

    with nuvom.Worker(threads=1):
        again = list_schedules()

    assert again == first


def test_a_worker_changes_declared_schedules_and_retires_none() -> None:
    task(name="report", schedule=nuvom.every(minutes=5))(_nothing)
    task(name="gone", schedule=nuvom.every(minutes=5))(_nothing)
    task(name="other")(_nothing).schedule(interval=60, id="by a program")
    with nuvom.Worker(threads=1):
        pass
    get_task_registry().clear()

    task(name="report", schedule=nuvom.every(minutes=6))(_nothing)
    with nuvom.Worker(threads=1):
        pass

    assert {info.id: info.interval_secs for info in list_schedules()} == {
        "by a program": 60.0,
        "task/gone": 300.0,
        "task/report": 360.0,
    }


def test_a_declared_schedule_that_is_refused_keeps_no_worker_from_its_work(
    note: Task[[str], None], told: SimpleQueue[str]
) -> None:
    with pytest.raises(InvalidValue):
        task(name="broken", schedule=nuvom.cron("61 * * * *"))(_nothing)

    with nuvom.Worker(threads=1):
        note.delay("it runs")
        assert told.get(timeout=PATIENCE) == "it runs"
    assert list_schedules() == []


def _nothing() -> None: ...


def _own_tick() -> datetime:
    current = nuvom.current_job()
    assert current is not None
    assert current.tick_at is not None
    return current.tick_at


def _ticks_of_days(schedule: Schedule, days: int) -> None:
    """Makes a daily schedule one that nobody fired for so many ticks; the last was half a day ago."""
    get_scheduler_backend().reschedule(schedule.id, time.time() - (days - 0.5) * DAY)


def _last_job(schedule: Schedule) -> nuvom.Job[Any]:
    last = schedule.info().last_job
    assert last is not None
    return nuvom.Job(last)
