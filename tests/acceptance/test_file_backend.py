"""The file backend as people meet it: by the command line, by a worker, and by looking into its folder."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import MEET, PATIENCE, Nuvom, WorkerProcess

Runworker = Callable[..., WorkerProcess]

ADD = """
from nuvom import task


@task
def add(x: int, y: int) -> int:
    return x + y
"""


def _names(folder: Path) -> set[str]:
    return {path.stem for path in folder.rglob("*.json")}


def test_a_job_moves_from_folder_to_folder(command: Nuvom, runworker: Runworker, files: Path) -> None:
    tasks = command.tasks(ADD)
    job = tasks.add.delay(5, 7)
    waiting = _names(files / "waiting")

    runworker()
    value = job.get(timeout=PATIENCE)

    assert value == 12
    assert waiting == {job.id}
    assert _names(files / "waiting") == _names(files / "running") == set()
    assert _names(files / "ended" / "success") == {job.id}


def test_commands_show_and_change_jobs(command: Nuvom, files: Path) -> None:
    tasks = command.tasks(ADD)
    job = tasks.add.delay(5, 7)

    listed = json.loads(command.run("history", "recent", "--json").stdout)
    cancelled = command.run("cancel", "job", job.id)
    shown = json.loads(command.run("inspect", "job", job.id, "-f", "json").stdout)

    assert [(row["id"], row["state"]) for row in listed] == [(job.id, "PENDING")]
    assert cancelled.returncode == 0
    assert shown["state"] == "CANCELLED"
    assert _names(files / "ended" / "cancelled") == {job.id}


def test_doctor_shows_a_damaged_record_and_the_others_run(command: Nuvom, runworker: Runworker, files: Path) -> None:
    tasks = command.tasks(ADD)
    broken, good = tasks.add.delay(1, 1), tasks.add.delay(5, 7)
    (record,) = (files / "waiting").rglob(f"{broken.id}.json")
    record.write_text("{ half a rec")

    runworker()
    value = good.get(timeout=PATIENCE)
    told = command.run("doctor")

    assert value == 12
    assert told.returncode == 1
    assert "1 damaged record was set aside" in told.stdout
    assert (files / "damaged" / f"{broken.id}.json").read_text() == "{ half a rec"
    assert "cannot be read" in (files / "damaged" / f"{broken.id}.json.reason").read_text()


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be removed there")
def test_a_worker_whose_folder_is_deleted_says_so_and_ends_instead_of_making_an_empty_one(
    command: Nuvom, runworker: Runworker, files: Path
) -> None:
    command.tasks(MEET)
    worker = runworker()

    shutil.rmtree(files)
    code = worker.exit_code()

    assert code == 1
    assert "the folder of the file backend was deleted or replaced" in worker.log
    assert not files.exists()


def test_a_folder_that_cannot_be_made_is_named_with_the_setting_that_moves_it(command: Nuvom, files: Path) -> None:
    command.tasks(MEET)
    (command.project / "occupied").write_text("a file where a folder should be")
    place = str(command.project / "occupied" / "files")

    asked = command.run("history", "recent", file_dir=place)

    assert asked.returncode == 1
    assert place in asked.stderr
    assert "set NUVOM_FILE_DIR" in asked.stderr


@pytest.mark.parametrize(("queue", "results"), [("file", "sqlite"), ("sqlite", "file")])
def test_results_can_be_kept_in_files_or_beside_them(
    command: Nuvom, runworker: Runworker, queue: str, results: str
) -> None:
    settings = f'[tool.nuvom]\nqueue_backend = "{queue}"\nresult_backend = "{results}"\n'
    (command.project / "pyproject.toml").write_text(settings)
    tasks = command.tasks(ADD)
    job = tasks.add.delay(5, 7)

    runworker()

    assert job.get(timeout=PATIENCE) == 12
    assert _names(command.project / ".nuvom" / "files" / "results") == ({job.id} if results == "file" else set())
