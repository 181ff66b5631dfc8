"""The contract of `SchedulerBackend`, and the one implementation: the project's own schedules."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from nuvom import _nuvom
from nuvom.errors import InvalidOption, NotFound
from nuvom.registry.registry import get_task_registry
from nuvom.scheduler.models import ScheduledTaskReference, ScheduleEnvelope
from nuvom.scheduler.rules import plan

if TYPE_CHECKING:
    from nuvom._nuvom import ScheduleRecord
    from nuvom.scheduler.models import ScheduleType


class SchedulerBackend(ABC):
    """Where schedules are kept, with the methods that users of Nuvom 0.11 know."""

    @abstractmethod
    def enqueue(self, ref: ScheduledTaskReference) -> ScheduleEnvelope:
        """Writes a schedule; one of the same id is replaced."""

    @abstractmethod
    def get(self, schedule_id: str) -> ScheduleEnvelope | None:
        """The schedule of this id, if there is one."""

    @abstractmethod
    def due(self, now_ts: float | None = None, limit: int | None = None) -> list[ScheduleEnvelope]:
        """At most `limit` whose time has come by `now_ts` (seconds since the Unix epoch; now), earliest first."""

    @abstractmethod
    def ack_dispatched(self, schedule_id: str) -> None:
        """Says that the job of a schedule that was due has been made."""

    @abstractmethod
    def reschedule(self, schedule_id: str, next_run_ts: float) -> None:
        """Says when a schedule is due next, in seconds since the Unix epoch."""

    @abstractmethod
    def cancel(self, schedule_id: str) -> None:
        """Removes a schedule; one that is not there is no error."""

    @abstractmethod
    def list(self) -> list[ScheduleEnvelope]:
        """All schedules, by id."""


class ProjectSchedules(SchedulerBackend):
    """The schedules of the project, in the store that `NUVOM_SCHEDULER_BACKEND` names. A scheduler (`nuvom runworker`
    or `nuvom runscheduler`) fires them by itself, each tick once; nobody has to ask `due`.
    """

    def enqueue(self, ref: ScheduledTaskReference) -> ScheduleEnvelope:
        """Writes a schedule for a registered task; raises `NotFound` if there is none of this name."""
        task = get_task_registry().get(ref.func_name)
        told = plan(f"{task.name}.schedule", timezone_name=ref.timezone, **_when(ref))
        # Not by `schedule`, whose own options may have the names of arguments.
        made = task._write_schedule(ref.args, ref.kwargs, ref.id, told)
        return _envelope(_nuvom.schedule_record(made.id))

    def get(self, schedule_id: str) -> ScheduleEnvelope | None:
        """The schedule of this id, if there is one."""
        try:
            return _envelope(_nuvom.schedule_record(schedule_id))
        except NotFound:
            return None

    def due(self, now_ts: float | None = None, limit: int | None = None) -> list[ScheduleEnvelope]:
        """Those whose time has come, earliest first: for those who look. Schedulers fire them without being asked."""
        now = time.time() if now_ts is None else now_ts
        due = sorted((it for it in self.list() if it.is_due(now)), key=lambda it: (it.next_run_ts or 0.0, it.id))
        return due[:limit]

    def ack_dispatched(self, schedule_id: str) -> None:
        """Only looks whether there is such a schedule: to fire a tick and to make its job is one operation of the
        store, after which nothing is left to be said.
        """
        _nuvom.schedule_record(schedule_id)

    def reschedule(self, schedule_id: str, next_run_ts: float) -> None:
        """Has a schedule be due at this time next; its rule goes on from there."""
        _nuvom.reschedule(schedule_id, round(next_run_ts * 1_000_000))

    def cancel(self, schedule_id: str) -> None:
        """Removes a schedule; one that is not there is no error."""
        _nuvom.cancel_schedule(schedule_id)

    def list(self) -> list[ScheduleEnvelope]:
        """All schedules, by id."""
        return [_envelope(record) for record in _nuvom.schedule_records()]


_BACKEND = ProjectSchedules()


def get_scheduler_backend() -> SchedulerBackend:
    """The schedules of the project."""
    return _BACKEND


def _when(ref: ScheduledTaskReference) -> dict[str, Any]:
    match ref.schedule_type:
        case "one_off" if ref.next_run is not None:
            return {"at": ref.next_run}
        case "interval" if ref.interval_secs is not None:
            return {"interval": ref.interval_secs, "starts_at": ref.next_run}
        case "cron" if ref.cron_expr is not None:
            return {"cron": ref.cron_expr}
    wanted = {"one_off": "next_run", "interval": "interval_secs", "cron": "cron_expr"}.get(ref.schedule_type)
    raise InvalidOption(
        f"schedule_type {ref.schedule_type!r} needs {wanted}"
        if wanted
        else f"schedule_type is {ref.schedule_type!r}, expected 'one_off', 'interval' or 'cron'"
    )


def _envelope(record: ScheduleRecord) -> ScheduleEnvelope:
    kind: ScheduleType = "cron" if record["cron"] else "interval" if record["interval_secs"] else "one_off"
    ended = record["next_run_at"] is None
    return ScheduleEnvelope(
        id=record["id"],
        task_name=record["task"],
        args=list(record["args"]),
        kwargs=record["kwargs"],
        schedule_type=kind,
        next_run_ts=record["next_run_at"],
        interval_secs=record["interval_secs"],
        cron_expr=record["cron"],
        timezone=record["timezone_name"] or "UTC",
        priority=record["priority"],
        status="dispatched" if ended else "paused" if record["paused"] else "pending",
        run_count=record["runs"],
        created_at=record["created_at"],
        updated_at=record["changed_at"],
    )
