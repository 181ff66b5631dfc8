"""Tasks that do what they should not: each ends its own job, and the worker goes on."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator

import nuvom
import pytest
from harness import PATIENCE
from nuvom import task
from nuvom.errors import JobFailed, TimeLimitReached

pytestmark = pytest.mark.usefixtures("backend")


class Own(BaseException):
    """Not even an Exception."""


@pytest.fixture
def worker() -> Iterator[nuvom.Worker]:
    """One thread, so that whatever a task breaks, the next one meets."""
    with nuvom.Worker(threads=1) as running:
        yield running
        assert task(name="afterwards")(lambda: "served").delay().get(timeout=PATIENCE) == "served"


@pytest.mark.parametrize("raised", [SystemExit, KeyboardInterrupt, GeneratorExit, BaseException, StopIteration, Own])
def test_anything_that_a_task_raises_is_a_failure(worker: nuvom.Worker, raised: type[BaseException]) -> None:
    @task
    def escape() -> None:
        raise raised("out")

    with pytest.raises(JobFailed) as failed:
        escape.delay().get(timeout=PATIENCE)

    assert failed.value.kind.endswith(raised.__qualname__)
    assert failed.value.reason == "out"


@pytest.mark.parametrize("raised", [SystemExit, KeyboardInterrupt, GeneratorExit, Own])
def test_anything_that_a_coroutine_raises_is_a_failure(worker: nuvom.Worker, raised: type[BaseException]) -> None:
    @task
    async def escape() -> None:
        raise raised("out")

    with pytest.raises(JobFailed) as failed:
        escape.delay().get(timeout=PATIENCE)

    assert failed.value.kind.endswith(raised.__qualname__)


def test_endless_recursion_is_a_failure_with_a_short_traceback(worker: nuvom.Worker) -> None:
    @task
    def deeper(level: int) -> int:
        return deeper(level + 1) + 1

    with pytest.raises(JobFailed) as failed:
        deeper.delay(0).get(timeout=PATIENCE)

    assert failed.value.kind == "RecursionError"
    assert len(failed.value.remote_traceback) < 64_100


def test_a_value_that_cannot_be_kept_fails_the_job_without_another_attempt(worker: nuvom.Worker) -> None:
    runs: list[int] = []

    @task(retries=3, retry_delay_secs=0)
    def lock() -> object:
        runs.append(1)
        return {"lock": threading.Lock()}

    with pytest.raises(JobFailed) as failed:
        lock.delay().get(timeout=PATIENCE)

    assert failed.value.kind == "ResultError"
    assert "['lock'] has type _thread.lock" in failed.value.reason
    assert runs == [1]


def test_a_value_beyond_the_limit_fails_the_job_without_another_attempt(worker: nuvom.Worker) -> None:
    runs: list[int] = []

    @task(retries=3, retry_delay_secs=0)
    def large() -> bytes:
        runs.append(1)
        return bytes(100_000_000)

    with pytest.raises(JobFailed) as failed:
        large.delay().get(timeout=PATIENCE)

    assert failed.value.kind == "ResultError"
    assert "returned 100000006 bytes, and NUVOM_MAX_RESULT_BYTES allows 8388608" in failed.value.reason
    assert runs == [1]


def test_a_value_that_is_not_kept_may_be_anything(worker: nuvom.Worker) -> None:
    @task(store_result=False)
    def lock() -> object:
        return threading.Lock()

    assert lock.delay().get(timeout=PATIENCE) is None


def test_an_exception_that_cannot_be_told_is_a_failure_all_the_same(worker: nuvom.Worker) -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError("cannot say")

    @task
    def fail() -> None:
        raise Mute

    with pytest.raises(JobFailed, match="its message could not be made: RuntimeError"):
        fail.delay().get(timeout=PATIENCE)


def test_text_that_is_not_unicode_in_an_exception_is_stored(worker: nuvom.Worker) -> None:
    @task
    def fail() -> None:
        raise ValueError("half a pair: \ud800")

    with pytest.raises(JobFailed, match=r"half a pair: \?"):
        fail.delay().get(timeout=PATIENCE)


def test_a_task_that_runs_in_circles_is_ended_at_its_limit(worker: nuvom.Worker) -> None:
    @task(timeout_secs=0.05, retries=3)
    def spin() -> None:
        while True:
            pass

    job = spin.delay()
    with pytest.raises(JobFailed, match=r"spin ran longer than its limit of 0.05 s"):
        job.get(timeout=PATIENCE)

    info = job.info()
    assert [(attempt.outcome, attempt.kind) for attempt in info.attempts] == [("timed out", "TimeLimitReached")]


def test_a_passed_limit_counts_as_a_failure_where_the_task_says_retry(worker: nuvom.Worker) -> None:
    @task(timeout_secs=0.05, timeout_policy="retry", retries=1, retry_delay_secs=0)
    def spin() -> None:
        while True:
            pass

    job = spin.delay()
    with pytest.raises(JobFailed):
        job.get(timeout=PATIENCE)

    assert [attempt.outcome for attempt in job.info().attempts] == ["timed out", "timed out"]


def test_a_passed_limit_is_success_without_a_value_where_the_task_says_ignore(worker: nuvom.Worker) -> None:
    @task(timeout_secs=0.05, timeout_policy="ignore")
    def spin() -> int:
        while True:
            pass

    job = spin.delay()

    assert job.get(timeout=PATIENCE) is None
    assert job.status == "SUCCESS"


def test_a_task_can_clean_up_when_its_limit_passes(worker: nuvom.Worker) -> None:
    told: list[str] = []

    @task(timeout_secs=0.05)
    def spin() -> None:
        try:
            while True:
                pass
        except Exception:  # noqa: BLE001 - what careless tasks do
            told.append("an interruption is no Exception")
        except TimeLimitReached:
            told.append("cleaned up")
            raise

    with pytest.raises(JobFailed):
        spin.delay().get(timeout=PATIENCE)

    assert told == ["cleaned up"]


def test_a_limit_that_passed_does_not_reach_the_next_job(worker: nuvom.Worker) -> None:
    @task(timeout_secs=0.02)
    def spin() -> None:
        while True:
            pass

    @task
    def count() -> int:
        return sum(1 for _ in range(10_000))

    jobs: list[nuvom.Job[object]] = []
    for _ in range(10):
        jobs += [spin.delay(), count.delay()]
    for job in jobs[::2]:
        with pytest.raises(JobFailed):
            job.get(timeout=PATIENCE)

    assert [job.get(timeout=PATIENCE) for job in jobs[1::2]] == [10_000] * 10


def test_a_coroutine_is_ended_at_its_limit(worker: nuvom.Worker) -> None:
    import asyncio

    @task(timeout_secs=0.05)
    async def spin() -> None:
        while True:
            await asyncio.sleep(0)

    with pytest.raises(JobFailed, match="ran longer than its limit"):
        spin.delay().get(timeout=PATIENCE)


def test_a_limit_of_zero_is_none(worker: nuvom.Worker) -> None:
    @task(timeout_secs=0)
    def unhurried() -> str:
        return "done"

    assert unhurried.delay().get(timeout=PATIENCE) == "done"


def test_a_task_that_replaces_stdout_and_hooks_does_not_silence_the_worker(
    worker: nuvom.Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    monkeypatch.setattr(sys, "stderr", sys.stderr)

    @task
    def vandal() -> None:
        sys.stdout = sys.stderr = None
        print("into the void")
        raise ValueError("told in spite of it")

    with pytest.raises(JobFailed, match="told in spite of it"):
        vandal.delay().get(timeout=PATIENCE)
