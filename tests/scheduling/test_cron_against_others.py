"""Ticks of cron expressions, held against two judges: cronsim, which is another implementation, with the rules of
Debian's cron; and a walker over `zoneinfo`, which has the rules of Nuvom's design and does not search.

`NUVOM_CRON_SEED` and `NUVOM_CRON_CASES` choose other cases than those of every run; `pytest -s` shows the figures.
"""

import os
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice, zip_longest

from cronsim import CronSim
from nuvom import _nuvom
from nuvom.errors import InvalidValue
from random_expressions import Expression, random_expression
from walker import ticks_between
from zones import DAY, FIRST, LAST, Change, Zone, comparable_zones, micros, moment_of

SEED = int(os.environ.get("NUVOM_CRON_SEED", "20260101"))
CASES = int(os.environ.get("NUVOM_CRON_CASES", "20000"))
WALKED = CASES // 20
TICKS = 6

WINDOW = timedelta(days=3)
"""How far the walker goes: over any change of a clock, with a day on either side."""

NEAR = [timedelta(days=2), timedelta(hours=3)]


@dataclass(frozen=True, slots=True)
class Case:
    """What both are asked: the first ticks after a moment."""

    expression: Expression
    zone: Zone
    after: datetime

    def ours(self, after: datetime | None = None) -> list[datetime]:
        ticks = _nuvom.cron_ticks(self.expression.text, self.zone.name, micros(after or self.after), TICKS)
        return [moment_of(tick) for tick in ticks]

    def cronsims(self) -> list[datetime]:
        ticks = CronSim(self.expression.text, self.after.astimezone(self.zone.info))
        return [tick.astimezone(UTC) for tick in islice(ticks, TICKS)]

    def told(self) -> str:
        return f"{self.expression.text!r} in {self.zone.name} after {self.after:%Y-%m-%d %H:%M:%S} UTC"


@cache
def zones() -> tuple[list[Zone], list[str]]:
    return comparable_zones()


def cases(count: int, seed: int) -> Iterator[Case]:
    """Every second one begins within days or hours of a change of the zone's clocks, if it has any."""
    dice = random.Random(seed)  # noqa: S311 - cases, not secrets
    for number in range(count):
        zone = dice.choice(zones()[0])
        after = FIRST + DAY * dice.random() * (LAST - FIRST).days
        if number % 2 and zone.changes:
            after = dice.choice(zone.changes).at + (dice.random() * 2 - 1) * dice.choice(NEAR)
        yield Case(random_expression(dice), zone, after.replace(microsecond=0))


@dataclass(frozen=True, slots=True)
class Difference:
    """A case that the two answer differently, up to the year from which the databases are not compared."""

    case: Case
    ours: list[datetime]
    theirs: list[datetime]

    @property
    def first(self) -> datetime:
        """Where they part."""
        pairs = zip_longest(self.ours, self.theirs, fillvalue=LAST)
        return min(min(pair) for pair in pairs if pair[0] != pair[1])

    @property
    def changes(self) -> list[Change]:
        """The changes of the clock within a day of where they part."""
        return self.case.zone.changes_between(self.first - DAY, self.first + DAY)

    @property
    def is_elapsed_to_both(self) -> bool:
        expression = self.case.expression
        return not expression.is_fixed and not expression.is_fixed_for_debian

    @property
    def is_ours_by_the_design(self) -> bool:
        """Whether the walker goes our way, where they part."""
        start = max(self.case.after, self.first - DAY)
        end = start + WINDOW
        walked = islice(ticks_between(self.case.expression, self.case.zone.info, start, end), TICKS)
        return list(walked) == [tick for tick in self.case.ours(start) if tick < end]

    def told(self) -> str:
        return f"{self.case.told()}: {_told(self.ours)}, and not {_told(self.theirs)}"


def has_a_step_on_one_value(difference: Difference) -> bool:
    """`5-5/10` is 5. To cronsim it is `5/10`: 5, 15, 25 and so on, as some crons read it and none documents."""
    return re.search(r"\b(\w+)-\1/", difference.case.expression.text) is not None


def is_a_pattern_to_us_alone(difference: Difference) -> bool:
    """`0 9-17/2 * * *` has a step: it follows elapsed time. To Debian only a field that *begins* with a star does."""
    expression = difference.case.expression
    return bool(difference.changes) and expression.is_fixed_for_debian and not expression.is_fixed


def is_a_time_of_day_to_us_alone(difference: Difference) -> bool:
    """`0 30 2 * * *` is a time of day to us. To cronsim all that has seconds, which Debian has not, is elapsed time."""
    expression = difference.case.expression
    return bool(difference.changes) and expression.second is not None and expression.is_fixed


def starts_in_a_second_pass(difference: Difference) -> bool:
    """Asked within the second pass, cronsim answers times of the first, which are over. The others are ours."""
    ahead = [tick for tick in difference.theirs if tick > difference.case.after]
    return len(ahead) < len(difference.theirs) and ahead == difference.ours[: len(ahead)]


def is_a_change_off_the_hour(difference: Difference) -> bool:
    """Cronsim goes on in whole hours from a whole hour. After a change by half an hour, or at 02:45, it is off them."""
    return difference.is_elapsed_to_both and any(not change.is_on_the_hour for change in difference.changes)


def is_a_day_without_midnight(difference: Difference) -> bool:
    """Cronsim enters a day at midnight. Where the clock skips it, that is an hour of the day before."""
    return difference.is_elapsed_to_both and any(change.skips_midnight for change in difference.changes)


RULES: dict[Callable[[Difference], bool], float] = {
    has_a_step_on_one_value: 0.02,
    is_a_pattern_to_us_alone: 0.02,
    is_a_time_of_day_to_us_alone: 0.01,
    starts_in_a_second_pass: 0.01,
    is_a_change_off_the_hour: 0.01,
    is_a_day_without_midnight: 0.01,
}
"""Why the two may differ, and in what share of the cases at most."""


def test_cronsim_has_the_same_ticks_but_for_rules_that_have_a_name() -> None:
    counted: Counter[str] = Counter()
    unexplained = []
    for case in cases(CASES, SEED):
        try:
            ours = case.ours()
        except InvalidValue:
            # Both look whether such a day exists, but cronsim only at the lengths of months.
            counted["refused"] += 1
            if is_ever_due(case.expression):
                unexplained.append(f"refused: {case.told()}")
            continue
        theirs = case.cronsims()
        counted["with a change of the clock on the way"] += bool(case.zone.changes_between(case.after, ours[-1]))
        difference = Difference(case, [tick for tick in ours if tick < LAST], [tick for tick in theirs if tick < LAST])
        if difference.ours == difference.theirs:
            counted["the same"] += 1
            continue
        rule = next((rule.__name__ for rule in RULES if rule(difference)), None)
        if rule is None or not difference.is_ours_by_the_design:
            unexplained.append(difference.told())
        counted[str(rule)] += 1

    report(f"{CASES} cases of seed {SEED}, {TICKS} ticks each, against cronsim", counted)
    assert unexplained == []
    assert [rule.__name__ for rule, share in RULES.items() if counted[rule.__name__] > share * CASES] == []


def test_a_walker_over_zoneinfo_finds_the_same_ticks() -> None:
    counted: Counter[str] = Counter()
    unexplained = []
    for case in cases(WALKED, SEED + 1):
        end = case.after + WINDOW
        try:
            ours = [tick for tick in case.ours() if tick < end]
        except InvalidValue:
            counted["refused"] += 1
            continue
        walked = list(islice(ticks_between(case.expression, case.zone.info, case.after, end), TICKS))
        counted["ticks"] += len(walked)
        if walked != ours:
            unexplained.append(f"{case.told()}: {_told(ours)}, and not {_told(walked)}")

    report(f"{WALKED} cases of seed {SEED + 1}, {WINDOW.days} days each, against the walker", counted)
    assert unexplained == []
    assert counted["ticks"] > WALKED


def test_most_zones_can_be_compared() -> None:
    same, others = zones()

    report(f"{len(same)} zones compared", Counter(dict.fromkeys(others, 1)))
    assert len(same) > 5 * len(others)


def is_ever_due(expression: Expression) -> bool:
    """By looking at every day of 28 years, among which are all sorts of years."""
    return any(expression.is_day(FIRST.date() + DAY * number) for number in range(28 * 366))


def report(heading: str, counted: Counter[str]) -> None:
    print(f"\n{heading}")
    for name, count in counted.most_common():
        print(f"  {count:6} {name}")


def _told(ticks: list[datetime]) -> str:
    return " ".join(f"{tick:%Y-%m-%dT%H:%M:%S}" for tick in ticks)
