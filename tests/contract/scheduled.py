"""What tests of schedules have in common."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import nuvom
from nuvom.scheduler import Schedule, get_scheduler_backend

PAST = datetime(2001, 1, 1, tzinfo=UTC)
FUTURE = datetime(2090, 1, 1, tzinfo=UTC)
DAY = 86_400.0


@dataclass
class Report:
    """What a task may ask for, as a class of its own."""

    name: str
    day: datetime


def ticks_of_days(schedule: Schedule, days: int) -> None:
    """Makes a daily schedule one that nobody fired for so many ticks; the last was half a day ago."""
    get_scheduler_backend().reschedule(schedule.id, time.time() - (days - 0.5) * DAY)


def last_job(schedule: Schedule) -> nuvom.Job[Any]:
    last = schedule.info().last_job
    assert last is not None
    return nuvom.Job(last)


def nothing() -> None: ...


def anything(*args: object, **kwargs: object) -> None: ...


def own_tick() -> datetime:
    current = nuvom.current_job()
    assert current is not None
    assert current.tick_at is not None
    return datetime.fromtimestamp(current.tick_at, UTC)
