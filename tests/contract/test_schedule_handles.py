"""What the handle of a schedule does, and what its jobs know."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from queue import SimpleQueue
from typing import Any

import nuvom
import pytest
from harness import PATIENCE, Events
from nuvom import Task, task
from nuvom.errors import InvalidValue, NotFound
from nuvom.scheduler import (
    Schedule,
    ScheduleInfo,
    list_schedules,
)
from scheduled import DAY, FUTURE, PAST, anything, last_job, nothing, own_tick, ticks_of_days

pytestmark = pytest.mark.usefixtures("backend")


# Handles


def test_a_handle_with_the_same_id_is_the_same_schedule() -> None:
    schedule = task(nothing).schedule(interval=60, id="report")

    other = Schedule("report")

    assert other == schedule
    assert hash(other) == hash(schedule)
    assert repr(other) == "<Schedule report>"
    assert other.info() == schedule.info()
    assert other != Schedule("another")


@pytest.mark.parametrize(
    "use",
    [
        pytest.param(lambda it: it.info(), id="info"),
        pytest.param(lambda it: it.next_run, id="next_run"),
        pytest.param(lambda it: it.pause(), id="pause"),
        pytest.param(lambda it: it.resume(), id="resume"),
        pytest.param(lambda it: it.trigger(), id="trigger"),
        pytest.param(lambda it: it.preview(), id="preview"),
    ],
)
def test_a_schedule_that_is_not_there_is_not_found_and_the_nearest_is_named(use: Callable[[Schedule], Any]) -> None:
    task(nothing).schedule(interval=60, id="report")

    with pytest.raises(NotFound, match=r"there is no schedule reprot\. Did you mean report\?"):
        use(Schedule("reprot"))


def test_the_whole_record_can_be_read() -> None:
    schedule = task(name="send", queue="mail", priority=2)(anything).schedule(
        "ada",
        interval=60,
        id="report",
        misfire="all",
        overlap="skip",
        starts_at=FUTURE,
        ends_at=FUTURE + timedelta(days=1),
        max_runs=9,
        jitter=timedelta(seconds=5),
    )

    info = schedule.info()

    assert info == ScheduleInfo(
        id="report",
        task="send",
        at=None,
        interval_secs=60.0,
        cron=None,
        timezone_name=None,
        misfire="all",
        overlap="skip",
        starts_at=FUTURE,
        ends_at=FUTURE + timedelta(days=1),
        max_runs=9,
        jitter_secs=5.0,
        declared=False,
        queue="mail",
        priority=2,
        args=("ada",),
        kwargs={},
        next_run_at=FUTURE,
        paused=False,
        runs=0,
        skipped=0,
        last_run_at=None,
        last_job=None,
        created_at=info.created_at,
        changed_at=info.created_at,
    )
    assert list_schedules() == [info]


def test_a_paused_schedule_makes_no_jobs_until_it_is_resumed(note: Task[[str], None], told: SimpleQueue[str]) -> None:
    schedule = note.schedule("paused", at=PAST)

    assert (schedule.pause(), schedule.pause()) == (True, False)
    with nuvom.Worker(threads=1):
        note.schedule("other", at=PAST)
        assert told.get(timeout=PATIENCE) == "other"
        assert schedule.info().runs == 0
        assert (schedule.resume(), schedule.resume()) == (True, False)
        assert told.get(timeout=PATIENCE) == "paused"


def test_times_that_passed_during_a_pause_are_not_made_up_for() -> None:
    schedule = task(nothing).schedule(interval=DAY, misfire="all")
    schedule.pause()
    ticks_of_days(schedule, 5)

    schedule.resume()

    info = schedule.info()
    assert info.next_run_at is not None
    assert timedelta(0) < info.next_run_at - info.changed_at <= timedelta(days=0.5)
    assert (info.runs, info.skipped) == (0, 0)


def test_a_paused_schedule_keeps_its_next_time() -> None:
    schedule = task(nothing).schedule(interval=60, starts_at=FUTURE)

    schedule.pause()

    assert (schedule.info().paused, schedule.next_run) == (True, FUTURE)


def test_a_cancelled_schedule_is_gone_and_its_jobs_stay() -> None:
    schedule = task(nothing).schedule(interval=3600)
    job = schedule.trigger()

    assert (schedule.cancel(), schedule.cancel()) == (True, False)

    assert list_schedules() == []
    with pytest.raises(NotFound):
        schedule.info()
    assert job.status == "PENDING"


def test_a_trigger_makes_a_job_now_besides_those_of_the_rule() -> None:
    @task
    def add(x: int, y: int) -> int:
        return x + y

    schedule = add.schedule(5, y=7, interval=3600, max_runs=1)
    schedule.pause()
    before = schedule.info()

    jobs = [schedule.trigger(), schedule.trigger()]
    with nuvom.Worker(threads=1):
        assert [job.get(timeout=PATIENCE) for job in jobs] == [12, 12]

    after = schedule.info()
    assert (after.runs, after.next_run_at, after.paused) == (0, before.next_run_at, True)
    assert after.last_job == jobs[1].id


def test_a_preview_ends_where_the_schedule_does() -> None:
    note = task(nothing)
    hour = timedelta(hours=1)

    bounded = note.schedule(interval=hour, starts_at=FUTURE, ends_at=FUTURE + 2 * hour)
    counted = note.schedule(interval=hour, starts_at=FUTURE, max_runs=2)
    once = note.schedule(at=FUTURE)

    assert bounded.preview(10) == [FUTURE, FUTURE + hour, FUTURE + 2 * hour]
    assert counted.preview(10) == [FUTURE, FUTURE + hour]
    assert once.preview() == [FUTURE]
    assert [len(bounded.preview(count)) for count in (0, 1, 2)] == [0, 1, 2]


@pytest.mark.parametrize("count", [-1, "2", 1.5, 10**30])
def test_a_preview_of_an_impossible_number_is_refused(count: Any) -> None:
    schedule = task(nothing).schedule(interval=60)

    with pytest.raises(InvalidValue, match="preview"):
        schedule.preview(count)


# Jobs


def test_a_job_knows_the_schedule_and_the_tick_that_made_it(told: SimpleQueue[Any]) -> None:
    @task
    def note() -> None:
        current = nuvom.current_job()
        assert current is not None
        told.put((current.id, current.schedule, own_tick(), current.missed_ticks))

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
    note = task(name="note")(lambda: told.put(own_tick()))

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
    ticks_of_days(schedule, 11)
    with nuvom.Worker(threads=1):
        assert told.get(timeout=PATIENCE) == 10

    info = schedule.info()
    assert (info.runs, info.skipped) == (1, 0)
    assert info.next_run_at is not None
    assert info.next_run_at > info.changed_at
    assert last_job(schedule).info().missed_ticks == 10
    events.wait_for("tick_fired", schedule=schedule.id, jobs=1, missed=11, skipped=0)


def test_missed_ticks_can_be_skipped(events: Events) -> None:
    schedule = task(nothing).schedule(interval=DAY, misfire="skip")
    ticks_of_days(schedule, 11)

    with nuvom.Worker(threads=1):
        events.wait_for("tick_fired", schedule=schedule.id, jobs=0, missed=11, skipped=11)

    info = schedule.info()
    assert (info.runs, info.skipped, info.last_job) == (0, 11, None)


def test_missed_ticks_can_make_a_job_each(told: SimpleQueue[datetime]) -> None:
    note = task(name="note")(lambda: told.put(own_tick()))
    schedule = note.schedule(interval=DAY, misfire="all")
    ticks_of_days(schedule, 5)

    with nuvom.Worker(threads=2):
        ticks = sorted(told.get(timeout=PATIENCE) for _ in range(5))

    assert [tick - ticks[0] for tick in ticks] == [timedelta(days=number) for number in range(5)]
    assert schedule.info().runs == 5


def test_no_more_than_the_latest_hundred_are_made_up_for(events: Events) -> None:
    schedule = task(nothing).schedule(interval=DAY, misfire="all")
    ticks_of_days(schedule, 150)

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
    ticks_of_days(schedule, 1)

    with nuvom.Worker(threads=1):
        told.get(timeout=PATIENCE)

    job = last_job(schedule).info()
    assert job.tick_at is not None
    assert timedelta(0) < job.run_at - job.tick_at < timedelta(hours=1)


def test_a_schedule_that_has_ended_makes_no_job() -> None:
    schedule = task(nothing).schedule(interval=60, ends_at=PAST)

    assert (schedule.next_run, schedule.preview()) == (None, [])
