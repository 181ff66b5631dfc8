"""A scheduler backend written in Python, under the suite that every backend passes, and in a project."""

from __future__ import annotations

import threading
from pathlib import Path

import nuvom
import pytest
from nuvom import Task, every, task
from nuvom.plugins.registry import register_scheduler_backend
from nuvom.scheduler import ScheduledTaskReference, ScheduleEnvelope, SchedulerBackend
from nuvom.testing import conformance


class Shelf(SchedulerBackend):
    """Keeps envelopes in a dict: as little as the contract asks for."""

    def __init__(self) -> None:
        self._kept: dict[str, ScheduleEnvelope] = {}
        self._lock = threading.Lock()
        self.acknowledged: list[str] = []

    def enqueue(self, ref: ScheduledTaskReference) -> ScheduleEnvelope:
        envelope = ScheduleEnvelope.of(ref)
        with self._lock:
            self._kept[envelope.id] = envelope
        return envelope

    def get(self, schedule_id: str) -> ScheduleEnvelope | None:
        return self._kept.get(schedule_id)

    def due(self, now_ts: float | None = None, limit: int | None = None) -> list[ScheduleEnvelope]:
        with self._lock:
            due = [envelope for envelope in self._kept.values() if envelope.is_due(now_ts)]
        return sorted(due, key=lambda envelope: envelope.next_run_ts or 0.0)[:limit]

    def ack_dispatched(self, schedule_id: str) -> None:
        self.acknowledged.append(schedule_id)

    def reschedule(self, schedule_id: str, next_run_ts: float) -> None:
        raise AssertionError("to write it again says when it is due")

    def cancel(self, schedule_id: str) -> None:
        with self._lock:
            self._kept.pop(schedule_id, None)

    def list(self) -> list[ScheduleEnvelope]:
        with self._lock:
            return list(self._kept.values())


SHELF = Shelf()

test_shelf = conformance(lambda: SHELF, "scheduler_backend")


TICKED = threading.Semaphore(0)


@pytest.fixture
def ticked(shelf: Shelf) -> Task[[], str]:
    """A task of the project that says when it ran."""

    @task(name="on_the_shelf")
    def ticked() -> str:
        job = nuvom.current_job()
        assert job is not None
        TICKED.release()
        return str(job.schedule)

    return ticked


@pytest.fixture
def shelf(project: Path) -> Shelf:
    """A project whose schedules are on a shelf."""
    shelf = Shelf()
    register_scheduler_backend("shelf", lambda: shelf, override=True)
    nuvom.configure(queue_backend="memory", scheduler_backend="shelf", scheduler_poll_secs="0.05")
    return shelf


def test_schedules_on_it_make_jobs_in_the_queue(shelf: Shelf, ticked: Task[[], str]) -> None:
    made = ticked.schedule(interval=0.1, max_runs=3, id="three")

    with nuvom.Worker(threads=1):
        assert all(TICKED.acquire(timeout=60) for _ in range(3))
        last = made.info().last_job
        assert last is not None
        assert nuvom.Job[str](last).get(timeout=60) == "three"

    assert (made.info().runs, shelf.list()[0].task_name) == (3, "on_the_shelf")
    assert shelf.acknowledged == ["three"] * 3


def test_the_handle_works_on_it(shelf: Shelf, ticked: Task[[], str]) -> None:
    made = ticked.schedule(cron="0 9 * * MON", timezone_name="Europe/Berlin", id="weekly")

    assert (made.pause(), made.pause(), shelf.due(now_ts=4e9)) == (True, False, [])
    assert made.resume() and len(made.preview(2)) == 2
    [envelope] = shelf.list()
    assert (envelope.cron_expr, envelope.timezone, envelope.args) == ("0 9 * * MON", "Europe/Berlin", [])
    assert made.cancel() and shelf.list() == []


def test_what_others_keep_there_is_left_alone(shelf: Shelf, ticked: Task[[], str]) -> None:
    shelf.enqueue(ScheduledTaskReference("theirs", id="theirs"))
    ticked.schedule(interval=3600, id="ours")

    assert [info.id for info in nuvom.scheduler.list_schedules()] == ["ours"]


def test_a_rule_in_the_code_is_kept_on_it_too(shelf: Shelf) -> None:
    @task(name="declared_on_the_shelf", schedule=every(hours=1))
    def declared() -> None: ...

    with nuvom.Worker(threads=1):
        assert [envelope.id for envelope in shelf.list()] == ["task/declared_on_the_shelf"]
