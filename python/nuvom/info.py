"""What `Job.info()` returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from nuvom import _nuvom


class JobStatus(StrEnum):
    """The five states of a job, for those who would rather not write words; each is equal to its word."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    SUCCESS = "SUCCESS"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class AttemptInfo:
    """An attempt that did not succeed."""

    attempt: int
    """Its number, from 1."""
    outcome: str
    """"failed", "timed out", "cancelled", "handed back" or "lost"."""
    kind: str
    """The class of the exception, or a word of Nuvom."""
    message: str
    traceback: str
    worker: str | None
    started_at: datetime | None
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class JobInfo:
    """The record of a job. Times are UTC."""

    id: str
    task: str
    signature: str | None
    """The signature of the task's function for which the job was made, as 16 hexadecimal digits, if it was known."""
    queue: str
    priority: int
    state: str
    attempt: int
    """The number of the attempt that runs or would run next, from 1."""
    created_at: datetime
    run_at: datetime
    """When it is or was due; a retry moves it."""
    started_at: datetime | None
    """When it was last claimed."""
    ended_at: datetime | None
    worker: str | None
    """Who claimed it last."""
    failures: int
    """Attempts that failed or timed out; they use up `max_attempts`."""
    losses: int
    """Attempts whose worker or child process was lost."""
    handbacks: int
    """Attempts that gave it back, at a stop or for a worker of another version; they use up nothing."""
    max_attempts: int
    cancel_requested: bool
    """Whether somebody asked for its end while it ran."""
    tags: list[str]
    schedule: str | None
    """The id of the schedule that made it, if one did."""
    tick_at: datetime | None
    """The time at which that schedule was due."""
    missed_ticks: int
    """How many earlier times were missed, for which it stands too."""
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    undecodable: str | None
    """Why the arguments cannot be told, if their bytes are damaged; they are empty then."""
    attempts: list[AttemptInfo]
    """Those that did not succeed, oldest first."""


def read(id: str) -> JobInfo:
    """The record of this job; raises `NotFound` if there is none."""
    attempts = [AttemptInfo(**_with_times(attempt)) for attempt in _nuvom.attempts(id)]
    return JobInfo(**_with_times(_nuvom.record(id)), attempts=attempts)


def record_to_info(record: Mapping[str, Any]) -> JobInfo:
    """A record without its attempts."""
    return JobInfo(**_with_times(record), attempts=[])


def _with_times(record: Mapping[str, Any]) -> dict[str, Any]:
    times = {name: _utc(value) for name, value in record.items() if name.endswith("_at")}
    return {**record, **times}


def _utc(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
