"""Random cron expressions, made together with what they mean: nothing here reads an expression."""

import calendar
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]

DayTest = Callable[[date], bool]


@dataclass(frozen=True, slots=True)
class Field:
    """One field as text, with its plain values."""

    text: str
    values: frozenset[int]


@dataclass(frozen=True, slots=True)
class Expression:
    """A cron expression and its meaning."""

    second: Field | None
    minute: Field
    hour: Field
    days: str
    month: Field
    week: str
    is_day: DayTest

    @property
    def text(self) -> str:
        """As it is written."""
        fields = [self.minute.text, self.hour.text, self.days, self.month.text, self.week]
        return " ".join([self.second.text, *fields] if self.second else fields)

    @property
    def seconds(self) -> frozenset[int]:
        """The seconds that it says."""
        return self.second.values if self.second else frozenset([0])

    @property
    def is_fixed(self) -> bool:
        """Whether it says times of day, by the rule of Nuvom."""
        clock = [self.minute.text, self.hour.text, self.second.text if self.second else ""]
        return not any(sign in text for text in clock for sign in "*/?")

    @property
    def is_fixed_for_debian(self) -> bool:
        """Whether cronsim takes it for a job at fixed times, as Debian's cron does."""
        return self.second is None and self.minute.text[0] != "*" and self.hour.text[0] != "*"


def random_expression(dice: random.Random) -> Expression:
    """Short times of day more often than not, since those are the ones that clocks repeat and skip."""
    days, in_month = _days(dice)
    week, in_week = _week(dice)
    month = _field(dice, 1, 12, star=0.85, names=MONTHS)
    is_both = days.startswith("*") or week.startswith("*")

    def is_day(day: date) -> bool:
        if day.month not in month.values:
            return False
        return (in_month(day) and in_week(day)) if is_both else (in_month(day) or in_week(day))

    return Expression(
        _field(dice, 0, 59, star=0.1) if dice.random() < 0.15 else None,
        _field(dice, 0, 59, star=0.15),
        _field(dice, 0, 23, star=0.25, favourites=[0, 1, 2, 3, 23]),
        days,
        month,
        week,
        is_day,
    )


def _field(
    dice: random.Random,
    low: int,
    high: int,
    star: float,
    names: list[str] | None = None,
    favourites: list[int] | None = None,
) -> Field:
    def one() -> int:
        return dice.choice(favourites) if favourites and dice.random() < 0.6 else dice.randint(low, high)

    def spelled(value: int) -> str:
        return names[value - low] if names and dice.random() < 0.5 else str(value)

    if dice.random() < star:
        return Field("*", frozenset(range(low, high + 1)))
    first, last = sorted([one(), one()])
    step = dice.randint(1, 30 if high == 59 else 12)
    step = min(step, high - low + 1)
    match dice.choice(["one", "one", "one", "list", "range", "step", "stepped range", "mixed"]):
        case "one":
            return Field(spelled(first), frozenset([first]))
        case "list":
            more = [one() for _ in range(dice.randint(1, 3))]
            return Field(",".join(map(spelled, [first, *more])), frozenset([first, *more]))
        case "range":
            return Field(f"{spelled(first)}-{spelled(last)}", frozenset(range(first, last + 1)))
        case "step":
            return Field(f"*/{step}", frozenset(range(low, high + 1, step)))
        case "stepped range":
            return Field(f"{first}-{last}/{step}", frozenset(range(first, last + 1, step)))
        case _:
            more_values = range(low, high + 1, step)
            return Field(f"{spelled(first)},*/{step}", frozenset([first, *more_values]))


def _days(dice: random.Random) -> tuple[str, DayTest]:
    kind = dice.random()
    if kind < 0.06:
        return "L", lambda day: day.day == calendar.monthrange(day.year, day.month)[1]
    if kind < 0.1:
        return "LW", lambda day: day.day == _last_weekday(day.year, day.month)
    field = _field(dice, 1, 31, star=0.7)
    return field.text, lambda day: day.day in field.values


def _week(dice: random.Random) -> tuple[str, DayTest]:
    kind, weekday = dice.random(), dice.randint(0, 7)
    if kind < 0.05:
        which = dice.randint(1, 5)
        name = DAYS[weekday] if dice.random() < 0.5 else str(weekday)
        return f"{name}#{which}", lambda day: _on(day, {weekday}) and (day.day - 1) // 7 + 1 == which
    if kind < 0.1:
        return f"{weekday}L", lambda day: _on(day, {weekday}) and day.day + 7 > calendar.monthrange(*_month(day))[1]
    field = _field(dice, 0, 7, star=0.75)
    return field.text, lambda day: _on(day, field.values)


def _on(day: date, weekdays: frozenset[int] | set[int]) -> bool:
    return day.isoweekday() in weekdays or day.isoweekday() % 7 in weekdays


def _month(day: date) -> tuple[int, int]:
    return day.year, day.month


def _last_weekday(year: int, month: int) -> int:
    last = calendar.monthrange(year, month)[1]
    return last - max(0, date(year, month, last).isoweekday() - 5)
