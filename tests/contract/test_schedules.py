"""Schedules as programs write, change and hear of them. How ticks follow from rules is tested in the crates."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from queue import SimpleQueue
from typing import Any

import nuvom
import pytest
from harness import PATIENCE, Events
from nuvom import Task, task
from nuvom.errors import BadArguments, InvalidOption, InvalidValue, NotFound, NotSerializable, PayloadTooLarge
from nuvom.registry import get_task_registry
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


@dataclass
class Report:
    """What a task may ask for, as a class of its own."""

    name: str
    day: datetime


@pytest.fixture
def told() -> SimpleQueue[Any]:
    """What tasks tell the test."""
    return SimpleQueue()


@pytest.fixture
def note(told: SimpleQueue[Any]) -> Task[[str], None]:
    """A task that tells what it was given."""

    @task
    def note(text: str) -> None:
        told.put(text)

    return note


def _ticks_of_days(schedule: Schedule, days: int) -> None:
    """Makes a daily schedule one that nobody fired for so many ticks; the last was half a day ago."""
    get_scheduler_backend().reschedule(schedule.id, time.time() - (days - 0.5) * DAY)


def _last_job(schedule: Schedule) -> nuvom.Job[Any]:
    last = schedule.info().last_job
    assert last is not None
    return nuvom.Job(last)


# When


def test_a_time_makes_one_job_and_has_run_out(note: Task[[str], None], told: SimpleQueue[str]) -> None:
    schedule = note.schedule("once", at=PAST)
    with nuvom.Worker(threads=1):
        assert told.get(timeout=PATIENCE) == "once"

    info = schedule.info()
    assert (info.at, info.interval_secs, info.cron) == (PAST, None, None)
    assert (info.runs, info.next_run_at, info.last_run_at) == (1, None, PAST)
    assert schedule.next_run is None


def test_a_time_with_a_zone_is_kept_to_the_microsecond() -> None:
    at = datetime(2090, 5, 4, 3, 2, 1, 123456, tzinfo=UTC)

    assert task(_nothing).schedule(at=at).next_run == at


def test_a_time_without_a_zone_warns_the_caller_and_is_read_in_the_zone_of_the_schedule() -> None:
    with pytest.warns(UserWarning, match=r"has no time zone and is read in Europe/Berlin") as warned:
        schedule = task(_nothing).schedule(at=datetime(2090, 7, 1, 12), timezone_name="Europe/Berlin")

    assert schedule.next_run == datetime(2090, 7, 1, 10, tzinfo=UTC)
    assert [warning.filename for warning in warned] == [__file__]


def test_bounds_without_a_zone_are_read_in_the_zone_of_the_schedule() -> None:
    schedule = task(_nothing).schedule(
        interval=DAY,
        starts_at=datetime(2090, 7, 1, 12),
        ends_at=datetime(2090, 7, 2, 12),
        timezone_name="Europe/Berlin",
    )

    info = schedule.info()
    assert info.starts_at == datetime(2090, 7, 1, 10, tzinfo=UTC)
    assert info.ends_at == datetime(2090, 7, 2, 10, tzinfo=UTC)


@pytest.mark.parametrize("hour", [3600, 3600.0, timedelta(hours=1)])
def test_in_so_many_seconds_is_once_and_that_much_later(hour: float | timedelta) -> None:
    info = task(_nothing).schedule(in_=hour).info()

    assert info.at is not None
    assert info.next_run_at == info.at
    assert timedelta(0) <= info.created_at + timedelta(hours=1) - info.at < timedelta(seconds=PATIENCE)


def test_in_no_time_is_at_once(note: Task[[str], None], told: SimpleQueue[str]) -> None:
    with nuvom.Worker(threads=1):
        note.schedule("now", in_=0)
        assert told.get(timeout=PATIENCE) == "now"


@pytest.mark.parametrize("hour", [3600, timedelta(hours=1)])
def test_an_interval_begins_when_it_is_written(hour: float | timedelta) -> None:
    info = task(_nothing).schedule(interval=hour).info()

    assert info.interval_secs == 3600.0
    assert info.next_run_at == info.created_at + timedelta(hours=1)


def test_an_interval_counts_from_its_start() -> None:
    schedule = task(_nothing).schedule(interval=3600, starts_at=FUTURE)

    assert schedule.preview(3) == [FUTURE, FUTURE + timedelta(hours=1), FUTURE + timedelta(hours=2)]


def test_an_expression_is_due_by_the_clocks_of_its_zone() -> None:
    schedule = task(_nothing).schedule(
        cron="0 9 * * MON-FRI", timezone_name="America/New_York", starts_at=datetime(2090, 3, 10, tzinfo=UTC)
    )

    # Clocks go forward on the 12th.
    assert [str(tick) for tick in schedule.preview(3)] == [
        "2090-03-10 14:00:00+00:00",
        "2090-03-13 13:00:00+00:00",
        "2090-03-14 13:00:00+00:00",
    ]
    info = schedule.info()
    assert (info.cron, info.timezone_name) == ("0 9 * * MON-FRI", "America/New_York")


def test_an_expression_with_seconds_fires_again_and_again(told: SimpleQueue[datetime]) -> None:
    note = task(name="note")(lambda: told.put(_own_tick()))

    note.schedule(cron="* * * * * *", max_runs=2)
    with nuvom.Worker(threads=2):
        ticks = sorted([told.get(timeout=PATIENCE), told.get(timeout=PATIENCE)])

    assert [tick.microsecond for tick in ticks] == [0, 0]
    assert ticks[0] < ticks[1]


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({}, r"exactly one of at, in_, interval and cron$"),
        ({"at": PAST, "in_": 1}, "and was given at and in_"),
        ({"interval": 1, "cron": "* * * * *"}, "and was given interval and cron"),
        ({"at": PAST, "in_": 0, "interval": 1, "cron": "x"}, "and was given at and in_ and interval and cron"),
        ({"at": "2090-01-01"}, r"nothing.schedule\(at='2090-01-01'\): expected a datetime"),
        ({"at": 3_786_912_000}, "expected a datetime"),
        ({"in_": "5"}, "expected seconds, 0 or more, or a timedelta"),
        ({"in_": -1}, "expected seconds, 0 or more"),
        ({"in_": float("nan")}, "expected seconds, 0 or more"),
        ({"in_": timedelta(seconds=-1)}, "expected seconds, 0 or more"),
        ({"interval": float("inf")}, "expected seconds, 0 or more"),
        ({"interval": True}, "expected seconds, 0 or more"),
        ({"cron": 5}, "expected text"),
        ({"interval": 9, "timezone_name": None}, "expected text"),
        ({"interval": 9, "misfire": "never"}, "expected 'once', 'skip' or 'all'"),
        ({"interval": 9, "overlap": True}, "expected 'allow' or 'skip'"),
        ({"interval": 9, "max_runs": 0}, "expected a whole number, 1 or more"),
        ({"interval": 9, "max_runs": 1.5}, "expected a whole number, 1 or more"),
        ({"interval": 9, "max_runs": True}, "expected a whole number, 1 or more"),
        ({"interval": 9, "max_runs": 10**30}, "expected a whole number, 1 or more"),
        ({"interval": 9, "jitter": -1}, "expected seconds, 0 or more"),
        ({"interval": 9, "starts_at": "now"}, "expected a datetime"),
        ({"interval": 9, "ends_at": 5}, "expected a datetime"),
        ({"interval": 9, "id": 5}, "expected text"),
    ],
)
def test_options_that_cannot_be_are_refused_with_what_was_expected(said: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidOption, match=message):
        task(name="nothing")(_nothing).schedule(**said)

    assert list_schedules() == []


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"cron": "61 * * * *"}, "minute `61`"),
        ({"cron": "0 0 30 2 *"}, "never"),
        ({"cron": "* * *"}, "fields"),
        ({"cron": ""}, "cron expression"),
        ({"cron": "* " * 5_000}, "cron expression"),
        ({"interval": 9, "timezone_name": "Mars/Olympus"}, "no time zone `Mars/Olympus`"),
        ({"cron": "* * * * *", "timezone_name": "../../etc/passwd"}, "no time zone"),
        ({"interval": 0}, r"too short .* The shortest is 0.1 s"),
        ({"interval": 9, "starts_at": FUTURE, "ends_at": PAST}, "ends before it starts"),
        ({"interval": 9, "id": ""}, "is empty"),
        ({"interval": 9, "id": "a\nb"}, "control character"),
        ({"interval": 9, "id": "x" * 201}, "too long|at most|longer"),
    ],
)
def test_values_that_cannot_be_are_refused_when_they_are_written(said: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        task(_nothing).schedule(**said)

    assert list_schedules() == []


def test_a_start_of_with_options_is_refused_since_the_rule_says_when() -> None:
    later = task(_nothing).with_options(in_=60)

    with pytest.raises(InvalidOption, match="in_"):
        later.schedule(interval=60)


def test_the_last_day_that_python_knows_does_not_hide_the_other_schedules() -> None:
    note = task(_nothing)
    note.schedule(at=datetime.max.replace(tzinfo=UTC), id="last")

    note.schedule(interval=60, id="other")

    assert [info.id for info in list_schedules()] == ["last", "other"]


# Writing the same id again


def test_to_write_the_same_again_leaves_the_schedule_alone() -> None:
    note = task(_anything)

    first = note.schedule("ada", interval=3600, id="report").info()
    again = note.schedule("ada", interval=3600, id="report").info()

    assert again == first
    assert len(list_schedules()) == 1


def test_a_passed_time_that_is_written_again_does_not_fire_again(
    note: Task[[str], None], told: SimpleQueue[str]
) -> None:
    with nuvom.Worker(threads=1):
        note.schedule("deploy", at=PAST, id="once")
        assert told.get(timeout=PATIENCE) == "deploy"

        note.schedule("deploy", at=PAST, id="once")
        note.schedule("other", at=PAST, id="other")
        assert told.get(timeout=PATIENCE) == "other"

    assert Schedule("once").info().runs == 1


def test_other_arguments_change_the_schedule_and_leave_its_next_time() -> None:
    note = task(_anything)
    first = note.schedule("ada", interval=3600, id="report").info()

    changed = note.schedule("grace", interval=3600, id="report").info()

    assert (changed.args, changed.next_run_at) == (("grace",), first.next_run_at)
    assert changed.created_at == first.created_at
    assert changed.changed_at > first.changed_at


def test_another_rule_starts_anew() -> None:
    note = task(_nothing)
    note.schedule(interval=3600, id="report")

    changed = note.schedule(cron="0 0 1 1 *", starts_at=FUTURE, id="report").info()

    assert (changed.interval_secs, changed.cron, changed.next_run_at) == (None, "0 0 1 1 *", FUTURE)
    assert len(list_schedules()) == 1


def test_a_paused_schedule_that_is_written_again_stays_paused() -> None:
    note = task(_nothing)
    note.schedule(interval=3600, id="report").pause()

    assert note.schedule(interval=60, id="report").info().paused


def test_without_an_id_each_is_a_schedule_of_its_own() -> None:
    note = task(_nothing)

    one, other = note.schedule(interval=60), note.schedule(interval=60)

    assert one != other
    assert {info.id for info in list_schedules()} == {one.id, other.id}


def test_many_threads_that_write_one_id_make_one_schedule() -> None:
    note, together = task(_anything), threading.Barrier(8)

    def write(number: int) -> None:
        together.wait(PATIENCE)
        note.schedule(number, interval=3600, id="report")

    writers = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(PATIENCE)

    (info,) = list_schedules()
    assert info.args[0] in range(8)


# Arguments and options


def test_a_wrong_call_fails_at_the_caller_and_writes_nothing() -> None:
    @task
    def add(x: int, y: int = 0) -> int:
        return x + y

    with pytest.raises(BadArguments, match=r"missing .* 'x'"):
        add.schedule(interval=60)
    with pytest.raises(BadArguments, match="'intervall'"):
        add.schedule(1, interval=60, intervall=5)
    with pytest.raises(NotSerializable):
        add.schedule(object(), interval=60)
    with pytest.raises(PayloadTooLarge):
        add.schedule(b"x" * 2_000_000, interval=60)

    assert list_schedules() == []


def test_arguments_reach_the_task_as_they_were_sent(told: SimpleQueue[Any]) -> None:
    @task
    def note(*args: Any, **kwargs: Any) -> None:
        told.put((args, kwargs))

    sent: tuple[Any, ...] = (1, "two", (3, {4}), FUTURE, None)
    schedule = note.schedule(*sent, at=PAST, place=b"\0\xff")
    with nuvom.Worker(threads=1):
        assert told.get(timeout=PATIENCE) == (sent, {"place": b"\0\xff"})

    info = schedule.info()
    assert (info.task, info.args, info.kwargs) == ("note", sent, {"place": b"\0\xff"})


def test_annotated_classes_are_rebuilt(told: SimpleQueue[Report]) -> None:
    @task
    def send(report: Report) -> None:
        told.put(report)

    send.schedule(Report("sales", FUTURE), at=PAST)
    send.schedule(report=Report("costs", PAST), at=PAST)
    with nuvom.Worker(threads=1):
        heard = [told.get(timeout=PATIENCE), told.get(timeout=PATIENCE)]

    assert sorted(heard, key=lambda report: report.name) == [Report("costs", PAST), Report("sales", FUTURE)]


def test_options_of_task_and_copy_reach_the_jobs() -> None:
    @task(queue="mail", retries=2, tags=["daily"])
    def send() -> None: ...

    plain = send.schedule(interval=60)
    copy = send.with_options(queue="bulk", priority=1, retries=7).schedule(interval=60)
    jobs = [plain.trigger().info(), copy.trigger().info()]

    assert [(job.queue, job.priority, job.max_attempts, job.tags) for job in jobs] == [
        ("mail", 5, 3, ["daily"]),
        ("bulk", 1, 8, ["daily"]),
    ]
    assert [(info.queue, info.priority) for info in (plain.info(), copy.info())] == [("mail", 5), ("bulk", 1)]


def test_a_coroutine_function_can_be_scheduled(told: SimpleQueue[int]) -> None:
    @task
    async def note(x: int) -> None:
        await asyncio.sleep(0)
        told.put(x)

    note.schedule(7, at=PAST)

    with nuvom.Worker(threads=1):
        assert told.get(timeout=PATIENCE) == 7


def test_a_task_can_write_schedules_itself(told: SimpleQueue[str]) -> None:
    @task
    def later() -> None:
        told.put("later")

    @task
    def first() -> str:
        return later.schedule(in_=0).id

    with nuvom.Worker(threads=1):
        made = first.delay().get(timeout=PATIENCE)
        assert told.get(timeout=PATIENCE) == "later"

    assert Schedule(made).info().runs == 1


# Handles


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
    assert after.last_job == jobs[1].id


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


# Jobs


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


# Workers


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


# The contract of `SchedulerBackend`


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


def _own_tick() -> datetime:
    current = nuvom.current_job()
    assert current is not None
    assert current.tick_at is not None
    return datetime.fromtimestamp(current.tick_at, UTC)
