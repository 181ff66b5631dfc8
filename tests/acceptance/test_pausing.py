"""A queue is paused for all workers at once, and they go on together when it is resumed."""

from __future__ import annotations

import json
from collections.abc import Callable

import nuvom
import pytest
from harness import MEET, PATIENCE, Guest, Meeting, Nuvom, WorkerProcess
from nuvom import sdk

Runworker = Callable[..., WorkerProcess]


@pytest.mark.usefixtures("shared")
def test_a_pause_stops_all_workers_and_its_end_starts_them(command: Nuvom, runworker: Runworker) -> None:
    meet = command.tasks(MEET).meet
    workers = {runworker("--workers", "1").pid for _ in range(2)}

    with Meeting() as meeting:

        def two_in(queue: str) -> list[nuvom.Job[str]]:
            return [meet.with_options(queue=queue).delay(meeting.port) for _ in range(2)]

        def one_from_each_worker() -> list[Guest]:
            guests = [meeting.guest() for _ in workers]
            assert {guest.pid for guest in guests} == workers
            return guests

        def end(guests: list[Guest], jobs: list[nuvom.Job[str]]) -> None:
            for guest in guests:
                guest.tell("done")
            assert [job.get(timeout=PATIENCE) for job in jobs] == ["done"] * len(jobs)

        before, running = two_in("mail"), one_from_each_worker()
        assert command.run("queue", "pause", "mail").stdout == "mail  paused\n"
        paused = two_in("mail")
        end(running, before)

        # Whoever takes these has looked for work since the others wait, which would have come first.
        others, running = two_in("other"), one_from_each_worker()
        mail, other = json.loads(command.run("queue", "list", "--json").stdout)
        assert [(queue["pending"], queue["running"], queue["paused"]) for queue in (mail, other)] == [
            (2, 0, True),
            (0, 2, False),
        ]
        end(running, others)

        assert sdk.resume_queues("mail") == ["mail"]
        end(one_from_each_worker(), paused)
