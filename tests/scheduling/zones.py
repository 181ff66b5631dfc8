"""The zones of the comparison, with the changes of their clocks, found by looking at `zoneinfo`."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from zoneinfo import ZoneInfo

from nuvom import _nuvom

FIRST, LAST = datetime(2010, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)
"""Past years, about which the versions of the database mostly agree."""

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)

NAMES = """
    UTC Europe/Berlin Europe/Dublin Europe/Lisbon Europe/London Europe/Istanbul Europe/Moscow Europe/Volgograd
    Africa/Cairo Africa/Casablanca Africa/El_Aaiun Africa/Windhoek Africa/Tripoli Africa/Juba America/New_York
    America/Los_Angeles America/St_Johns America/Havana America/Santiago America/Sao_Paulo America/Asuncion
    America/Caracas America/Mexico_City America/Nuuk America/Scoresbysund America/Port-au-Prince
    America/Campo_Grande America/Anchorage America/Metlakatla America/Punta_Arenas Antarctica/Troll Antarctica/Casey
    Antarctica/Macquarie Atlantic/Azores Asia/Amman Asia/Beirut Asia/Damascus Asia/Gaza Asia/Hebron Asia/Jerusalem
    Asia/Kathmandu Asia/Kolkata Asia/Pyongyang Asia/Tehran Asia/Tokyo Asia/Ulaanbaatar Asia/Kamchatka Asia/Dhaka
    Australia/Lord_Howe Australia/Sydney Australia/Eucla Australia/Perth Pacific/Apia Pacific/Auckland
    Pacific/Chatham Pacific/Easter Pacific/Fiji Pacific/Kiritimati Pacific/Norfolk Pacific/Fakaofo Pacific/Pago_Pago
    Pacific/Tongatapu
""".split()  # noqa: SIM905 - a paragraph, not a page
"""Changes of an hour, half an hour, two hours, a day; at midnight; both ways; many a year, and none."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a zone's clocks: when, in UTC, and what they showed until then and show from then on."""

    at: datetime
    until: datetime
    since: datetime

    @property
    def is_on_the_hour(self) -> bool:
        """Whether it is one by whole hours at a whole hour."""
        return self.until.minute == self.since.minute == 0

    @property
    def skips_midnight(self) -> bool:
        """Whether the clock goes forward over a midnight."""
        days = (self.until + number * DAY for number in range(2))
        return any(self.until <= day.replace(hour=0, minute=0) < self.since for day in days)


@dataclass(frozen=True)
class Zone:
    """A zone of `zoneinfo`."""

    name: str
    info: ZoneInfo = field(repr=False)

    @cached_property
    def changes(self) -> list[Change]:
        """From some days before the first to some days after the last year."""
        found, moment = [], FIRST - 10 * DAY
        while moment < LAST + 10 * DAY:
            if self.offset(moment) != self.offset(moment + DAY):
                found.append(self._change_between(moment, moment + DAY))
            moment += DAY
        return found

    def offset(self, moment: datetime) -> timedelta:
        """By how much the local clock is ahead of UTC."""
        return moment.astimezone(self.info).utcoffset() or timedelta(0)

    def changes_between(self, first: datetime, last: datetime) -> list[Change]:
        """Those from one moment to another."""
        return [change for change in self.changes if first <= change.at <= last]

    @property
    def is_the_same_to_nuvom(self) -> bool:
        """Whether the data that Nuvom brings along has noon where the data of this Python has it, on every day."""
        # With a step, so that a noon that does not exist is left out.
        ticks = _nuvom.cron_ticks("*/60 12 * * *", self.name, micros(FIRST), (LAST - FIRST).days)
        shown = [moment_of(tick).astimezone(self.info).replace(tzinfo=None) for tick in ticks]
        if any((noon.hour, noon.minute) != (12, 0) for noon in shown):
            return False
        missing = [earlier + DAY for earlier, later in pairwise(shown) if later - earlier != DAY]
        return not any(self._exists(noon) for noon in missing)

    def _exists(self, shown: datetime) -> bool:
        there = shown.replace(tzinfo=self.info).astimezone(UTC)
        return there.astimezone(self.info).replace(tzinfo=None) == shown

    def _change_between(self, before: datetime, after: datetime) -> Change:
        old = self.offset(before)
        while after - before > MINUTE:
            middle = before + (after - before) // MINUTE // 2 * MINUTE
            before, after = (middle, after) if self.offset(middle) == old else (before, middle)
        return Change(after, *((after + self.offset(moment)).replace(tzinfo=None) for moment in (before, after)))


def comparable_zones() -> tuple[list[Zone], list[str]]:
    """The zones of the list, and the names of those that are left out since the two databases differ."""
    zones = [Zone(name, ZoneInfo(name)) for name in NAMES]
    same = [zone for zone in zones if zone.is_the_same_to_nuvom]
    return same, [zone.name for zone in zones if zone not in same]


def micros(moment: datetime) -> int:
    """Microseconds since the Unix epoch."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def moment_of(micros: int) -> datetime:
    """The moment, in UTC."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
