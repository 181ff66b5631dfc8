"""`schedule list`, `inspect`, `pause`, `resume`, `cancel`, `trigger`, `preview` and `sync`."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import nuvom
import pytest
from harness import Nuvom
from nuvom.scheduler import list_schedules

Matches = Callable[..., None]

FUTURE = datetime(2090, 1, 1, 9, tzinfo=UTC)

TASKS = """
from nuvom import task


@task(queue="mail", priority=2)
def send(to, copies=1): ...


@task
def clean(): ...
"""

DECLARED = """
from nuvom import cron, every, task


@task(schedule=every(minutes=5))
def report(): ...


@task(schedule=cron("0 9 * * MON", timezone_name="Europe/Berlin"))
def weekly(): ...
"""

CHANGED = """
from nuvom import cron, every, task


@task(schedule=every(minutes=6))
def report(): ...


@task(schedule=every(days=1))
def daily(): ...
"""


@pytest.fixture
def schedules(command: Nuvom, sqlite: object) -> None:
    """One in each state, of each kind."""
    tasks = command.tasks(TASKS)
    tasks.send.schedule("ada", copies=2, at=FUTURE, id="birthday")
    tasks.clean.schedule(
        interval=timedelta(hours=6),
        starts_at=FUTURE,
        ends_at=FUTURE + timedelta(days=1),
        max_runs=9,
        jitter=30,
        misfire="all",
        overlap="skip",
        id="clean",
    )
    tasks.send.schedule(
        ["ada", "grace"], cron="0 9 * * MON-FRI", timezone_name="Europe/Berlin", starts_at=FUTURE, id="weekdays"
    )
    tasks.clean.schedule(interval=60, starts_at=FUTURE, id="held").pause()
    tasks.clean.schedule(interval=60, ends_at=datetime(2001, 1, 1, tzinfo=UTC), misfire="skip", id="over")


def _json(command: Nuvom, *arguments: str) -> Any:
    ran = command.run("schedule", *arguments, "--json")
    assert (ran.returncode, ran.stderr) == (0, "")
    return json.loads(ran.stdout)


@pytest.mark.usefixtures("schedules")
def test_schedules_are_listed_by_id(command: Nuvom, matches: Matches) -> None:
    matches(command.run("schedule", "list"))


def test_a_list_of_no_schedules_says_so(command: Nuvom, sqlite: object, matches: Matches) -> None:
    matches(command.run("schedule", "list"), command.run("schedule", "list", "--json"))


@pytest.mark.usefixtures("schedules")
def test_schedules_are_listed_for_programs(command: Nuvom) -> None:
    listed = _json(command, "list")

    assert [row["id"] for row in listed] == ["birthday", "clean", "held", "over", "weekdays"]
    assert [(row["at"], row["interval_secs"], row["cron"]) for row in listed] == [
        ("2090-01-01T09:00:00.000000Z", None, None),
        (None, 21_600.0, None),
        (None, 60.0, None),
        (None, 60.0, None),
        (None, None, "0 9 * * MON-FRI"),
    ]
    assert [row["next_tick"] for row in listed] == [
        "2090-01-01T09:00:00.000000Z",
        "2090-01-01T09:00:00.000000Z",
        "2090-01-01T09:00:00.000000Z",
        None,
        "2090-01-02T08:00:00.000000Z",
    ]
    assert listed == [_json(command, "inspect", row["id"]) for row in listed]


@pytest.mark.usefixtures("schedules")
def test_a_schedule_is_shown_whole(command: Nuvom, matches: Matches) -> None:
    matches(*(command.run("schedule", "inspect", id) for id in ("birthday", "clean", "held", "over", "weekdays")))


@pytest.mark.usefixtures("schedules")
def test_a_schedule_is_shown_to_programs(command: Nuvom, matches: Matches) -> None:
    matches(command.run("schedule", "inspect", "clean", "--json"))


@pytest.mark.usefixtures("schedules")
def test_a_schedule_is_paused_and_resumed(command: Nuvom, matches: Matches) -> None:
    matches(
        command.run("schedule", "pause", "clean"),
        command.run("schedule", "pause", "clean"),
        command.run("schedule", "pause", "clean", "--json"),
        command.run("schedule", "resume", "clean"),
        command.run("schedule", "resume", "clean"),
        command.run("schedule", "resume", "held", "--json"),
    )

    assert [info.paused for info in list_schedules()] == [False] * 5


@pytest.mark.usefixtures("schedules")
def test_a_schedule_is_cancelled_once(command: Nuvom, matches: Matches) -> None:
    matches(
        command.run("schedule", "cancel", "clean"),
        command.run("schedule", "cancel", "clean"),
        command.run("schedule", "cancel", "held", "--json"),
    )

    assert [info.id for info in list_schedules()] == ["birthday", "over", "weekdays"]


@pytest.mark.usefixtures("schedules")
def test_a_schedule_is_triggered(command: Nuvom, matches: Matches) -> None:
    told = command.run("schedule", "trigger", "birthday")
    for_programs = command.run("schedule", "trigger", "held", "--json")

    matches(told, for_programs)
    job = nuvom.Job[None](told.stdout.split()[-1]).info()
    assert (job.task, job.args, job.kwargs, job.queue, job.priority) == ("send", ("ada",), {"copies": 2}, "mail", 2)
    assert nuvom.Job[None](json.loads(for_programs.stdout)["job"]).info().schedule == "held"


@pytest.mark.usefixtures("schedules")
@pytest.mark.parametrize("verb", ["inspect", "pause", "resume", "cancel", "trigger", "preview"])
def test_a_schedule_that_is_not_there_ends_with_1_and_names_the_nearest(command: Nuvom, verb: str) -> None:
    ran = command.run("schedule", verb, "birthdya")

    assert (ran.returncode, ran.stdout) == (1, "")
    assert "there is no schedule birthdya. Did you mean birthday?" in ran.stderr


@pytest.mark.usefixtures("schedules")
def test_the_times_of_a_schedule_are_shown_where_it_lives(command: Nuvom, matches: Matches) -> None:
    matches(
        command.run("schedule", "preview", "weekdays", "-n", "2"),
        command.run("schedule", "preview", "birthday"),
        command.run("schedule", "preview", "over"),
    )


@pytest.mark.usefixtures("schedules")
def test_the_times_of_a_schedule_are_told_to_programs(command: Nuvom) -> None:
    assert _json(command, "preview", "weekdays", "-n", "2") == [
        {"at": "2090-01-02T08:00:00.000000Z", "local": "2090-01-02 09:00:00 +01:00", "note": ""},
        {"at": "2090-01-03T08:00:00.000000Z", "local": "2090-01-03 09:00:00 +01:00", "note": ""},
    ]
    assert [row["local"] for row in _json(command, "preview", "clean", "--zone", "Asia/Tokyo", "-n", "9")] == [
        "2090-01-01 18:00:00 +09:00",
        "2090-01-02 00:00:00 +09:00",
        "2090-01-02 06:00:00 +09:00",
        "2090-01-02 12:00:00 +09:00",
        "2090-01-02 18:00:00 +09:00",
    ]
    assert _json(command, "preview", "over") == []


def test_the_times_of_an_expression_are_shown_without_a_store(command: Nuvom, matches: Matches) -> None:
    matches(
        command.run("schedule", "preview", "0 9 * * MON", "--zone", "Asia/Tokyo", "-n", "2"),
        command.run("schedule", "preview", "@daily", "-n", "1"),
    )

    assert not (command.project / ".nuvom" / "nuvom.db").exists()


def test_the_times_of_an_expression_are_told_to_programs(command: Nuvom) -> None:
    told = _json(command, "preview", "*/20 9 29 2 *", "-n", "4")

    assert [(row["local"][5:], row["note"]) for row in told] == [
        ("02-29 09:00:00 +00:00", ""),
        ("02-29 09:20:00 +00:00", ""),
        ("02-29 09:40:00 +00:00", ""),
        ("02-29 09:00:00 +00:00", ""),
    ]


def test_days_of_changed_clocks_are_shown(command: Nuvom) -> None:
    ran = command.run("schedule", "preview", "30 2 * * *", "--zone", "Europe/Berlin", "--around-dst")
    changes = _json(command, "preview", "30 2 * * *", "--zone", "Europe/Berlin", "--around-dst")

    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.count("Europe/Berlin: clocks go ") == 3
    assert {change["by_secs"] for change in changes} == {3_600, -3_600}
    of_forward = next(change["ticks"] for change in changes if change["by_secs"] > 0)
    of_back = next(change["ticks"] for change in changes if change["by_secs"] < 0)
    # In spring there is no 02:30, in autumn there are two, and it fires once each day.
    assert [tick["local"][11:] for tick in of_forward] == ["02:30:00 +01:00", "03:00:00 +02:00", "02:30:00 +02:00"]
    assert [tick["local"][11:] for tick in of_back] == ["02:30:00 +02:00", "02:30:00 +02:00", "02:30:00 +01:00"]
    assert [bool(tick["note"]) for tick in of_forward] == [False, True, False]


def test_a_zone_whose_clocks_are_not_changed_says_so(command: Nuvom) -> None:
    ran = command.run("schedule", "preview", "@daily", "--around-dst")

    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "Clocks in UTC are not changed.\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("61 * * * *",), "the minute `61` of the cron expression"),
        (("0 0 30 2 *",), "never"),
        (("@dayly",), "@dayly"),
        (("* * * * *", "--zone", "Mars/Olympus"), "there is no time zone `Mars/Olympus`"),
        (("* * * * *", "-n", "0"), "1..=1000"),
        (("* * * * *", "-n", "1001"), "1..=1000"),
        (("",), "empty"),
    ],
)
def test_a_preview_of_what_cannot_be_is_refused(command: Nuvom, arguments: tuple[str, ...], message: str) -> None:
    ran = command.run("schedule", "preview", *arguments)

    assert (ran.returncode, ran.stdout) == (2, "")
    assert message in ran.stderr


def test_sync_shows_and_then_does_what_the_code_says(command: Nuvom, sqlite: object, matches: Matches) -> None:
    command.tasks(DECLARED)
    command.run("schedule", "sync")
    command.tasks(CHANGED)

    dry = command.run("schedule", "sync", "--dry-run")
    untouched = [(info.id, info.interval_secs) for info in list_schedules()]
    for_programs = command.run("schedule", "sync", "--dry-run", "--json")
    done = command.run("schedule", "sync")
    again = command.run("schedule", "sync")

    matches(dry, for_programs, done, again)
    assert untouched == [("task/report", 300.0), ("task/weekly", None)]
    assert [(info.id, info.interval_secs) for info in list_schedules()] == [
        ("task/daily", 86_400.0),
        ("task/report", 360.0),
    ]


def test_sync_leaves_schedules_of_programs_alone(command: Nuvom, sqlite: object) -> None:
    tasks = command.tasks(TASKS)
    mine = tasks.clean.schedule(interval=60, id="mine").info()
    command.tasks(DECLARED)

    assert [row["done"] for row in _json(command, "sync")] == ["added", "added"]
    command.tasks("")
    assert [row["done"] for row in _json(command, "sync")] == ["retired", "retired"]
    assert _json(command, "sync") == []

    assert list_schedules() == [mine]


@pytest.mark.parametrize("options", [(), ("--dry-run",), ("--json",)])
def test_sync_touches_nothing_while_a_module_cannot_be_loaded(
    command: Nuvom, sqlite: object, options: tuple[str, ...]
) -> None:
    command.tasks(DECLARED)
    command.run("schedule", "sync")
    before = list_schedules()
    command.write("tasks.py", CHANGED + "\nraise RuntimeError('not today')\n")

    ran = command.run("schedule", "sync", *options)

    assert (ran.returncode, ran.stdout) == (1, "")
    assert "no schedule was touched, since not every module can be loaded: tasks" in ran.stderr
    assert "not today" in ran.stderr
    assert list_schedules() == before


def test_what_schedules_say_cannot_steer_the_terminal(command: Nuvom, sqlite: object) -> None:
    tasks = command.tasks(TASKS)
    id = "\N{RIGHT-TO-LEFT OVERRIDE}gnp\N{ZERO WIDTH SPACE}[/red]"
    tasks.send.schedule("\x1b[2J\r\nnuvom: all is well\x9b31m", interval=60, starts_at=FUTURE, id=id)

    verbs = ["inspect", "preview", "pause", "resume", "trigger", "cancel"]
    ran = [command.run("schedule", "list"), *(command.run("schedule", verb, id) for verb in verbs)]
    gone = command.run("schedule", "inspect", id)

    assert [it.returncode for it in ran] == [0] * 7
    assert gone.returncode == 1
    shown = "".join(it.stdout + it.stderr for it in [*ran, gone])
    assert "[/red]" in shown
    assert not set(shown) & {"\x1b", "\r", "\x9b", "\N{RIGHT-TO-LEFT OVERRIDE}", "\N{ZERO WIDTH SPACE}"}
    assert "\nnuvom: all is well" not in shown


@pytest.mark.parametrize(
    "arguments",
    [("list",), ("inspect", "x"), ("pause", "x"), ("resume", "x"), ("cancel", "x"), ("trigger", "x"), ("preview", "x")],
)
def test_schedules_in_the_memory_of_another_process_cannot_be_seen(command: Nuvom, arguments: tuple[str, ...]) -> None:
    ran = command.run("schedule", *arguments, queue_backend="memory")

    assert (ran.returncode, ran.stdout) == (2, "")
    assert "Set NUVOM_QUEUE_BACKEND to one that processes can share" in ran.stderr


def test_sync_of_memory_is_refused(command: Nuvom) -> None:
    command.tasks(DECLARED)

    ran = command.run("schedule", "sync", queue_backend="memory")

    assert (ran.returncode, ran.stdout) == (2, "")
    assert "Set NUVOM_QUEUE_BACKEND to one that processes can share" in ran.stderr
