"""Threads that take turns at every step: what a lock is held over too long shows here."""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Iterator

import nuvom
import pytest
from harness import PATIENCE
from nuvom import sdk, task

pytestmark = pytest.mark.usefixtures("backend")


@pytest.fixture
def _restless() -> Iterator[None]:
    """Python changes threads as often as it can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("_restless")
def test_jobs_run_once_though_threads_take_turns_all_the_time() -> None:
    ran: list[tuple[int, int]] = []
    values: list[int] = []

    @task
    def note(client: int, number: int) -> int:
        ran.append((client, number))
        return number

    def ask(client: int) -> None:
        jobs = note.map([(client, number) for number in range(100)])
        values.extend(job.get(timeout=PATIENCE) for job in jobs)
        assert sdk.list_jobs(limit=5).jobs

    with nuvom.Worker(threads=4), nuvom.Worker(threads=4):
        clients = [threading.Thread(target=ask, args=(client,)) for client in range(4)]
        for client in clients:
            client.start()
        for client in clients:
            client.join(PATIENCE)

    assert Counter(ran) == Counter((client, number) for client in range(4) for number in range(100))
    assert Counter(values) == Counter(list(range(100)) * 4)
