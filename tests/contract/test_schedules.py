"""Schedules as programs write them. How ticks follow from rules is tested in the crates."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from queue import SimpleQueue
from typing import Any

import nuvom
import pytest
from harness import PATIENCE
from nuvom import Task, task
from nuvom.errors import BadArguments, InvalidOption, InvalidValue, NotSerializable, PayloadTooLarge
from nuvom.scheduler import (
    Schedule,
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
        ({"interval": 9, "timezone_name": 5}, "expected text"),
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


def _nothing() -> None: ...


def _anything(*args: object, **kwargs: object) -> None: ...


def _own_tick() -> datetime:
    current = nuvom.current_job()
    assert current is not None
    assert current.tick_at is not None
    return current.tick_at
