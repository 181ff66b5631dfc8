"""Schedules that are read, changed and removed: by their handles, and by the contract of `SchedulerBackend`."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from queue import SimpleQueue
from typing import Any

import nuvom
import pytest
from harness import PATIENCE
from nuvom import Task, task
from nuvom.errors import InvalidOption, InvalidValue, NotFound
from nuvom.scheduler import (
    Schedule,
    ScheduledTaskReference,
    ScheduleInfo,
    get_scheduler_backend,
    list_schedules,
)

pytestmark = pytest.mark.usefixtures("backend")

PAST = datetime(2001, 1, 1, tzinfo=UTC)
FUTURE = datetime(2090, 1, 1, tzinfo=UTC)
DAY = 86_400.0


def test_a_handle_with_the_same_id_is_the_same_schedule() -> None:
    schedule = task(_nothing).schedule(interval=60, id="report")

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
    task(_nothing).schedule(interval=60, id="report")

    with pytest.raises(NotFound, match=r"there is no schedule reprot\. Did you mean report\?"):
        use(Schedule("reprot"))


def test_the_whole_record_can_be_read() -> None:
    schedule = task(name="send", queue="mail", priority=2)(_anything).schedule(
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
        undecodable=None,
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
    schedule = task(_nothing).schedule(interval=DAY, misfire="all")
    schedule.pause()
    _ticks_of_days(schedule, 5)

    schedule.resume()

    info = schedule.info()
    assert info.next_run_at is not None
    assert timedelta(0) < info.next_run_at - info.changed_at <= timedelta(days=0.5)
    assert (info.runs, info.skipped) == (0, 0)


def test_a_paused_schedule_keeps_its_next_time() -> None:
    schedule = task(_nothing).schedule(interval=60, starts_at=FUTURE)

    schedule.pause()

    assert (schedule.info().paused, schedule.next_run) == (True, FUTURE)


def test_a_cancelled_schedule_is_gone_and_its_jobs_stay() -> None:
    schedule = task(_nothing).schedule(interval=3600)
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
    assert after.last_job is None
    assert [job.info().schedule for job in jobs] == [schedule.id] * 2


def test_a_preview_ends_where_the_schedule_does() -> None:
    note = task(_nothing)
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
    schedule = task(_nothing).schedule(interval=60)

    with pytest.raises(InvalidValue, match="preview"):
        schedule.preview(count)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            {"schedule_type": "one_off", "next_run": FUTURE},
            {"schedule_type": "one_off", "next_run_ts": FUTURE.timestamp(), "interval_secs": None, "cron_expr": None},
        ),
        (
            {"schedule_type": "interval", "interval_secs": 60.0, "next_run": FUTURE},
            {"schedule_type": "interval", "next_run_ts": FUTURE.timestamp(), "interval_secs": 60.0, "cron_expr": None},
        ),
        (
            {"schedule_type": "cron", "cron_expr": "0 9 * * *", "timezone": "Europe/Berlin"},
            {
                "schedule_type": "cron",
                "interval_secs": None,
                "cron_expr": "0 9 * * *",
                "timezone": "Europe/Berlin",
            },
        ),
    ],
)
def test_a_reference_becomes_an_envelope_that_can_be_got_and_listed(
    said: dict[str, Any], expected: dict[str, Any]
) -> None:
    task(name="send", priority=3)(_anything)
    backend = get_scheduler_backend()

    made = backend.enqueue(ScheduledTaskReference("send", args=["ada"], kwargs={"copies": 2}, id="report", **said))

    kept = {name: getattr(made, name) for name in expected}
    assert kept == expected
    assert (made.id, made.task_name, made.args, made.kwargs) == ("report", "send", ["ada"], {"copies": 2})
    assert (made.priority, made.status, made.run_count, made.updated_at) == (3, "pending", 0, made.created_at)
    assert backend.get("report") == made
    assert backend.list() == [made]
    assert Schedule("report").info().next_run_at is not None


def test_a_reference_with_a_known_id_replaces_the_schedule() -> None:
    task(name="send")(_anything)
    backend = get_scheduler_backend()
    reference = ScheduledTaskReference("send", schedule_type="interval", interval_secs=60, id="report")
    first = backend.enqueue(reference)

    again = backend.enqueue(reference)
    reference.interval_secs = 90
    changed = backend.enqueue(reference)

    assert again == first
    assert (changed.interval_secs, len(backend.list())) == (90.0, 1)


def test_arguments_of_a_reference_may_have_the_names_of_options() -> None:
    task(name="send")(_anything)

    made = get_scheduler_backend().enqueue(
        ScheduledTaskReference("send", kwargs={"id": 5, "at": "home", "cron": None}, next_run=FUTURE)
    )

    assert made.kwargs == {"id": 5, "at": "home", "cron": None}


def test_a_reference_to_no_task_is_not_found() -> None:
    with pytest.raises(NotFound, match="sned"):
        get_scheduler_backend().enqueue(ScheduledTaskReference("sned", next_run=FUTURE))


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"schedule_type": "one_off"}, "'one_off' needs next_run"),
        ({"schedule_type": "interval"}, "'interval' needs interval_secs"),
        ({"schedule_type": "cron", "next_run": FUTURE}, "'cron' needs cron_expr"),
        ({"schedule_type": "daily"}, "expected 'one_off', 'interval' or 'cron'"),
    ],
)
def test_a_reference_that_does_not_say_when_is_refused(said: dict[str, Any], message: str) -> None:
    task(name="send")(_nothing)

    with pytest.raises(InvalidOption, match=message):
        get_scheduler_backend().enqueue(ScheduledTaskReference("send", **said))


def test_those_that_are_due_come_earliest_first_and_no_more_than_asked_for() -> None:
    note = task(name="note")(_nothing)
    note.schedule(at=PAST + timedelta(days=1), id="second")
    note.schedule(at=PAST, id="first")
    note.schedule(at=PAST, id="paused").pause()
    note.schedule(at=FUTURE, id="later")
    backend = get_scheduler_backend()

    assert [it.id for it in backend.due()] == ["first", "second"]
    assert [it.id for it in backend.due(limit=1)] == ["first"]
    assert [it.id for it in backend.due(PAST.timestamp())] == ["first"]
    assert [it.id for it in backend.due(PAST.timestamp() - 1)] == []
    assert [it.id for it in backend.due(FUTURE.timestamp())] == ["first", "second", "later"]


def test_a_schedule_that_is_put_off_is_due_then_and_goes_on_by_its_rule() -> None:
    schedule = task(_nothing).schedule(interval=DAY)
    backend = get_scheduler_backend()

    backend.reschedule(schedule.id, FUTURE.timestamp())

    assert schedule.preview(2) == [FUTURE, FUTURE + timedelta(days=1)]
    envelope = backend.get(schedule.id)
    assert envelope is not None
    assert envelope.next_run_ts == FUTURE.timestamp()
    assert envelope.updated_at > envelope.created_at


def test_an_envelope_tells_how_far_its_schedule_has_come(note: Task[[str], None], told: SimpleQueue[str]) -> None:
    schedule, backend = note.schedule("it runs", at=PAST), get_scheduler_backend()

    def seen() -> tuple[object, ...]:
        envelope = backend.get(schedule.id)
        assert envelope is not None
        return envelope.status, envelope.is_due(), envelope.run_count

    before = seen()
    schedule.pause()
    paused = seen()
    schedule.resume()
    with nuvom.Worker(threads=1):
        told.get(timeout=PATIENCE)

    assert [before, paused, seen()] == [("pending", True, 0), ("paused", False, 0), ("dispatched", False, 1)]


def test_to_acknowledge_a_tick_changes_nothing() -> None:
    schedule = task(_nothing).schedule(interval=DAY)
    before = schedule.info()

    get_scheduler_backend().ack_dispatched(schedule.id)

    assert schedule.info() == before


def test_what_is_not_there_can_be_cancelled_and_got_but_not_changed() -> None:
    backend = get_scheduler_backend()

    assert backend.get("nothing") is None
    backend.cancel("nothing")
    with pytest.raises(NotFound):
        backend.ack_dispatched("nothing")
    with pytest.raises(NotFound):
        backend.reschedule("nothing", 0.0)


def test_a_cancelled_schedule_is_got_no_more() -> None:
    schedule, backend = task(_nothing).schedule(interval=DAY), get_scheduler_backend()

    backend.cancel(schedule.id)

    assert (backend.get(schedule.id), backend.list()) == (None, [])


def _nothing() -> None: ...


def _anything(*args: object, **kwargs: object) -> None: ...


def _ticks_of_days(schedule: Schedule, days: int) -> None:
    """Makes a daily schedule one that nobody fired for so many ticks; the last was half a day ago."""
    get_scheduler_backend().reschedule(schedule.id, time.time() - (days - 0.5) * DAY)
