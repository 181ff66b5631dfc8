"""Schedules and workers, and the contract of `SchedulerBackend`."""

from __future__ import annotations

from datetime import timedelta
from queue import SimpleQueue
from typing import Any

import nuvom
import pytest
from harness import PATIENCE
from nuvom import Task, task
from nuvom.errors import InvalidOption, InvalidValue, NotFound
from nuvom.registry import get_task_registry
from nuvom.scheduler import (
    Schedule,
    ScheduledTaskReference,
    get_scheduler_backend,
    list_schedules,
)
from scheduled import DAY, FUTURE, PAST, anything, nothing

pytestmark = pytest.mark.usefixtures("backend")


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
    task(name="report", schedule=nuvom.every(minutes=5))(nothing)
    with nuvom.Worker(threads=1):
        first = list_schedules()

    with nuvom.Worker(threads=1):
        again = list_schedules()

    assert again == first


def test_a_worker_changes_declared_schedules_and_retires_none() -> None:
    task(name="report", schedule=nuvom.every(minutes=5))(nothing)
    task(name="gone", schedule=nuvom.every(minutes=5))(nothing)
    task(name="other")(nothing).schedule(interval=60, id="by a program")
    with nuvom.Worker(threads=1):
        pass
    get_task_registry().clear()

    task(name="report", schedule=nuvom.every(minutes=6))(nothing)
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
        task(name="broken", schedule=nuvom.cron("61 * * * *"))(nothing)

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
    task(name="send", priority=3)(anything)
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
    task(name="send")(anything)
    backend = get_scheduler_backend()
    reference = ScheduledTaskReference("send", schedule_type="interval", interval_secs=60, id="report")
    first = backend.enqueue(reference)

    again = backend.enqueue(reference)
    reference.interval_secs = 90
    changed = backend.enqueue(reference)

    assert again == first
    assert (changed.interval_secs, len(backend.list())) == (90.0, 1)


def test_arguments_of_a_reference_may_have_the_names_of_options() -> None:
    task(name="send")(anything)

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
    task(name="send")(nothing)

    with pytest.raises(InvalidOption, match=message):
        get_scheduler_backend().enqueue(ScheduledTaskReference("send", **said))


def test_those_that_are_due_come_earliest_first_and_no_more_than_asked_for() -> None:
    note = task(name="note")(nothing)
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
    schedule = task(nothing).schedule(interval=DAY)
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
    schedule = task(nothing).schedule(interval=DAY)
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
    schedule, backend = task(nothing).schedule(interval=DAY), get_scheduler_backend()

    backend.cancel(schedule.id)

    assert (backend.get(schedule.id), backend.list()) == (None, [])
