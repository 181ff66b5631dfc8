"""`every`, `cron` and what a task says of its schedule: checked when a module is imported, with no store."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from nuvom import cron, every, task
from nuvom.errors import BadArguments, InvalidOption, InvalidValue
from nuvom.registry import get_task_registry
from nuvom.scheduler import Rule
from nuvom.scheduler.rules import plan

NOON = datetime(2090, 7, 1, 12, tzinfo=UTC)
NOON_MICROS = 3_802_593_600_000_000


@pytest.fixture(autouse=True)
def no_store(project: Path) -> Iterator[None]:
    """Nothing here may open one."""
    yield
    assert not (project / ".nuvom").exists()


@pytest.mark.parametrize(
    "rule",
    [
        every(300),
        every(300.0),
        every(timedelta(minutes=5)),
        every(minutes=5),
        every(seconds=300),
        every(minutes=4, seconds=60),
        every(hours=1 / 12),
    ],
)
def test_an_interval_can_be_said_in_many_ways(rule: Rule) -> None:
    assert rule == every(minutes=5)
    assert hash(rule) == hash(every(minutes=5))
    assert rule.plan["interval_secs"] == 300.0


def test_days_and_hours_add_up() -> None:
    assert every(days=1, hours=2, minutes=3, seconds=4.5).plan["interval_secs"] == 93_784.5


def test_rules_with_different_words_differ() -> None:
    different = [
        every(minutes=5),
        every(minutes=6),
        every(minutes=5, overlap="skip"),
        every(minutes=5, starts_at=NOON),
        cron("*/5 * * * *"),
        cron("*/5 * * * *", "Europe/Berlin"),
    ]

    assert len(set(different)) == len(different)
    assert every(minutes=5) != {"interval_secs": 300.0}


def test_a_rule_shows_what_it_says() -> None:
    shown = repr(cron("0 9 * * MON", timezone_name="Europe/Berlin", misfire="skip"))

    assert shown == "Rule(timezone_name='Europe/Berlin', cron='0 9 * * MON', misfire='skip', overlap='allow')"


def test_all_that_can_be_said_is_told_to_the_engine() -> None:
    rule = cron(
        "@daily",
        "Europe/Berlin",
        starts_at=NOON,
        ends_at=datetime(2090, 7, 2, 12),
        max_runs=3,
        jitter=timedelta(minutes=1),
        misfire="all",
        overlap="skip",
    )

    assert rule.plan == {
        "cron": "@daily",
        "timezone_name": "Europe/Berlin",
        "starts_at": NOON_MICROS,
        "ends_at": "2090-07-02T12:00:00",
        "max_runs": 3,
        "jitter_secs": 60.0,
        "misfire": "all",
        "overlap": "skip",
    }


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"minutes": 0},
        {"interval": 60, "minutes": 1},
        {"interval": -1},
        {"interval": "60"},
        {"interval": float("nan")},
        {"interval": float("inf")},
        {"interval": True},
        {"minutes": -5},
        {"minutes": "5"},
        {"minutes": None},
        {"days": 10**12},
        {"days": float("inf")},
        {"seconds": float("nan")},
        {"interval": 60, "max_runs": 0},
        {"interval": 60, "max_runs": "3"},
        {"interval": 60, "jitter": "1"},
        {"interval": 60, "misfire": "later"},
        {"interval": 60, "overlap": None},
        {"interval": 60, "starts_at": "2090-01-01"},
        {"interval": 60, "timezone_name": 1},
    ],
)
def test_an_interval_that_cannot_be_is_an_invalid_option(said: dict[str, Any]) -> None:
    with pytest.raises(InvalidOption, match=r"expected|takes"):
        every(**said)


@pytest.mark.parametrize("expression", [None, 5, b"* * * * *", ["*"]])
def test_an_expression_is_text(expression: Any) -> None:
    with pytest.raises(InvalidOption, match=r"expected text|exactly one"):
        cron(expression)


@pytest.mark.parametrize(
    "moment",
    [
        NOON,
        NOON.astimezone(timezone(timedelta(hours=5, minutes=30))),
        NOON.astimezone(timezone(timedelta(hours=-11))),
    ],
)
def test_a_moment_is_the_same_in_every_zone(moment: datetime) -> None:
    assert plan("schedule", at=moment)["at"] == NOON_MICROS


def test_microseconds_are_kept() -> None:
    assert plan("schedule", at=NOON.replace(microsecond=999_999))["at"] == NOON_MICROS + 999_999


def test_only_a_time_without_a_zone_warns() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plan("schedule", at=NOON)
        plan("schedule", interval=1, starts_at=datetime(2090, 1, 1), ends_at=datetime(2091, 1, 1))
        with pytest.raises(UserWarning, match="read in Asia/Tokyo; give it one to be sure"):
            plan("schedule", at=datetime(2090, 1, 1), timezone_name="Asia/Tokyo")


def test_nothing_but_a_rule_can_be_a_schedule() -> None:
    for wrong in ("*/5 * * * *", 300, timedelta(minutes=5), every, {"interval": 5}):
        with pytest.raises(InvalidOption, match=r"@task\(schedule=.*expected every\(…\) or cron\(…\)"):
            task(schedule=wrong)  # type: ignore[call-overload]  # what is tested here


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (lambda: cron("61 * * * *"), "minute `61`"),
        (lambda: cron("0 0 30 2 *"), "never"),
        (lambda: cron("* * * *"), "fields"),
        (lambda: cron("@dayly"), "@dayly"),
        (lambda: cron("* * * * *", "Mars/Olympus"), "no time zone `Mars/Olympus`"),
        (lambda: every(60, timezone_name="Mars/Olympus"), "no time zone `Mars/Olympus`"),
        (lambda: every(0.01), "too short"),
        (lambda: every(60, starts_at=NOON, ends_at=NOON - timedelta(days=1)), "ends before it starts"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused_above_its_task(rule: Callable[[], Rule], message: str) -> None:
    with pytest.raises(InvalidValue, match=message):

        @task(schedule=rule())
        def report() -> None: ...

    assert list(get_task_registry()) == []


def test_a_task_that_needs_arguments_can_have_no_schedule_in_its_code() -> None:
    with pytest.raises(BadArguments, match=r"task report\(.*missing .* 'day'"):

        @task(schedule=every(minutes=5))
        def report(day: str) -> None: ...

    assert list(get_task_registry()) == []


def test_a_task_whose_name_leaves_no_room_for_that_of_its_schedule_is_told() -> None:
    with pytest.raises(InvalidValue, match="200"):

        @task(name="x" * 198, schedule=every(minutes=5))
        def report() -> None: ...


def test_a_copy_of_a_task_cannot_have_another_schedule() -> None:
    @task(schedule=every(minutes=5))
    def report(day: str = "today") -> str:
        return day

    with pytest.raises(InvalidOption, match="with_options has no option 'schedule'"):
        report.with_options(schedule=every(minutes=6))  # type: ignore[call-arg]  # what is tested here
    assert report("monday") == "monday"
