"""What a worker's metrics say is what its store says; read by the real parser of Prometheus."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator

import nuvom
import pytest
from harness import MEET, PATIENCE, Meeting, Nuvom, WorkerProcess
from nuvom.plugins.monitoring.prometheus import PrometheusPlugin
from scraping import Page, ask, scrape

pytestmark = pytest.mark.usefixtures("sqlite")


@pytest.fixture
def plugin() -> Iterator[PrometheusPlugin]:
    """One that is stopped at the end, at any free port."""
    made = PrometheusPlugin()
    yield made
    made.stop()


def run_all_kinds_of_jobs() -> list[nuvom.Job[object]]:
    """Enqueues jobs that succeed, fail, come right at the second attempt, and run out of time."""

    @nuvom.task
    def add(x: int) -> int:
        return x + 1

    @nuvom.task(queue="mail", retries=1, retry_delay_secs=0)
    def fail() -> None:
        raise ValueError("never")

    @nuvom.task(retries=1, retry_delay_secs=0)
    def come_right() -> int:
        current = nuvom.current_job()
        assert current is not None
        if current.attempt == 1:
            raise ValueError("not yet")
        return current.attempt

    @nuvom.task(timeout_secs=0.05)
    async def wait_for_ever() -> None:
        await asyncio.Event().wait()

    jobs: list[nuvom.Job[object]] = [*add.map([(number,) for number in range(20)])]
    jobs += [fail.delay(), fail.delay(), come_right.delay(), wait_for_ever.delay()]
    return jobs


def wait_for(jobs: list[nuvom.Job[object]]) -> None:
    """Waits until all have ended, however that is."""
    for job in jobs:
        try:
            job.get(timeout=PATIENCE)
        except nuvom.JobFailed:
            continue


def in_store(jobs: list[nuvom.Job[object]]) -> Counter[tuple[str, str, str]]:
    """How many of the jobs the store has by task, queue and state."""
    records = [job.info() for job in jobs]
    return Counter((record.task, record.queue, record.state) for record in records)


def outcomes_in_store(jobs: list[nuvom.Job[object]]) -> Counter[tuple[str, str]]:
    """How many attempts of the jobs did not succeed, by task and outcome, as the store keeps them."""
    records = [job.info() for job in jobs]
    return Counter((record.task, attempt.outcome) for record in records for attempt in record.attempts)


def counted(page: Page) -> Counter[tuple[str, str, str]]:
    """How many jobs ended, by task, queue and state, as the page says."""
    found: Counter[tuple[str, str, str]] = Counter()
    for sample in page.samples:
        if sample.name == "nuvom_jobs_total":
            found[sample.labels["task"], sample.labels["queue"], sample.labels["state"]] += int(sample.value)
    return found


def failures(page: Page) -> Counter[tuple[str, str]]:
    """How many attempts did not succeed, by task and outcome, as the page says."""
    found: Counter[tuple[str, str]] = Counter()
    for sample in page.samples:
        if sample.name in ("nuvom_jobs_total", "nuvom_retries_total") and sample.labels["outcome"] != "succeeded":
            found[sample.labels["task"], sample.labels["outcome"].replace("_", " ")] += int(sample.value)
    return found


def test_counters_are_what_the_store_says(plugin: PrometheusPlugin) -> None:
    worker = nuvom.Worker(threads=2, monitored=True)
    plugin.start({"port": 0}, metrics_provider=worker.metrics)
    jobs = run_all_kinds_of_jobs()
    with worker:
        wait_for(jobs)

    page = scrape(plugin.port)

    assert counted(page) == in_store(jobs)
    assert page.sum("nuvom_jobs_total", outcome="timed_out", state="FAILED") == 1
    assert page.sum("nuvom_retries_total", outcome="failed") == 3
    attempts = len(jobs) + 3
    assert page.sum("nuvom_claims_total") == attempts + page.sum("nuvom_hand_backs_total")
    assert page.sum("nuvom_job_run_seconds_count") == page.sum("nuvom_job_wait_seconds_count") == attempts
    assert page.sum("nuvom_store_errors_total") == 0
    assert page.sum("nuvom_store_call_seconds_count", store="jobs", operation="exchange") > 0


def test_failed_attempts_are_counted_as_often_as_the_store_keeps_them(plugin: PrometheusPlugin) -> None:
    worker = nuvom.Worker(threads=2, monitored=True)
    plugin.start({"port": 0}, metrics_provider=worker.metrics)
    jobs = run_all_kinds_of_jobs()
    with worker:
        wait_for(jobs)

    page = scrape(plugin.port)

    assert outcomes_in_store(jobs) == failures(page)
    assert failures(page) == {("fail", "failed"): 4, ("come_right", "failed"): 1, ("wait_for_ever", "timed out"): 1}


DIES = """
import os

from nuvom import task


@task(on_lost="fail")
def die() -> None:
    os._exit(7)
"""


def test_a_child_that_dies_is_a_loss_and_the_end_of_a_job_that_must_not_repeat(
    command: Nuvom, plugin: PrometheusPlugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(command.project)
    die = command.tasks(DIES).die
    with nuvom.Worker(threads=1, pool="process", monitored=True) as worker:
        plugin.start({"port": 0}, metrics_provider=worker.metrics)
        job = die.delay()
        wait_for([job])

    page = scrape(plugin.port)

    assert counted(page) == in_store([job])
    assert page.sum("nuvom_losses_total", task="die", holder="child") == 1
    assert page.sum("nuvom_jobs_total", task="die", outcome="lost", state="FAILED") == 1
    assert page.sum("nuvom_children_died_total") == 1


def test_a_job_of_a_lost_worker_is_counted_by_the_one_that_finds_it(
    command: Nuvom, runworker: Callable[..., WorkerProcess], plugin: PrometheusPlugin
) -> None:
    meet = command.tasks(MEET).meet
    nuvom.configure(lease_secs=1)
    with Meeting() as meeting:
        lost = runworker("--workers", "1", lease_secs="1")
        job = meet.delay(meeting.port)
        meeting.guest()
        lost.kill()
        with nuvom.Worker(threads=1, monitored=True) as worker:
            plugin.start({"port": 0}, metrics_provider=worker.metrics)
            meeting.guest().tell("found")
            wait_for([job])

    page = scrape(plugin.port)

    assert page.sum("nuvom_losses_total", task="meet", queue="default", holder="worker") == job.info().losses == 1
    assert counted(page) == in_store([job])


def test_a_running_worker_tells_its_pools_and_queues(plugin: PrometheusPlugin) -> None:
    @nuvom.task(queue="mail")
    def send(number: int) -> int:
        return number

    waiting = send.map([(number,) for number in range(5)])
    with nuvom.Worker(threads=3, queues=["default"], name="w-7", monitored=True) as worker:
        plugin.start({"port": 0}, metrics_provider=worker.metrics)
        page = scrape(plugin.port)
        health, _ = ask(plugin.port, "/health")

    assert len(waiting) == page.sum("nuvom_queue_jobs", queue="mail", state="waiting")
    assert page.sum("nuvom_queue_oldest_seconds", queue="mail") > 0
    assert page.sum("nuvom_pool_slots", pool="threads") == 3
    assert page.sum("nuvom_worker_info", worker="w-7", version=nuvom.__version__, environment="dev") == 1
    assert page.sum("nuvom_worker_healthy") == 1
    assert health.status == 200


def test_a_worker_that_has_gone_is_not_healthy_and_its_counters_remain(plugin: PrometheusPlugin) -> None:
    jobs = run_all_kinds_of_jobs()
    with nuvom.Worker(threads=2, monitored=True) as worker:
        plugin.start({"port": 0}, metrics_provider=worker.metrics)
        wait_for(jobs)

    health, _ = ask(plugin.port, "/health")

    assert health.status == 503
    assert scrape(plugin.port).sum("nuvom_jobs_total") == len(jobs)


def test_a_worker_that_nobody_monitors_counts_nothing() -> None:
    with nuvom.Worker(threads=1) as worker:
        assert worker.metrics is None
