"""Schedules as plain records: what a `SchedulerBackend` takes and gives."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from uuid import uuid4

if TYPE_CHECKING:
    from datetime import datetime

ScheduleType = Literal["one_off", "interval", "cron"]


@dataclass(slots=True)
class ScheduledTaskReference:
    """A wish: this task, with these arguments, at these times. `SchedulerBackend.enqueue` makes a schedule of it."""

    func_name: str
    """The name of the task."""
    args: list[Any] = field(default_factory=list)
    kwargs: dict[str, Any] = field(default_factory=dict)
    schedule_type: ScheduleType = "one_off"
    next_run: datetime | None = None
    """When it is due, for "one_off"; when it is due first, for "interval"."""
    interval_secs: float | None = None
    cron_expr: str | None = None
    timezone: str = "UTC"
    priority: int = 5
    metadata: dict[str, Any] = field(default_factory=dict)
    """What whoever writes it wants back with the envelope. Nuvom keeps the whole schedule here, as text."""
    id: str | None = None
    """To write the same id again replaces the schedule; without one it gets an id of its own."""


@dataclass(frozen=True, slots=True)
class ScheduleEnvelope:
    """A schedule as it is kept. Times are seconds since the Unix epoch."""

    id: str
    task_name: str
    args: list[Any]
    kwargs: dict[str, Any]
    schedule_type: ScheduleType
    next_run_ts: float | None
    """When it is due next; `None` when it has run out."""
    interval_secs: float | None
    cron_expr: str | None
    timezone: str
    priority: int
    status: Literal["pending", "paused", "dispatched"]
    """"dispatched" is one that has run out."""
    run_count: int
    created_at: float
    updated_at: float
    metadata: dict[str, Any] = field(default_factory=dict)
    """That of the reference from which it was made."""

    @classmethod
    def of(cls, ref: ScheduledTaskReference) -> ScheduleEnvelope:
        """The envelope of a wish, under an id of its own unless the wish names one."""
        now = time.time()
        return cls(
            id=ref.id or str(uuid4()),
            task_name=ref.func_name,
            args=ref.args,
            kwargs=ref.kwargs,
            schedule_type=ref.schedule_type,
            next_run_ts=None if ref.next_run is None else ref.next_run.timestamp(),
            interval_secs=ref.interval_secs,
            cron_expr=ref.cron_expr,
            timezone=ref.timezone,
            priority=ref.priority,
            status="dispatched" if ref.next_run is None else "pending",
            run_count=0,
            created_at=now,
            updated_at=now,
            metadata=ref.metadata,
        )

    def is_due(self, now_ts: float | None = None) -> bool:
        """Whether its time has come."""
        now = time.time() if now_ts is None else now_ts
        return self.status == "pending" and self.next_run_ts is not None and self.next_run_ts <= now
