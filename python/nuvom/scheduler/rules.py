"""When a schedule is due, as programs say it."""

from __future__ import annotations

import warnings
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from nuvom.errors import InvalidOption

if TYPE_CHECKING:
    from nuvom._nuvom import Plan

Misfire = Literal["once", "skip", "all"]
Overlap = Literal["allow", "skip"]

_WAYS = ("at", "in_", "interval", "cron")


class Rule:
    """What `every` and `cron` make, for `@task(schedule=…)`."""

    __slots__ = ("plan",)

    plan: Plan
    """What the engine is told."""

    def __init__(self, **said: Any) -> None:
        self.plan = plan("schedule", **said)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rule) and other.plan == self.plan

    def __hash__(self) -> int:
        return hash(tuple(sorted(self.plan.items())))

    def __repr__(self) -> str:
        return f"Rule({', '.join(f'{name}={value!r}' for name, value in self.plan.items())})"


def every(
    interval: float | timedelta | None = None,
    *,
    days: float = 0,
    hours: float = 0,
    minutes: float = 0,
    seconds: float = 0,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    max_runs: int | None = None,
    jitter: float | timedelta | None = None,
    misfire: Misfire = "once",
    overlap: Overlap = "allow",
    timezone_name: str = "UTC",
) -> Rule:
    """Due every so often: `every(minutes=5)`, `every(timedelta(hours=1))`, `every(30)` for seconds.

    The first time is one interval after the schedule is written, or at `starts_at`. The other options are those of
    `Task.schedule`.
    """
    parts = {"days": (days, 86_400), "hours": (hours, 3_600), "minutes": (minutes, 60), "seconds": (seconds, 1)}
    span = sum(_seconds("every", name, value) * unit for name, (value, unit) in parts.items())
    if (interval is None) == (span == 0):
        raise InvalidOption("every() takes an interval, or days, hours, minutes and seconds: every(minutes=5)")
    return Rule(
        interval=span if interval is None else interval,
        timezone_name=timezone_name,
        starts_at=starts_at,
        ends_at=ends_at,
        max_runs=max_runs,
        jitter=jitter,
        misfire=misfire,
        overlap=overlap,
    )


def cron(
    expression: str,
    timezone_name: str = "UTC",
    *,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    max_runs: int | None = None,
    jitter: float | timedelta | None = None,
    misfire: Misfire = "once",
    overlap: Overlap = "allow",
) -> Rule:
    """Due by a cron expression in a time zone: `cron("0 9 * * MON", timezone_name="Europe/Berlin")`.

    Five fields, or six with the second first; names, ranges, steps, lists, `L`, `#` and `@daily` are understood. The
    other options are those of `Task.schedule`.
    """
    return Rule(
        cron=expression,
        timezone_name=timezone_name,
        starts_at=starts_at,
        ends_at=ends_at,
        max_runs=max_runs,
        jitter=jitter,
        misfire=misfire,
        overlap=overlap,
    )


def plan(
    where: str,
    *,
    at: datetime | None = None,
    in_: float | timedelta | None = None,
    interval: float | timedelta | None = None,
    cron: str | None = None,
    timezone_name: str = "UTC",
    misfire: str = "once",
    overlap: str = "allow",
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    max_runs: int | None = None,
    jitter: float | timedelta | None = None,
) -> Plan:
    """What the engine is told of a rule; raises `InvalidOption` for what cannot be one."""
    ways = [way for way, given in zip(_WAYS, (at, in_, interval, cron), strict=True) if given is not None]
    if len(ways) != 1:
        given = f", and was given {' and '.join(ways)}" if ways else ""
        raise InvalidOption(f"{where} takes exactly one of at, in_, interval and cron{given}")
    made: Plan = {"timezone_name": _text(where, "timezone_name", timezone_name)}
    if at is not None:
        made["at"] = _moment(where, "at", at, timezone_name, warns=True)
    elif in_ is not None:
        made["in_secs"] = _seconds(where, "in_", in_)
    elif interval is not None:
        made["interval_secs"] = _seconds(where, "interval", interval)
    elif cron is not None:
        made["cron"] = _text(where, "cron", cron)
    made["misfire"] = _one_of(where, "misfire", misfire, ("once", "skip", "all"))
    made["overlap"] = _one_of(where, "overlap", overlap, ("allow", "skip"))
    if starts_at is not None:
        made["starts_at"] = _moment(where, "starts_at", starts_at, timezone_name)
    if ends_at is not None:
        made["ends_at"] = _moment(where, "ends_at", ends_at, timezone_name)
    if max_runs is not None:
        if not isinstance(max_runs, int) or isinstance(max_runs, bool) or not 1 <= max_runs <= 10**9:
            raise InvalidOption(f"{where}(max_runs={max_runs!r}): expected a whole number, 1 or more")
        made["max_runs"] = max_runs
    if jitter is not None:
        made["jitter_secs"] = _seconds(where, "jitter", jitter)
    return made


def _seconds(where: str, name: str, value: Any) -> float:
    if isinstance(value, timedelta):
        value = value.total_seconds()
    # A NaN fails both comparisons.
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 10**9:
        raise InvalidOption(f"{where}({name}={value!r}): expected seconds, 0 or more, or a timedelta")
    return float(value)


def _moment(where: str, name: str, value: Any, timezone_name: str, *, warns: bool = False) -> int | str:
    if not isinstance(value, datetime):
        raise InvalidOption(f"{where}({name}={value!r}): expected a datetime")
    if value.tzinfo is not None:
        return round(value.timestamp() * 1_000_000)
    if warns:
        message = f"{where}({name}={value!r}) has no time zone and is read in {timezone_name}; give it one to be sure"
        warnings.warn(message, stacklevel=4)
    return value.isoformat()


def _text(where: str, name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise InvalidOption(f"{where}({name}={value!r}): expected text")
    return value


def _one_of(where: str, name: str, value: Any, words: tuple[str, ...]) -> str:
    if value not in words:
        raise InvalidOption(f"{where}({name}={value!r}): expected {', '.join(map(repr, words[:-1]))} or {words[-1]!r}")
    return str(value)
