"""The rules of the design for ticks, written a second time: over `zoneinfo`, without any search."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from random_expressions import Expression

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def ticks_between(expression: Expression, zone: ZoneInfo, after: datetime, end: datetime) -> Iterator[datetime]:
    """The ticks after one moment and before another, in UTC."""
    walk = _fixed if expression.is_fixed else _elapsed
    last = after
    for tick in walk(expression, zone, after, end):
        # Several times that fall into one gap are one tick.
        if last < tick < end:
            yield tick
            last = tick


def _elapsed(expression: Expression, zone: ZoneInfo, after: datetime, end: datetime) -> Iterator[datetime]:
    """Looks at the local clock in every minute that passes."""
    minute = after.replace(second=0, microsecond=0)
    seconds = sorted(expression.seconds)
    days: dict[date, bool] = {}
    while minute < end:
        local = minute.astimezone(zone)
        if local.minute in expression.minute.values and local.hour in expression.hour.values:
            day = local.date()
            if day not in days:
                days[day] = expression.is_day(day)
            if days[day]:
                yield from (minute.replace(second=second) for second in seconds)
        minute += MINUTE


def _fixed(expression: Expression, zone: ZoneInfo, after: datetime, end: datetime) -> Iterator[datetime]:
    """Looks up when the local clock shows each of the times first, day by day."""
    day = after.astimezone(zone).date() - 2 * DAY
    while day <= end.astimezone(zone).date():
        if expression.is_day(day):
            for hour in sorted(expression.hour.values):
                for minute in sorted(expression.minute.values):
                    for second in sorted(expression.seconds):
                        yield _first_shown(datetime(day.year, day.month, day.day, hour, minute, second), zone)
        day += DAY


def _first_shown(shown: datetime, zone: ZoneInfo) -> datetime:
    moment = shown.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == shown:
        return moment
    # A gap. By the offset that holds after it, the moment would be before it: from there to its end.
    moment = shown.replace(tzinfo=zone, fold=1, second=0).astimezone(UTC)
    while moment.astimezone(zone).replace(tzinfo=None) < shown:
        moment += MINUTE
    return moment
