"""Stores that cannot be opened, and a worker whose store is taken away."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import MEET, Nuvom, WorkerProcess

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be removed there")


def test_a_folder_that_cannot_be_written_is_named_with_the_setting_that_moves_the_store(
    command: Nuvom, project: Path
) -> None:
    command.tasks(MEET)
    (project / "occupied").write_text("a file where a folder should be")
    place = str(project / "occupied" / "nuvom.db")

    asked = command.run("history", "recent", sqlite_path=place)
    worker = command.run("runworker", sqlite_path=place)
    client = command.python("import tasks; tasks.meet.delay(1)", sqlite_path=place)

    assert (asked.returncode, worker.returncode, client.returncode) == (1, 1, 1)
    for told in (asked.stderr, worker.stderr, client.stderr):
        assert place in told
        assert "set NUVOM_SQLITE_PATH" in told
    assert "StorePermission" in client.stderr


def test_a_worker_whose_database_is_deleted_says_so_and_ends_instead_of_making_an_empty_one(
    command: Nuvom, runworker: Callable[..., WorkerProcess], sqlite: Path
) -> None:
    command.tasks(MEET)
    worker = runworker()

    sqlite.unlink()
    code = worker.exit_code()

    assert code == 1
    assert "the database file was deleted or replaced" in worker.log
    assert not sqlite.exists()
