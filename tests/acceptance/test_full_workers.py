"""A worker with no free slot takes no jobs away from one that has some."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from harness import MEET, PATIENCE, Meeting, Nuvom, WorkerProcess

Runworker = Callable[..., WorkerProcess]

QUICK = """

@task
def quick() -> int:
    return 1
"""


@pytest.mark.usefixtures("sqlite")
@pytest.mark.parametrize("pool", ["thread", "process"])
def test_a_worker_whose_slots_are_full_leaves_jobs_to_others(command: Nuvom, runworker: Runworker, pool: str) -> None:
    tasks = command.tasks(MEET + QUICK)
    options = ("--pool", pool, "--workers", "1")
    full = runworker(*options, sqlite_durability="process")

    with Meeting() as meeting:
        first = tasks.meet.delay(meeting.port)
        guest = meeting.guest()
        behind = tasks.quick.map([()] * 100)
        runworker(*options, sqlite_durability="process")
        values = [job.get(timeout=PATIENCE) for job in behind]
        guest.tell("done")
        first.get(timeout=PATIENCE)

    assert values == [1] * 100
    assert {job.info().handbacks for job in behind} == {0}
    assert "was handed back" not in full.log
