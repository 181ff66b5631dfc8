"""What is stored, installed or lying about is data: it picks no code, and secrets in it reach no log. The page
docs/security.md names the risk behind each test.
"""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import nuvom
import pytest
from harness import PATIENCE, Nuvom, WorkerProcess
from nuvom import sdk

Runworker = Callable[..., WorkerProcess]

TASKS = """
from nuvom import task


@task
def add(x: int, y: int) -> int:
    return x + y


@task
def sign_in(user, password=None):
    token = "planted-local"
    raise PermissionError("not today")


@task(timeout_secs=0.2)
def sleepy(password=None):
    while True:
        pass
"""

LOUD = """
import pathlib
pathlib.Path("{mark}").touch()
"""

HOSTILE_NAMES = [
    "os.system", "__class__", "__import__", "nuvom.task", "builtins.eval", "loud", "loud:run", "tasks.add",
    "add.__call__", "../loud", "/etc/passwd", "importlib", "subprocess.Popen", "tasks", "{0.__class__}", "%s",
]  # fmt: skip


def _enqueue(command: Nuvom, *calls: str) -> None:
    ran = command.python("import tasks\n" + "\n".join(calls))
    assert ran.returncode == 0, ran.stderr


def test_names_of_tasks_pick_no_code(command: Nuvom, runworker: Runworker, shared: Path) -> None:
    tasks = command.tasks(TASKS)
    command.write("loud.py", LOUD.format(mark="imported"))
    command.write("nuvom_loud.py", LOUD.format(mark="imported"))
    made = "\n".join(
        f"try:\n    nuvom.task(name={name!r})(add).delay(1, 2)\nexcept nuvom.NuvomError:\n    pass"
        for name in HOSTILE_NAMES
    )
    ran = command.python(f"import nuvom\ndef add(x: int, y: int) -> int: ...\n{made}")
    assert ran.returncode == 0, ran.stderr

    worker = runworker()
    value = tasks.add.delay(5, 7).get(timeout=PATIENCE)

    assert value == 12
    assert not (command.project / "imported").exists()
    assert command.run("history", "recent", "--status", "success", "--json").stdout.count('"task"') == 1
    assert worker.log.count("Traceback") == 0


def test_a_worker_imports_only_what_the_manifest_names(command: Nuvom, runworker: Runworker) -> None:
    command.tasks(TASKS)
    command.write("neighbour.py", LOUD.format(mark="imported"))
    command.write("sitecustomize_of_mine.py", LOUD.format(mark="imported"))

    runworker()

    assert not (command.project / "imported").exists()


def test_discovery_runs_nothing_of_what_it_reads(command: Nuvom) -> None:
    command.write("tasks.py", LOUD.format(mark="run") + TASKS)
    command.write("conftest.py", LOUD.format(mark="run"))
    command.write("pkg/__init__.py", LOUD.format(mark="run") + "from nuvom import task\n")

    found = command.run("discover", "tasks")
    checked = command.run("check")
    told = command.run("doctor")

    assert [found.returncode, checked.returncode, told.returncode] == [0, 0, 0]
    assert "sleepy" in found.stdout
    assert not (command.project / "run").exists()


@pytest.mark.parametrize("module", ["../x", "os", "/etc/x", "tasks;os", "tasks\\nimport os", ""])
def test_a_module_that_is_no_module_of_the_project_is_not_imported(command: Nuvom, module: str) -> None:
    command.tasks(TASKS)
    command.write("x.py", LOUD.format(mark="imported"))
    manifest = command.project / ".nuvom" / "manifest.json"
    text = manifest.read_text(encoding="utf-8")
    assert '"module": "tasks"' in text
    manifest.write_text(text.replace('"module": "tasks"', f'"module": "{module}"'), encoding="utf-8")

    ended = command.run("runworker")

    assert ended.returncode == 2
    assert "nuvom discover tasks" in ended.stderr
    assert not (command.project / "imported").exists()


def test_an_installed_plugin_is_not_imported_until_it_is_named(
    command: Nuvom, runworker: Runworker, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = command.tasks(TASKS)
    command.write("site/lurking_plugin.py", LOUD.format(mark="imported") + "class Lurking: ...\n")
    command.write("site/lurking-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: lurking\nVersion: 1.0\n")
    command.write("site/lurking-1.0.dist-info/entry_points.txt", "[nuvom]\nlurking = lurking_plugin:Lurking\n")
    command.write(".nuvomignore", "site/\n")
    monkeypatch.setenv("PYTHONPATH", str(command.project / "site"))

    runworker()
    listed = command.run("plugin", "list")
    value = tasks.add.delay(5, 7).get(timeout=PATIENCE)

    assert value == 12
    assert "lurking" in listed.stdout
    assert not (command.project / "imported").exists()


@pytest.mark.parametrize("pool", ["thread", "process"])
def test_secrets_in_jobs_and_settings_reach_no_log(command: Nuvom, pool: str) -> None:
    command.tasks(TASKS)
    _enqueue(
        command,
        "tasks.add.delay(1, 2)",
        "tasks.sign_in.delay('planted-argument', password='planted-keyword')",
        "tasks.sleepy.delay(password='planted-keyword')",
    )
    settings = {
        "log_level": "DEBUG",
        "log_format": "json",
        "postgres_url": "postgres://user:planted-url@localhost/x",
        "redis_url": "redis://:planted-url@localhost/0",
    }

    worker = command.start_worker("--pool", pool, **settings)
    worker.wait_until_it_says("ran longer than")
    worker.end()
    commands = [["config"], ["config", "--json"], ["doctor", "--json"], ["history", "recent"]]
    ran = [command.run(*arguments, **settings) for arguments in commands]

    assert "not today" in worker.log
    assert "planted" not in worker.log
    assert [one.args[1:] for one in ran if "planted" in one.stdout + one.stderr] == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_all_that_a_worker_writes_is_private_whatever_the_umask(
    command: Nuvom, runworker: Runworker, shared: Path
) -> None:
    before = os.umask(0)
    try:
        command.tasks(TASKS)
        _enqueue(command, "tasks.add.delay(1, 2)", "tasks.sign_in.delay('ann')")
        worker = runworker()
        worker.wait_until_it_says("not today")
        command.run("doctor")
        places = list((command.project / ".nuvom").rglob("*"))
        modes = {(path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in places if path.exists()}
        folder = stat.S_IMODE((command.project / ".nuvom").stat().st_mode)
    finally:
        os.umask(before)

    assert folder == 0o700
    assert modes == {(True, 0o700), (False, 0o600)}
    assert len(places) > 5


def _failed(job: nuvom.Job[int]) -> tuple[str, int]:
    with pytest.raises(nuvom.JobFailed):
        job.get(timeout=PATIENCE)
    return job.info().state, job.info().failures


def test_jobs_that_cannot_be_decoded_fail_once_and_the_others_run(
    command: Nuvom, runworker: Runworker, sqlite: Path
) -> None:
    tasks = command.tasks(TASKS)
    broken = tasks.add.map([(number, 1) for number in range(1_000)])
    # In a process of its own: a second SQLite here would take the locks of the first one with it.
    damage = "UPDATE jobs SET payload = x'80049500'"
    damaged = command.python(
        f"import sqlite3\nstore = sqlite3.connect({str(sqlite)!r})\nstore.execute({damage!r})\nstore.commit()"
    )
    assert damaged.returncode == 0, damaged.stderr
    good = tasks.add.delay(5, 7)

    runworker()
    value = good.get(timeout=PATIENCE)
    failed = [_failed(job) for job in broken]
    listed = command.run("history", "recent", "--limit", "2000")
    told = {job.undecodable for job in sdk.iter_jobs(status="FAILED")}

    assert value == 12
    assert told == {"payload has format 128, this Nuvom reads format 1: upgrade this worker"}
    assert set(failed) == {("FAILED", 1)}
    assert listed.returncode == 0
    assert listed.stdout.count("FAILED") == 1_000


HOSTILE_TEXTS = ["'; DROP TABLE jobs; --", "' OR '1'='1", "%", '"', "\\", "x'00'", "); DELETE FROM jobs"]


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_filters_are_data(command: Nuvom, shared: Path, text: str) -> None:
    tasks = command.tasks(TASKS)
    named = tasks.add.with_options(queue=text, tags=[text]).delay(1, 2)
    tasks.add.delay(3, 4)

    filters = [["--queue", text], ["--tag", text]]
    found = [json.loads(command.run("history", "recent", "--json", *which).stdout) for which in filters]
    none = [command.run("history", "recent", "--json", *which, text) for which in (["--task"], ["--text"])]

    assert [[row["id"] for row in rows] for rows in found] == [[named.id]] * 2
    assert [ran.stdout.strip() for ran in none] == ["[]"] * 2
    assert len(json.loads(command.run("history", "recent", "--json").stdout)) == 2


def test_the_sqlite_that_is_built_in_is_told_and_new_enough(command: Nuvom) -> None:
    told = json.loads(command.run("version", "--json").stdout)
    report = json.loads(command.run("doctor", "--json").stdout)

    assert tuple(map(int, told["SQLite"].split("."))) >= (3, 51, 3)
    assert report["versions"] == told
