"""Results in LMDB, with a client and a worker in processes of their own."""

from __future__ import annotations

import shutil
import sys
from itertools import count
from pathlib import Path

import pytest
from harness import Nuvom
from nuvom.testing import conformance

EXAMPLE = Path(__file__).parents[2] / "examples" / "lmdb_results"
sys.path.insert(0, str(EXAMPLE))

from lmdb_results import LmdbResults  # noqa: E402 - an example is no package

TASKS = """
from nuvom import current_job, task


@task
def add(x, y):
    return x + y


@task(retries=1, retry_delay_secs=0)
def second():
    if current_job().attempt == 1:
        raise ValueError("not yet")
    return "second"

"""

CALL = """
import tasks

jobs = [tasks.add.delay(number, 1) for number in range(20)] + [tasks.second.delay()]
print([job.get(timeout=30) for job in jobs])
"""

ANSWER = str([*range(1, 21), "second"])


def test_results_in_lmdb_are_seen_by_every_process(command: Nuvom) -> None:
    shutil.copy(EXAMPLE / "lmdb_results.py", command.project)
    command.write(".nuvom_plugins.toml", '[plugins]\nresult_backend = ["lmdb_results:LmdbResults"]')
    command.write("tasks.py", TASKS)
    command.run("discover", "tasks")
    worker = command.start_worker(result_backend="lmdb_results")
    worker.wait_until_it_serves()

    called = command.python(CALL, result_backend="lmdb_results")

    assert called.stdout.strip() == ANSWER, called.stderr


FOLDER: list[Path] = []
NUMBERS = count()


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path) -> None:
    """Where the stores of the suite are made."""
    FOLDER[:] = [tmp_path]


def make_results() -> LmdbResults:
    """An empty store."""
    return LmdbResults(str(FOLDER[0] / f"results-{next(NUMBERS)}"), max_gib=0.1)


test_lmdb_results = conformance(make_results, "result_backend")
