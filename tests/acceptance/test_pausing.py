"""A queue is paused for all workers at once, and they go on together when it is resumed."""

from __future__ import annotations

from collections.abc import Callable

import nuvom
import pytest
from harness import MEET, PATIENCE, Meeting, Nuvom, WorkerProcess
from nuvom import sdk

Runworker = Callable[..., WorkerProcess]


@pytest.mark.usefixtures("shared")
def test_a_pause_stops_all_workers_and_its_end_starts_them(command: Nuvom, runworker: Runworker) -> None:
    meet = command.tasks(MEET).meet
    workers = {runworker("--workers", "1").pid for _ in range(2)}

    with Meeting() as meeting:

        def two_in(queue: str) -> list[nuvom.Job[str]]:
            return [meet.with_options(queue=queue).delay(meeting.port) for _ in range(2)]

        def each_worker_runs_one_of(jobs: list[nuvom.Job[str]]) -> None:
            guests = [meeting.guest() for _ in jobs]
            assert {guest.pid for guest in guests} == workers
            for guest in guests:
                guest.tell("done")
            assert [job.get(timeout=PATIENCE) for job in jobs] == ["done"] * len(jobs)

        each_worker_runs_one_of(two_in("mail"))
        assert command.run("queue", "pause", "mail").stdout == "mail  paused\n"
        paused = two_in("mail")
        # Whoever takes these has looked for work since the others wait, which would have come first.
        each_worker_runs_one_of(two_in("other"))
        assert [(job.status, job.info().attempt) for job in paused] == [("PENDING", 1)] * 2

        assert sdk.resume_queues("mail") == ["mail"]
        each_worker_runs_one_of(paused)
