"""`discover tasks`, `list tasks`, `config`, `version`, and what is said of a wrong command."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Callable

import pytest
from harness import Nuvom

Matches = Callable[..., None]

TASKS = '''
from nuvom import task


@task(retries=2, queue="math")
def add(x: int, y: int = 0) -> int:
    """Adds two numbers."""
    return x + y


@task(name="mail.send")
async def send(to: str, *, copies: int = 1) -> None: ...
'''


def test_discover_finds_tasks_and_tells_what_changed(command: Nuvom, matches: Matches) -> None:
    command.write("shop/tasks.py", TASKS)
    first = command.run("discover", "tasks")
    again = command.run("discover", "tasks")
    command.write("shop/tasks.py", TASKS.replace("y: int = 0", "y: int = 1").replace("mail.send", "mail.post"))

    matches(first, again, command.run("discover", "tasks"))


def test_discover_runs_nothing(command: Nuvom) -> None:
    command.write("tasks.py", TASKS + "\nopen('touched', 'w')\nraise SystemExit(9)\n")

    assert command.run("discover", "tasks").returncode == 0
    assert not (command.project / "touched").exists()


def test_discover_tells_what_is_wrong_and_finds_the_rest(command: Nuvom, matches: Matches) -> None:
    command.write("tasks.py", TASKS)
    command.write("broken.py", "from nuvom import task\n\n@task\ndef broken(:\n")

    matches(command.run("discover", "tasks"))


def test_discover_tells_of_functions_that_cannot_be_tasks(command: Nuvom) -> None:
    command.write("yields.py", "from nuvom import task\n\n\n@task\ndef numbers():\n    yield 1\n")

    ran = command.run("discover", "tasks")

    assert "problem: yields.py:5" in ran.stderr
    assert "numbers" not in ran.stdout


def test_two_tasks_of_one_name_are_an_error(command: Nuvom, matches: Matches) -> None:
    command.write("a.py", TASKS)
    command.write("b.py", TASKS)

    matches(command.run("discover", "tasks"))


def test_discover_writes_json(command: Nuvom) -> None:
    command.write("tasks.py", TASKS)

    ran = command.run("discover", "tasks", "--json")

    found = json.loads(ran.stdout)
    assert ran.returncode == 0
    assert [task["name"] for task in found["tasks"]] == ["add", "mail.send"]
    assert found["changes"] == {"added": ["add", "mail.send"], "removed": [], "changed": []}
    assert (found["problems"], found["files"]) == ([], 1)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_the_projects_folder_is_private_whatever_the_umask(command: Nuvom) -> None:
    command.write("tasks.py", TASKS)
    before = os.umask(0)
    try:
        command.run("discover", "tasks")
        command.run("history", "recent")
    finally:
        os.umask(before)

    folder = command.project / ".nuvom"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"manifest.json", "nuvom.db"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_list_shows_the_tasks(command: Nuvom, matches: Matches) -> None:
    command.write("tasks.py", TASKS)
    command.run("discover", "tasks")

    matches(command.run("list", "tasks"))


def test_list_writes_json(command: Nuvom) -> None:
    command.write("tasks.py", TASKS)
    command.run("discover", "tasks")

    add, send = json.loads(command.run("list", "tasks", "--json").stdout)

    assert (add["name"], add["module"], add["file"]) == ("add", "tasks", "tasks.py")
    assert (add["signature"], add["doc"]) == ("(x: int, y: int = 0) -> int", "Adds two numbers.")
    assert (send["name"], send["is_async"]) == ("mail.send", True)


def test_list_without_a_manifest_says_how_to_make_one(command: Nuvom, matches: Matches) -> None:
    matches(command.run("list", "tasks"))


def test_list_of_no_tasks_says_so(command: Nuvom, matches: Matches) -> None:
    command.run("discover", "tasks")

    matches(command.run("list", "tasks"))


def test_config_shows_values_with_their_origin(command: Nuvom) -> None:
    (command.project / ".env").write_text("NUVOM_MAX_WORKERS=7\nNUVOM_LEASE_SECS=60\n")
    (command.project / "pyproject.toml").write_text("[tool.nuvom]\nmax_workers = 5\nlog_level = 'ERROR'\n")

    shown = {
        row["name"]: (row["value"], row["origin"])
        for row in json.loads(command.run("config", "--json", lease_secs="90").stdout)
    }

    assert shown["NUVOM_LEASE_SECS"] == ("90", "environment")
    assert shown["NUVOM_MAX_WORKERS"] == ("7", ".env")
    assert shown["NUVOM_LOG_LEVEL"] == ("ERROR", "pyproject.toml")
    assert shown["NUVOM_QUEUE_BACKEND"] == ("sqlite", "default")


def test_config_as_a_table_names_every_setting(command: Nuvom) -> None:
    ran = command.run("config", max_workers="9")

    names = [row["name"] for row in json.loads(command.run("config", "--json").stdout)]
    lines = ran.stdout.splitlines()
    assert ran.returncode == 0
    assert [line.split()[0] for line in lines] == ["SETTING", *names]
    assert any(line.split()[:3] == ["NUVOM_MAX_WORKERS", "9", "environment"] for line in lines)


def test_version_names_what_it_runs_on(command: Nuvom, matches: Matches) -> None:
    matches(command.run("version"))


def test_version_writes_json(command: Nuvom) -> None:
    import nuvom

    versions = json.loads(command.run("version", "--json").stdout)

    assert versions["nuvom"] == nuvom.__version__
    assert versions["Python"] == ".".join(map(str, sys.version_info[:3]))


def test_the_module_is_the_command_too(command: Nuvom) -> None:
    ran = command.python(
        "import runpy, sys; sys.argv = ['nuvom', 'version']; runpy.run_module('nuvom', run_name='__main__')"
    )

    assert ran.stdout == command.run("version").stdout
    assert ran.returncode == 0


def test_wrong_commands_end_with_2_and_say_what_is_right(command: Nuvom, matches: Matches) -> None:
    matches(
        command.run("lst"),
        command.run("discover"),
        command.run("history", "recent", "--limit", "0"),
        command.run("history", "recent", "--status", "lost"),
        command.run("inspect", "job", "../../etc/passwd"),
        command.run("runworker", "--workers", "none"),
    )


def test_help_is_data(command: Nuvom, matches: Matches) -> None:
    matches(command.run("--help"), command.run("runworker", "--help"))
