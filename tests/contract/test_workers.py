"""Workers inside a program: what they serve, what they share, and how they stop."""

from __future__ import annotations

import asyncio
import ctypes
import sys
import threading
from collections import Counter

import nuvom
import pytest
from harness import PATIENCE, Events
from nuvom import task
from nuvom.errors import InvalidValue, WorkerStopping

pytestmark = pytest.mark.usefixtures("backend")


def test_ten_thousand_jobs_all_run_exactly_once() -> None:
    ran: list[int] = []

    @task
    def note(number: int) -> int:
        ran.append(number)
        return number

    jobs = note.map([(number,) for number in range(10_000)])
    with nuvom.Worker(threads=4):
        values = [job.get(timeout=PATIENCE) for job in jobs]

    assert values == list(range(10_000))
    assert Counter(ran) == Counter(range(10_000))


def test_so_many_jobs_run_at_once_as_a_worker_has_threads() -> None:
    together = threading.Barrier(3)

    @task
    def meet() -> str:
        together.wait(PATIENCE)
        return threading.current_thread().name

    with nuvom.Worker(threads=3):
        names = {job.get(timeout=PATIENCE) for job in meet.map([()] * 3)}

    assert names == {"nuvom-task-1", "nuvom-task-2", "nuvom-task-3"}


def test_two_workers_share_the_jobs() -> None:
    together = threading.Barrier(2)

    @task
    def meet() -> None:
        together.wait(PATIENCE)

    with nuvom.Worker(threads=1, name="w1"), nuvom.Worker(threads=1, name="w2"):
        jobs = meet.map([()] * 2)
        for job in jobs:
            job.get(timeout=PATIENCE)

    assert {job.info().worker for job in jobs} == {"w1", "w2"}


def test_a_worker_serves_only_the_queues_it_was_given() -> None:
    ran: list[str] = []

    @task
    def note(name: str) -> None:
        ran.append(name)

    other = note.with_options(queue="other", priority=0).delay("other")
    mail = note.with_options(queue="mail").delay("mail")
    with nuvom.Worker(threads=1, queues=["mail", "bulk"]):
        mail.get(timeout=PATIENCE)
        note.with_options(queue="bulk").delay("bulk").get(timeout=PATIENCE)

    assert ran == ["mail", "bulk"]
    assert other.status == "PENDING"


def test_one_queue_can_be_given_as_a_word() -> None:
    @task(queue="mail")
    def answer() -> int:
        return 42

    with nuvom.Worker(threads=1, queues="mail"):
        assert answer.delay().get(timeout=PATIENCE) == 42


def test_a_stop_lets_a_running_job_finish(events: Events) -> None:
    started, released = threading.Event(), threading.Event()

    @task
    def wait() -> str:
        started.set()
        released.wait(PATIENCE)
        return "finished"

    worker = nuvom.Worker(threads=1)
    worker.start()
    job = wait.delay()
    assert started.wait(PATIENCE)
    handed_back: list[int] = []
    stopping = threading.Thread(target=lambda: handed_back.append(worker.stop()))
    stopping.start()
    told = events.wait_for("worker_stopping")
    released.set()
    stopping.join(PATIENCE)

    assert vars(told)["running"] == 1
    assert handed_back == [0]
    assert job.get(timeout=0) == "finished"


def test_a_stop_hands_back_what_has_not_started(events: Events) -> None:
    started, released = threading.Event(), threading.Event()
    ran: list[int] = []

    @task
    def note(number: int) -> None:
        if number == 2_000:
            started.set()
            released.wait(PATIENCE)
        ran.append(number)

    worker = nuvom.Worker(threads=1)
    # A worker that has seen many short jobs holds more than it runs.
    jobs = note.map([(number,) for number in range(4_000)])
    worker.start()
    assert started.wait(PATIENCE)
    handed_back: list[int] = []
    stopping = threading.Thread(target=lambda: handed_back.append(worker.stop()))
    stopping.start()
    events.wait_for("ended", state="PENDING")
    released.set()
    stopping.join(PATIENCE)

    left = [job.info() for job in jobs[2_001:]]
    assert ran == list(range(2_001))
    assert {job.status for job in jobs[:2_001]} == {"SUCCESS"}
    assert {(info.state, info.failures, info.losses) for info in left} == {("PENDING", 0, 0)}
    assert sum(info.handbacks for info in left) > 0
    assert handed_back == [0]  # it counts the jobs that were cut off
    with nuvom.Worker(threads=1):
        for job in jobs:
            job.get(timeout=PATIENCE)
    assert Counter(ran) == Counter(range(4_000))


def test_a_job_that_outlasts_the_grace_is_interrupted_and_handed_back() -> None:
    started = threading.Event()
    told: list[str] = []

    @task
    def spin() -> None:
        started.set()
        try:
            while True:
                pass
        except WorkerStopping:
            told.append("stopping")
            raise

    worker = nuvom.Worker(threads=1, stop_grace_secs=0)
    worker.start()
    job = spin.delay()
    assert started.wait(PATIENCE)
    handed_back = worker.stop()

    info = job.info()
    assert told == ["stopping"]
    assert (info.state, info.failures, info.losses, info.handbacks) == ("PENDING", 0, 0, 1)
    assert handed_back == 1


def test_a_worker_that_runs_cannot_be_started_again() -> None:
    with nuvom.Worker(threads=1, name="w1") as worker, pytest.raises(RuntimeError, match="worker w1 is running"):
        worker.start()


def test_a_worker_can_be_stopped_twice_and_started_again() -> None:
    @task
    def answer() -> int:
        return 42

    worker = nuvom.Worker(threads=1)
    worker.start()
    assert worker.stop() == 0
    assert worker.stop() == 0

    with worker:
        assert answer.delay().get(timeout=PATIENCE) == 42


def test_a_worker_leaves_no_thread_behind() -> None:
    before = threading.active_count()

    with nuvom.Worker(threads=3):
        during = threading.active_count()

    assert during == before + 3
    assert threading.active_count() == before


def test_a_worker_that_could_run_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="threads is 0, expected 1 or more"):
        nuvom.Worker(threads=0)


def test_a_worker_with_a_name_that_cannot_be_is_refused() -> None:
    with pytest.raises(InvalidValue):
        nuvom.Worker(threads=1, name="a\nb").start()


@pytest.mark.skipif(sys.platform == "win32", reason="usleep belongs to POSIX")
def test_a_task_that_holds_the_gil_longer_than_its_lease_keeps_it(backend: str) -> None:
    nuvom.configure(lease_secs=0.4)
    runs: list[int] = []

    @task
    def hold() -> None:
        runs.append(1)
        ctypes.PyDLL(None).usleep(1_000_000)  # unlike a CDLL, a PyDLL keeps the GIL

    with nuvom.Worker(threads=2):
        job = hold.delay()
        job.get(timeout=PATIENCE)

    info = job.info()
    assert info.started_at is not None
    assert info.ended_at is not None
    assert (info.ended_at - info.started_at).total_seconds() > 0.8
    assert (len(runs), info.losses, info.attempts) == (1, 0, [])


@pytest.mark.skipif(sys.platform == "win32", reason="usleep belongs to POSIX")
@pytest.mark.parametrize("kind", ["thread", "coroutine"])
def test_a_job_that_is_cancelled_meanwhile_takes_no_lease_from_one_that_holds_the_gil(backend: str, kind: str) -> None:
    nuvom.configure(lease_secs=0.4)
    started = threading.Event()
    runs: list[int] = []

    @task
    def wait() -> None:
        started.set()
        while True:
            threading.Event().wait(0.01)

    @task
    async def wait_on_a_loop() -> None:
        started.set()
        await asyncio.Event().wait()

    @task
    def hold(other: str) -> None:
        runs.append(1)
        nuvom.Job[None](other).cancel()
        ctypes.PyDLL(None).usleep(1_000_000)

    with nuvom.Worker(threads=2):
        other = wait.delay() if kind == "thread" else wait_on_a_loop.delay()
        assert started.wait(PATIENCE)
        job = hold.delay(other.id)
        job.get(timeout=PATIENCE)
        with pytest.raises(nuvom.JobCancelled):
            other.get(timeout=PATIENCE)

    assert (len(runs), job.info().losses, job.info().attempts) == (1, 0, [])
