"""What a worker says when it cannot start, or can serve only a part."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from harness import PATIENCE, Nuvom, WorkerProcess

Runworker = Callable[..., WorkerProcess]

ADD = """
from nuvom import task


@task
def add(x: int, y: int) -> int:
    return x + y
"""


def test_modules_that_cannot_be_loaded_are_named_and_the_others_are_served(
    command: Nuvom, runworker: Runworker, sqlite: Path
) -> None:
    command.write("broken.py", ADD.replace("def add", "def first") + "\nraise RuntimeError('no database here')\n")
    command.write("leaving.py", ADD.replace("def add", "def second") + "\nraise SystemExit(5)\n")
    command.write("missing.py", "import nowhere\n" + ADD.replace("def add", "def third"))
    tasks = command.tasks(ADD)

    worker = runworker()

    assert tasks.add.delay(5, 7).get(timeout=PATIENCE) == 12
    log = worker.log
    assert "module broken could not be loaded (RuntimeError: no database here); not served: first" in log
    assert "module leaving could not be loaded (SystemExit: 5); not served: second" in log
    assert (
        "module missing could not be loaded (ModuleNotFoundError: No module named 'nowhere'); not served: third" in log
    )
    assert "raise RuntimeError('no database here')" in log
    assert "serving 1 tasks: add" in log


def test_a_task_that_the_manifest_names_and_the_module_has_not_is_told(command: Nuvom, runworker: Runworker) -> None:
    command.tasks(ADD + ADD.replace("add", "sum_up"))
    command.write("tasks.py", ADD)

    worker = runworker()

    assert "not served: sum_up" in worker.log
    assert "run `nuvom discover tasks`" in worker.log


def test_without_a_manifest_a_worker_says_how_to_make_one(command: Nuvom) -> None:
    ended = command.run("runworker")

    assert ended.returncode == 2
    assert "there is no manifest yet" in ended.stderr
    assert "Run `nuvom discover tasks`" in ended.stderr


def test_without_a_task_a_worker_says_how_to_make_one(command: Nuvom) -> None:
    command.tasks("")

    ended = command.run("runworker")

    assert ended.returncode == 2
    assert "write one with @task and run `nuvom discover tasks`" in ended.stderr


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param('"version": 2', '"version": 1', id="other version"),
        pytest.param('"(x: int', '"(y: int', id="changed by hand"),
        pytest.param('"tasks.py"', '"../../x.py"', id="path outside the project"),
        pytest.param("\n}", "", id="cut off"),
    ],
)
def test_a_damaged_manifest_is_refused_with_the_command_that_repairs_it(command: Nuvom, old: str, new: str) -> None:
    command.tasks(ADD)
    manifest = command.project / ".nuvom" / "manifest.json"
    text = manifest.read_text()
    assert old in text
    manifest.write_text(new.join(text.rsplit(old, 1)))

    ended = command.run("runworker")

    assert ended.returncode == 2
    assert "Run `nuvom discover tasks` to write it anew" in ended.stderr
    command.run("discover", "tasks")
    assert manifest.read_text() == text


@pytest.mark.parametrize("arguments", [["runworker"], ["history", "recent"]], ids=" ".join)
def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(command: Nuvom, arguments: list[str]) -> None:
    command.tasks(ADD)
    file = command.project / "notes.txt"
    file.write_text("dear diary, " * 100)

    ended = command.run(*arguments, sqlite_path="notes.txt")

    assert ended.returncode == 1
    assert "this file is not an SQLite database" in ended.stderr
    assert "NUVOM_SQLITE_PATH" in ended.stderr
    assert file.read_text() == "dear diary, " * 100


@pytest.mark.parametrize("arguments", [["runworker"], ["history", "recent"]], ids=" ".join)
def test_a_database_of_another_program_is_refused_and_left_as_it_is(command: Nuvom, arguments: list[str]) -> None:
    command.tasks(ADD)
    file = command.project / "shop.db"
    with closing(sqlite3.connect(file)) as shop:
        shop.execute("CREATE TABLE orders (id INTEGER)")
        shop.commit()
    before = file.read_bytes()

    ended = command.run(*arguments, sqlite_path="shop.db")

    assert ended.returncode == 1
    assert "the database belongs to another program" in ended.stderr
    assert file.read_bytes() == before


@pytest.mark.parametrize("arguments", [["runworker"], ["history", "recent"]], ids=" ".join)
def test_a_database_of_a_newer_nuvom_is_refused_and_left_as_it_is(command: Nuvom, arguments: list[str]) -> None:
    command.tasks(ADD)
    assert command.run("history", "recent").returncode == 0
    file = command.project / ".nuvom" / "nuvom.db"
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA user_version = 99")
        database.commit()
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = file.read_bytes()

    ended = command.run(*arguments)

    assert ended.returncode == 1
    assert "the database has schema 99" in ended.stderr
    assert "Upgrade Nuvom" in ended.stderr
    assert file.read_bytes() == before


def test_all_wrong_settings_are_told_at_once(command: Nuvom) -> None:
    command.tasks(ADD)

    ended = command.run("runworker", lease_secs="soon", max_workers="0", queue_backend="sqlite")

    assert ended.returncode == 2
    assert 'NUVOM_LEASE_SECS = "soon"' in ended.stderr
    assert 'NUVOM_MAX_WORKERS = "0"' in ended.stderr


def test_a_misspelt_setting_is_told_with_the_nearest_one(command: Nuvom) -> None:
    ended = command.run("config", queue_bakend="sqlite")

    assert ended.returncode == 0
    assert "no such setting; did you mean NUVOM_QUEUE_BACKEND?" in ended.stderr


def test_a_worker_of_its_own_cannot_share_memory_and_says_what_can(command: Nuvom) -> None:
    command.tasks(ADD)

    ended = command.run("runworker", queue_backend="memory")

    assert ended.returncode == 2
    assert "Set NUVOM_QUEUE_BACKEND to one that processes can share, such as sqlite" in ended.stderr
