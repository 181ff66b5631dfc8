"""A worker whose store is taken away."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import MEET, Nuvom, WorkerProcess

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be removed there")


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
