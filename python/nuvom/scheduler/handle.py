"""A schedule, as its client sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from nuvom import _nuvom
from nuvom.errors import InvalidValue
from nuvom.job import Job

if TYPE_CHECKING:
    from nuvom._nuvom import ScheduleRecord

_END = datetime.max.replace(tzinfo=UTC).timestamp()
_MOST_PREVIEWED = 100_000


@dataclass(frozen=True, slots=True)
class ScheduleInfo:
    """The record of a schedule. Times are UTC."""

    id: str
    task: str
    at: datetime | None
    """When it is due, if that is once."""
    interval_secs: float | None
    """How often it is due, if that is every so often."""
    cron: str | None
    """The expression by which it is due, if there is one."""
    timezone_name: str | None
    """The time zone of that expression."""
    misfire: str
    overlap: str
    starts_at: datetime | None
    ends_at: datetime | None
    max_runs: int | None
    jitter_secs: float
    declared: bool
    """Whether it stands in the code of its task."""
    queue: str
    priority: int
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    undecodable: str | None
    """Why the arguments cannot be told, if their bytes are damaged; they are empty then."""
    next_run_at: datetime | None
    """None when it has run out."""
    paused: bool
    runs: int
    """How many jobs its ticks have made."""
    skipped: int
    """How many ticks made none."""
    last_run_at: datetime | None
    """The last tick that was fired."""
    last_job: str | None
    """The id of the last job that it made."""
    created_at: datetime
    changed_at: datetime


class Schedule:
    """A handle on a schedule, by its id. `Schedule(id)` finds one that another process made."""

    __slots__ = ("_id",)

    def __init__(self, id: str) -> None:
        """Whether the schedule exists is asked when it is used; then `NotFound` tells that it does not."""
        self._id = id

    @property
    def id(self) -> str:
        """Its id."""
        return self._id

    @property
    def next_run(self) -> datetime | None:
        """When it is due next, in UTC; `None` when it has run out. One that is paused keeps its next time."""
        return self.info().next_run_at

    def info(self) -> ScheduleInfo:
        """The whole record."""
        return _info(_nuvom.schedule_record(self._id))

    def pause(self) -> bool:
        """Makes no jobs until it is resumed. Once this has returned, nothing fires any more. Answers whether it was not
        paused before.
        """
        return _nuvom.pause_schedule(self._id)

    def resume(self) -> bool:
        """Makes jobs again, from the next time on; what passed meanwhile is not made up for. Answers whether it was
        paused.
        """
        return _nuvom.resume_schedule(self._id)

    def cancel(self) -> bool:
        """Removes it; answers whether it was there. Jobs that it made stay."""
        return _nuvom.cancel_schedule(self._id)

    def trigger(self) -> Job[Any]:
        """Makes a job now, besides those of its rule, even if it is paused."""
        return Job(_nuvom.trigger_schedule(self._id))

    def preview(self, count: int = 5) -> list[datetime]:
        """The next times at which it is due, in UTC; fewer if it ends before."""
        if not isinstance(count, int) or not 0 <= count <= _MOST_PREVIEWED:
            raise InvalidValue(f"preview({count!r}): expected a number of times, 0 to {_MOST_PREVIEWED}")
        return [_moment(tick) for tick in _nuvom.preview_schedule(self._id, count)]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Schedule) and other._id == self._id

    def __hash__(self) -> int:
        return hash(self._id)

    def __repr__(self) -> str:
        return f"<Schedule {self._id}>"


def list_schedules() -> list[ScheduleInfo]:
    """The records of all schedules of the project, by id."""
    return [_info(record) for record in _nuvom.schedule_records()]


def _info(record: ScheduleRecord) -> ScheduleInfo:
    fields: dict[str, Any] = dict(record)
    times = {name: _utc(value) for name, value in fields.items() if name.endswith("_at") or name == "at"}
    return ScheduleInfo(**{**fields, **times})


def _utc(seconds: Any) -> datetime | None:
    return None if seconds is None else _moment(seconds)


def _moment(seconds: float) -> datetime:
    """The last that Python knows for what is later: one such schedule must not hide all others."""
    return datetime.fromtimestamp(seconds, UTC) if seconds < _END else datetime.max.replace(tzinfo=UTC)
