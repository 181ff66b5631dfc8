"""Attempts: retries inside the budget, hooks around each, and what a task knows of its own."""

from __future__ import annotations

import threading
from datetime import timedelta

import nuvom
import pytest
from harness import PATIENCE, Events
from nuvom import task
from nuvom.errors import JobFailed

pytestmark = pytest.mark.usefixtures("backend")


def test_a_job_is_tried_again_inside_its_budget_and_every_failure_is_kept() -> None:
    numbers: list[int] = []

    @task(retries=2, retry_delay_secs=0)
    def flaky() -> str:
        current = nuvom.current_job()
        assert current is not None
        numbers.append(current.attempt)
        if current.attempt < 3:
            raise ConnectionError(f"down at {current.attempt}")
        return "up"

    with nuvom.Worker(threads=2, name="w1"):
        job = flaky.delay()
        assert job.get(timeout=PATIENCE) == "up"

    assert numbers == [1, 2, 3]
    info = job.info()
    assert (info.failures, info.losses, info.handbacks) == (2, 0, 0)
    first, second = info.attempts
    assert (first.attempt, first.outcome, first.kind, first.message) == (1, "failed", "ConnectionError", "down at 1")
    assert (second.attempt, second.worker) == (2, "w1")
    assert "ConnectionError: down at 2" in second.traceback


def test_a_job_fails_when_its_budget_is_used() -> None:
    runs: list[int] = []

    @task(retries=2, retry_delay_secs=0)
    def broken() -> None:
        runs.append(1)
        raise ValueError(f"failure {len(runs)}")

    with nuvom.Worker(threads=1):
        job = broken.delay()
        with pytest.raises(JobFailed, match="failure 3"):
            job.get(timeout=PATIENCE)

    assert len(runs) == 3
    assert len(job.info().attempts) == 3


def test_without_retries_there_is_one_attempt() -> None:
    runs: list[int] = []

    @task
    def broken() -> None:
        runs.append(1)
        raise ValueError("once")

    with nuvom.Worker(threads=1), pytest.raises(JobFailed, match="once"):
        broken.delay().get(timeout=PATIENCE)

    assert runs == [1]


def test_a_copy_with_other_retries_has_that_budget() -> None:
    @task
    def broken() -> None:
        raise ValueError("always")

    with nuvom.Worker(threads=1):
        job = broken.with_options(retries=1, retry_delay_secs=0).delay()
        with pytest.raises(JobFailed):
            job.get(timeout=PATIENCE)

    assert job.info().failures == 2


@pytest.mark.parametrize(
    ("raised", "attempts"), [(ConnectionResetError, 3), (TimeoutError, 3), (ValueError, 1), (SystemExit, 1)]
)
def test_only_what_retry_on_names_is_tried_again(raised: type[BaseException], attempts: int) -> None:
    @task(retries=2, retry_delay_secs=0, retry_on=(ConnectionError, TimeoutError))
    def broken() -> None:
        raise raised("no")

    with nuvom.Worker(threads=1):
        job = broken.delay()
        with pytest.raises(JobFailed):
            job.get(timeout=PATIENCE)

    assert job.info().failures == attempts


def test_an_attempt_waits_for_its_delay(events: Events) -> None:
    @task(retries=1, retry_delay_secs=600)
    def broken() -> None:
        raise ValueError("no")

    job = broken.delay()
    with nuvom.Worker(threads=1):
        events.wait_for("ended", job_id=job.id, state="PENDING")

    info = job.info()
    assert (info.state, info.attempt) == ("PENDING", 2)
    assert info.run_at - info.attempts[0].ended_at == timedelta(seconds=600)


def test_an_exponential_delay_doubles_with_every_failure() -> None:
    @task(retries=3, retry_backoff="exponential", retry_delay_secs=0.02)
    def broken() -> None:
        raise ValueError("no")

    job = broken.delay()
    with nuvom.Worker(threads=1), pytest.raises(JobFailed):
        job.get(timeout=PATIENCE)

    attempts = job.info().attempts
    starts = [attempt.started_at for attempt in attempts[1:]]
    waits = [start - before.ended_at for before, start in zip(attempts, starts, strict=False) if start is not None]
    assert waits[0] >= timedelta(seconds=0.02)
    assert waits[1] >= timedelta(seconds=0.04)
    assert waits[2] >= timedelta(seconds=0.08)


def test_an_exponential_delay_is_lengthened_by_a_quarter_at_most(events: Events) -> None:
    @task(retries=1, retry_backoff="exponential", retry_delay_secs=100)
    def broken() -> None:
        raise ValueError("no")

    job = broken.delay()
    with nuvom.Worker(threads=1):
        events.wait_for("ended", job_id=job.id, state="PENDING")

    info = job.info()
    assert timedelta(seconds=100) <= info.run_at - info.attempts[0].ended_at <= timedelta(seconds=125)


def test_hooks_run_around_the_attempt_in_its_thread() -> None:
    told: list[tuple[str, object, str]] = []

    def tell(what: str, value: object = None) -> None:
        told.append((what, value, threading.current_thread().name))

    @task(before_job=lambda: tell("before"), after_job=lambda result: tell("after", result))
    def double(x: int) -> int:
        tell("task")
        return 2 * x

    with nuvom.Worker(threads=1):
        double.delay(21).get(timeout=PATIENCE)

    thread = told[0][2]
    assert told == [("before", None, thread), ("task", None, thread), ("after", 42, thread)]
    assert thread.startswith("nuvom-task-")


def test_on_error_gets_the_exception_of_every_failed_attempt() -> None:
    told: list[BaseException] = []

    @task(retries=1, retry_delay_secs=0, on_error=told.append, after_job=lambda _: told.append(AssertionError()))
    def broken() -> None:
        raise ValueError("no")

    with nuvom.Worker(threads=1), pytest.raises(JobFailed):
        broken.delay().get(timeout=PATIENCE)

    assert [(type(error), str(error)) for error in told] == [(ValueError, "no")] * 2


def test_hooks_that_fail_are_told_and_change_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def fail(*_: object) -> None:
        raise OSError("the hook")

    @task(before_job=fail, after_job=fail, on_error=fail)
    def answer(x: int) -> float:
        return 42 / x

    with nuvom.Worker(threads=1):
        assert answer.delay(1).get(timeout=PATIENCE) == 42
        with pytest.raises(JobFailed, match="ZeroDivisionError"):
            answer.delay(0).get(timeout=PATIENCE)

    messages = [record.getMessage() for record in caplog.records if "hook" in record.getMessage()]
    hooks = ["before_job", "after_job", "before_job", "on_error"]
    assert messages == [f"hook {hook} of task answer failed; the job's outcome is unchanged" for hook in hooks]


def test_a_task_knows_its_job() -> None:
    seen: list[nuvom.CurrentJob | None] = []

    @task(retries=3, queue="q1")
    def look() -> None:
        seen.append(nuvom.current_job())

    with nuvom.Worker(threads=1):
        job = look.delay()
        job.get(timeout=PATIENCE)

    (current,) = seen
    assert current is not None
    assert (current.id, current.task, current.queue) == (job.id, "look", "q1")
    assert (current.attempt, current.max_attempts, current.cancel_requested) == (1, 4, False)
    assert current.lease == 1


def test_outside_a_task_there_is_no_current_job() -> None:
    assert nuvom.current_job() is None


def test_coroutine_functions_are_tasks_with_hooks_and_a_current_job() -> None:
    told: list[object] = []

    @task(before_job=lambda: told.append("before"), after_job=told.append)
    async def double(x: int) -> int:
        current = nuvom.current_job()
        told.append(current is not None and current.task)
        return 2 * x

    with nuvom.Worker(threads=2):
        assert double.delay(21).get(timeout=PATIENCE) == 42

    assert told == ["before", "double", 42]


def test_a_coroutine_that_raises_fails_its_job() -> None:
    @task
    async def broken() -> None:
        raise ValueError("in the coroutine")

    with nuvom.Worker(threads=1), pytest.raises(JobFailed, match="in the coroutine"):
        broken.delay().get(timeout=PATIENCE)
