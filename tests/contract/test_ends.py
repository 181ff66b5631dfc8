"""How jobs end: with a value, a failure, or at somebody's request."""

from __future__ import annotations

import threading

import nuvom
import pytest
from harness import PATIENCE
from nuvom import task
from nuvom.errors import CancelRequested, Conflict, InvalidValue, JobCancelled, JobFailed, NotFound

pytestmark = pytest.mark.usefixtures("backend")

UNKNOWN = "01890000-0000-7000-8000-000000000000"


def test_a_job_is_pending_then_running_then_has_succeeded() -> None:
    started, released = threading.Event(), threading.Event()

    @task
    def wait() -> None:
        started.set()
        released.wait(PATIENCE)

    job = wait.delay()
    seen = [job.status]
    with nuvom.Worker(threads=1, name="w1"):
        assert started.wait(PATIENCE)
        seen.append(job.status)
        running = job.info()
        released.set()
        job.get(timeout=PATIENCE)
    seen.append(job.status)

    assert seen == ["PENDING", "RUNNING", "SUCCESS"]
    assert (running.worker, running.attempt, running.ended_at) == ("w1", 1, None)
    ended = job.info()
    assert ended.started_at is not None
    assert ended.ended_at is not None
    assert ended.created_at <= ended.started_at <= ended.ended_at


def test_a_failure_carries_the_workers_traceback() -> None:
    @task
    def divide(x: int, y: int) -> float:
        return x / y

    with nuvom.Worker(threads=1), pytest.raises(JobFailed) as failed:
        divide.delay(1, 0).get(timeout=PATIENCE)

    error = failed.value
    assert (error.kind, error.reason) == ("ZeroDivisionError", "division by zero")
    assert "return x / y" in error.remote_traceback
    assert str(error).endswith(error.remote_traceback.rstrip())


def test_a_traceback_begins_with_the_users_code() -> None:
    @task
    def fail() -> None:
        raise ValueError("no")

    with nuvom.Worker(threads=1), pytest.raises(JobFailed) as failed:
        fail.delay().get(timeout=PATIENCE)

    assert "job_runner.py" not in failed.value.remote_traceback
    assert __file__ in failed.value.remote_traceback


def test_a_waiting_job_that_is_cancelled_never_runs() -> None:
    ran: list[str] = []

    @task
    def note(name: str) -> None:
        ran.append(name)

    job = note.delay("cancelled")

    assert job.cancel() is True
    assert job.status == "CANCELLED"
    with nuvom.Worker(threads=1):
        note.delay("other").get(timeout=PATIENCE)
        with pytest.raises(JobCancelled):
            job.get(timeout=PATIENCE)
    assert ran == ["other"]


def test_a_running_job_that_is_cancelled_is_interrupted() -> None:
    started = threading.Event()
    seen: list[bool] = []

    @task(retries=5)
    def spin() -> None:
        started.set()
        try:
            while True:
                pass
        except CancelRequested:
            current = nuvom.current_job()
            seen.append(current is not None and current.cancel_requested)
            raise

    with nuvom.Worker(threads=1):
        job = spin.delay()
        assert started.wait(PATIENCE)
        assert job.cancel() is True
        with pytest.raises(JobCancelled):
            job.get(timeout=PATIENCE)

    assert seen == [True]
    info = job.info()
    assert (info.state, info.failures) == ("CANCELLED", 0)
    assert [attempt.outcome for attempt in info.attempts] == ["cancelled"]


def test_a_job_that_fails_after_a_request_to_cancel_it_is_not_tried_again() -> None:
    started, released = threading.Event(), threading.Event()

    @task(retries=5, retry_delay_secs=0)
    def fail() -> None:
        started.set()
        try:
            released.wait(PATIENCE)
        finally:
            raise ValueError("whatever happened")

    with nuvom.Worker(threads=1):
        job = fail.delay()
        assert started.wait(PATIENCE)
        job.cancel()
        released.set()
        with pytest.raises(JobCancelled):
            job.get(timeout=PATIENCE)

    assert job.status == "CANCELLED"


def test_a_job_that_has_ended_cannot_be_cancelled() -> None:
    @task
    def done() -> int:
        return 1

    with nuvom.Worker(threads=1):
        job = done.delay()
        job.get(timeout=PATIENCE)

    assert job.cancel() is False
    assert job.get(timeout=0) == 1


def test_a_failed_job_that_is_retried_has_a_fresh_budget_and_its_history() -> None:
    runs: list[int] = []

    @task(retries=1, retry_delay_secs=0)
    def fail_three_times() -> str:
        runs.append(1)
        if len(runs) <= 3:
            raise ValueError(f"failure {len(runs)}")
        return "done"

    with nuvom.Worker(threads=1):
        job = fail_three_times.delay()
        with pytest.raises(JobFailed, match="failure 2"):
            job.get(timeout=PATIENCE)
        job.retry()
        assert job.get(timeout=PATIENCE) == "done"

    info = job.info()
    assert (info.failures, info.max_attempts) == (3, 4)
    assert [attempt.message for attempt in info.attempts] == ["failure 1", "failure 2", "failure 3"]


def test_a_cancelled_job_can_be_retried() -> None:
    @task
    def answer() -> int:
        return 42

    job = answer.delay()
    job.cancel()

    job.retry()

    assert job.status == "PENDING"
    with nuvom.Worker(threads=1):
        assert job.get(timeout=PATIENCE) == 42


def test_a_job_that_waits_or_has_succeeded_cannot_be_retried() -> None:
    @task
    def answer() -> int:
        return 42

    job = answer.delay()

    with pytest.raises(Conflict, match="is PENDING"):
        job.retry()
    with nuvom.Worker(threads=1):
        job.get(timeout=PATIENCE)
    with pytest.raises(Conflict, match="is SUCCESS"):
        job.retry()
    assert job.get(timeout=0) == 42


@pytest.mark.parametrize("method", ["get", "info", "cancel", "retry"])
def test_a_job_that_is_not_in_the_store_is_not_found(method: str) -> None:
    job: nuvom.Job[object] = nuvom.Job(UNKNOWN)

    with pytest.raises(NotFound, match="there is no such job"):
        getattr(job, method)()


@pytest.mark.parametrize("text", ["", "abc", "../../etc/passwd", "0" * 300, "CON", "a\0b", UNKNOWN + "\n"])
def test_an_id_is_checked_before_it_is_used(text: str) -> None:
    with pytest.raises(InvalidValue):
        nuvom.Job(text)


@pytest.mark.parametrize("timeout", [-1, float("nan")])
def test_a_timeout_that_cannot_be_is_refused(timeout: float) -> None:
    @task
    def nothing() -> None: ...

    with pytest.raises(ValueError, match="expected seconds, 0 or more"):
        nothing.delay().get(timeout=timeout)
