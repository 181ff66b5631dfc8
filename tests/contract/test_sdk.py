"""`nuvom.sdk`: questions about jobs, on every backend."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from datetime import UTC, datetime
from queue import SimpleQueue
from typing import Any

import nuvom
import pytest
from harness import PATIENCE
from nuvom import sdk, task
from nuvom.errors import Conflict, InvalidValue, NotFound
from nuvom.job import JobStatus

UNKNOWN = "01890000-0000-7000-8000-000000000000"


@pytest.fixture
def jobs(backend: str) -> list[str]:
    """One that succeeded, one that failed, three that wait; the oldest first."""

    @task(name="sdk_add", tags=["math"])
    def add(x: int, y: int) -> int:
        return x + y

    @task(name="sdk_fail", queue="mail")
    def fail() -> None:
        raise ValueError("no")

    made = [add.delay(5, 7), fail.delay()]
    with nuvom.Worker(threads=1, scheduler=False):
        assert made[0].get(timeout=60) == 12
        with pytest.raises(nuvom.JobFailed):
            made[1].get(timeout=60)
    made += add.with_options(in_=3600).map([(number, 0) for number in range(3)])
    return [job.id for job in made]


def test_the_state_of_a_job_is_a_word(jobs: list[str]) -> None:
    assert [sdk.get_job_status(job) for job in jobs[:3]] == ["SUCCESS", "FAILED", "PENDING"]
    with pytest.raises(NotFound):
        sdk.get_job_status(UNKNOWN)
    with pytest.raises(InvalidValue):
        sdk.get_job_status("../etc")


def test_a_job_is_read_with_its_attempts(jobs: list[str]) -> None:
    job = sdk.get_job(jobs[1])

    assert (job.task, job.queue, job.attempts[0].message) == ("sdk_fail", "mail", "no")


def test_a_failed_job_is_retried_and_a_waiting_one_cancelled(jobs: list[str]) -> None:
    sdk.retry_job(jobs[1])

    assert sdk.get_job_status(jobs[1]) == "PENDING"
    assert (sdk.cancel_job(jobs[1]), sdk.cancel_job(jobs[0])) == (True, False)
    with pytest.raises(Conflict):
        sdk.retry_job(jobs[0])


def test_jobs_are_listed_newest_first_a_page_at_a_time(jobs: list[str]) -> None:
    first = sdk.list_jobs(limit=2)
    second = sdk.list_jobs(limit=2, cursor=first.cursor)
    third = sdk.list_jobs(limit=2, cursor=second.cursor)

    pages = [[job.id for job in page.jobs] for page in (first, second, third)]
    assert pages == [jobs[:2:-1], jobs[2:0:-1], jobs[:1]]
    assert third.cursor is None
    assert [job.id for job in sdk.iter_jobs()] == jobs[::-1]


def test_a_page_that_holds_all_is_the_last(jobs: list[str]) -> None:
    assert sdk.list_jobs(limit=5).cursor is None
    assert sdk.list_jobs(limit=4).cursor == jobs[1]


def found(**filters: Any) -> list[str]:
    """The ids of the jobs that these filters let through."""
    return [job.id for job in sdk.iter_jobs(**filters)]


def test_filters_restrict_by_state_task_and_queue(jobs: list[str]) -> None:
    assert [job.id for job in sdk.iter_jobs(status="FAILED")] == [jobs[1]]
    assert [job.id for job in sdk.iter_jobs(status=["SUCCESS", "FAILED"])] == [jobs[1], jobs[0]]
    assert found(status=JobStatus.FAILED) == found(status=["FAILED", JobStatus.CANCELLED]) == [jobs[1]]
    assert [job.id for job in sdk.iter_jobs(task="sdk_fail")] == [jobs[1]]
    assert [job.id for job in sdk.iter_jobs(queue="mail", status="SUCCESS")] == []
    with pytest.raises(InvalidValue, match="PENDING"):
        sdk.list_jobs(status="DONE")  # type: ignore[arg-type]  # what is tested
    with pytest.raises(ValueError, match="1 to 1000"):
        sdk.list_jobs(limit=0)


def made_at(job: str) -> datetime:
    """The time in a job's id."""
    return datetime.fromtimestamp(int(job.replace("-", "")[:12], 16) / 1_000, UTC)


def test_filters_restrict_by_tag_text_and_time(jobs: list[str]) -> None:
    time = made_at(jobs[2])

    assert found(tag="math") == [jobs[4], jobs[3], jobs[2], jobs[0]]
    assert found(tag=["math", "slow"]) == []
    assert found(text="VALUEERROR") == found(text="SDK_Fail") == [jobs[1]]
    assert found(text="5, 7") == [jobs[0]]
    assert found(since=time) == found(since=time.astimezone().replace(tzinfo=None)) == jobs[:1:-1]
    assert found(until=time) == [jobs[1], jobs[0]]
    assert found(tag="math", text="add", until=time, status="SUCCESS", task="sdk_add", queue="default") == [jobs[0]]


def test_pages_go_on_where_those_between_are_let_through_by_no_filter(jobs: list[str]) -> None:
    first = sdk.list_jobs(tag="math", limit=3)
    second = sdk.list_jobs(tag="math", limit=3, cursor=first.cursor)
    older = sdk.list_jobs(until=made_at(jobs[2]), limit=1, cursor=jobs[4])

    assert [job.id for job in first.jobs] == [jobs[4], jobs[3], jobs[2]]
    assert ([job.id for job in second.jobs], second.cursor) == ([jobs[0]], None)
    assert ([job.id for job in older.jobs], older.cursor) == ([jobs[1]], jobs[1])


def test_jobs_are_counted_under_the_filters_by_which_they_are_listed(jobs: list[str]) -> None:
    none = dict.fromkeys(("PENDING", "RUNNING", "SUCCESS", "FAILED", "CANCELLED"), 0)

    assert sdk.count_jobs(tag="math") == {**none, "PENDING": 3, "SUCCESS": 1}
    assert sdk.count_jobs(text="no", task="sdk_fail") == {**none, "FAILED": 1}
    assert sdk.count_jobs(until=made_at(jobs[2])) == {**none, "SUCCESS": 1, "FAILED": 1}
    assert sdk.count_jobs(since=made_at(jobs[2]), status="SUCCESS") == none


def test_counts_are_there_for_every_state(jobs: list[str]) -> None:
    assert sdk.count_jobs() == {"PENDING": 3, "RUNNING": 0, "SUCCESS": 1, "FAILED": 1, "CANCELLED": 0}
    assert sdk.count_jobs(task="sdk_add", status="SUCCESS")["SUCCESS"] == 1


def test_queues_are_told_with_what_waits_there(jobs: list[str]) -> None:
    queues = {queue.name: queue for queue in sdk.list_queues()}

    assert (queues["default"].pending, queues["default"].running) == (3, 0)
    oldest = queues["default"].oldest
    assert oldest is not None and oldest > datetime.now(UTC)
    assert queues["mail"].pending == 0


def test_queues_are_told_with_how_fast_jobs_come_and_go(jobs: list[str], backend: str) -> None:
    paces = {queue.name: (queue.made_per_minute, queue.ended_per_minute) for queue in sdk.list_queues()}

    quick = backend != "file"
    assert paces == ({"default": (4, 1), "mail": (1, 1)} if quick else dict.fromkeys(paces, (None, None)))


def test_a_paused_queue_keeps_its_jobs_until_it_is_resumed(backend: str) -> None:
    @task(name="sdk_double")
    def double(x: int) -> int:
        return 2 * x

    assert sdk.pause_queues("mail", "later") == ["mail", "later"]
    assert sdk.pause_queues("mail") == []
    waits = double.with_options(queue="mail").delay(1)

    with nuvom.Worker(threads=1, scheduler=False):
        assert double.delay(5).get(timeout=60) == 10
        assert waits.status == "PENDING"
        assert [queue.name for queue in sdk.list_queues() if queue.paused] == ["later", "mail"]
        assert sdk.resume_queues("mail", "default") == ["mail"]
        assert waits.get(timeout=60) == 2


def test_to_pause_needs_the_names_of_queues(backend: str) -> None:
    with pytest.raises(ValueError, match="no queue is named"):
        sdk.pause_queues()
    with pytest.raises(InvalidValue):
        sdk.resume_queues("mail\n")


def test_a_worker_is_listed_while_it_runs_and_not_after(backend: str) -> None:
    before = sdk.list_workers()
    with nuvom.Worker(name="press", threads=3, queues=["mail"], scheduler=False):
        (worker,) = sdk.list_workers()
    after = sdk.list_workers()

    assert (before, after) == ([], [])
    assert (worker.name, worker.status, worker.queues) == ("press", "running", ["mail"])
    # Coroutines that other tests declared in this process have slots of their own.
    assert worker.pool.split(", ")[0] == "threads" and worker.slots >= 3
    assert (worker.busy, worker.stuck) == (0, 0)
    assert (worker.pid, worker.host, worker.version) == (os.getpid(), socket.gethostname(), nuvom.__version__)
    assert worker.started_at.tzinfo is UTC and worker.started_at <= worker.seen_at


def first_that_is(status: sdk.WorkerStatus) -> sdk.WorkerInfo:
    """Looks until a worker is listed like this: nobody is told when one says something new."""
    deadline = time.monotonic() + PATIENCE
    while True:
        workers = sdk.list_workers()
        found = next((worker for worker in workers if worker.status == status), None)
        if found is not None:
            return found
        assert time.monotonic() < deadline, workers
        threading.Event().wait(0.01)


def test_a_worker_that_stops_says_so_and_how_busy_it_is(backend: str) -> None:
    waiting, let_go = SimpleQueue[str](), SimpleQueue[str]()

    @task(name="sdk_hold")
    def hold() -> str:
        waiting.put("here")
        return let_go.get(timeout=PATIENCE)

    worker = nuvom.Worker(threads=2, scheduler=False)
    worker.start()
    job = hold.delay()
    assert waiting.get(timeout=PATIENCE) == "here"

    stopping = threading.Thread(target=worker.stop)
    stopping.start()
    listed = first_that_is("stopping")
    let_go.put("done")
    stopping.join(PATIENCE)

    assert listed.busy == 1 and listed.slots >= 2
    assert job.get(timeout=PATIENCE) == "done"
    assert sdk.list_workers() == []


def test_coroutines_ask_the_same(jobs: list[str]) -> None:
    async def ask() -> None:
        assert await sdk.aget_job_status(jobs[0]) == "SUCCESS"
        assert (await sdk.alist_jobs(status="FAILED", limit=1)).jobs[0].id == jobs[1]
        assert [job.id async for job in sdk.aiter_jobs(tag="math", status="PENDING")] == jobs[:1:-1]
        assert (await sdk.acount_jobs(text="sdk_add"))["PENDING"] == 3
        await sdk.aretry_job(jobs[1])
        assert await sdk.acancel_job(jobs[1])
        assert [queue.name for queue in await sdk.alist_queues()] == ["default", "mail"]
        assert (await sdk.aget_job(jobs[0])).args == (5, 7)
        assert (await sdk.apause_queues("mail"), await sdk.aresume_queues("mail")) == (["mail"], ["mail"])
        assert await sdk.alist_workers() == []

    asyncio.run(ask())
