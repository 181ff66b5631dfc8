"""Tasks that nothing can interrupt, when their worker has to end."""

from __future__ import annotations

import threading

import nuvom
import pytest
from harness import PATIENCE
from nuvom import task

pytestmark = pytest.mark.usefixtures("sqlite")


def test_what_a_job_returns_after_it_was_handed_back_is_void() -> None:
    started, released, returned = threading.Event(), threading.Event(), threading.Event()
    answers = iter(["late", "in time"])

    @task
    def stuck() -> str:
        answer = next(answers)
        started.set()
        if answer == "late":
            # A wait inside Python's own lock is not interrupted before it ends.
            released.wait(PATIENCE)
            returned.set()
        return answer

    worker = nuvom.Worker(threads=1, stop_grace_secs=0)
    worker.start()
    job = stuck.delay()
    assert started.wait(PATIENCE)
    handed_back = worker.stop()

    info = job.info()
    assert (info.state, info.failures, info.losses, info.handbacks) == ("PENDING", 0, 0, 1)
    assert handed_back == 1
    with nuvom.Worker(threads=1):
        assert job.get(timeout=PATIENCE) == "in time"
    released.set()
    assert job.get(timeout=0) == "in time"
