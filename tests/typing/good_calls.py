"""Calls that are right. Type checkers find nothing here; `test_types.py` asks them."""

from __future__ import annotations

from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, assert_type

from nuvom import AsyncTask, CurrentJob, Job, Task, Worker, cron, current_job, every, sdk, task
from nuvom.errors import JobFailed, JobTimeout
from nuvom.info import JobInfo
from nuvom.job import JobStatus
from nuvom.scheduler import (
    Rule,
    Schedule,
    ScheduledTaskReference,
    ScheduleEnvelope,
    ScheduleInfo,
    SchedulerBackend,
    get_scheduler_backend,
    list_schedules,
)


@task
def add(x: int, y: int = 0) -> int:
    return x + y


@task(retries=2, retry_on=(OSError, ValueError), tags=["mail"], on_error=print)
def send(to: str, *, copies: int = 1) -> list[str]:
    return [to] * copies


@task(timeout_policy="ignore", run_in="process")
async def fetch(url: str) -> bytes:
    return url.encode()


@task
async def ping() -> None: ...


@task
def nothing() -> None: ...


@task(schedule=every(minutes=5), queue="reports")
def report() -> int:
    return 5


@task(schedule=cron("0 9 * * MON", timezone_name="Europe/Berlin", overlap="skip"))
async def weekly(week: int | None = None) -> str:
    return str(week)


def names(first: str, *rest: str, **more: int) -> dict[str, int]:
    return {first: len(rest), **more}


made = task(name="other")(names)


def a_task_is_called_like_its_function() -> None:
    assert_type(add(1, 2), int)
    assert_type(add(1), int)
    assert_type(send("ada", copies=2), list[str])
    assert_type(made("a", "b", c=1), dict[str, int])
    waiting = assert_type(fetch("url"), Coroutine[Any, Any, bytes])
    waiting.close()


def a_job_has_the_type_of_the_tasks_value() -> None:
    assert_type(add.delay(1, 2), Job[int])
    assert_type(add.delay(x=1, y=2), Job[int])
    assert_type(add.delay(1).get(), int)
    assert_type(add.submit(1, 2).get(timeout=10), int)
    assert_type(send.delay("ada", copies=2).get(), list[str])
    assert_type(made.delay("a", "b", c=1).get(), dict[str, int])
    assert_type(nothing.delay(), Job[None])


def a_job_of_a_coroutine_function_has_the_awaited_value() -> None:
    assert_type(fetch.delay("url"), Job[bytes])
    assert_type(fetch.delay("url").get(), bytes)
    assert_type(ping.delay(), Job[None])


async def jobs_can_be_awaited() -> None:
    job = await add.adelay(1, 2)
    assert_type(job, Job[int])
    assert_type(await job, int)
    assert_type(await fetch.adelay("url"), Job[bytes])
    assert_type(await (await fetch.adelay("url")), bytes)
    assert_type(await fetch("url"), bytes)


def map_makes_a_list_of_jobs() -> None:
    assert_type(add.map([(1, 2), [3], {"x": 4}]), list[Job[int]])
    assert_type(fetch.map((url,) for url in ("a", "b")), list[Job[bytes]])


def a_copy_with_options_keeps_the_signature() -> None:
    copy = add.with_options(queue="mail", priority=0, in_=5, retries=3, retry_backoff="exponential", tags=["a"])
    assert_type(copy.delay(1, 2), Job[int])
    assert_type(copy(1, 2), int)
    assert_type(fetch.with_options(timeout_secs=2).delay("url"), Job[bytes])


def a_task_fits_where_its_function_does() -> None:
    assert_type(list(map(add, [1, 2])), list[int])
    general: Task[[str], bytes] = fetch
    special: AsyncTask[[str], bytes] = fetch
    wide: Job[object] = add.delay(1)
    print(general.name, special.is_async, wide.id)


def jobs_and_errors_are_typed() -> None:
    job: Job[int] = Job("01890a5d-ac96-774b-bcce-b302099a8057")
    try:
        assert_type(job.get(), int)
    except JobFailed as failed:
        assert_type(failed.remote_traceback, str)
    except JobTimeout:
        assert_type(job.cancel(), bool)
    assert_type(job.info(), JobInfo)
    assert_type(job.status, str)


def workers_and_current_jobs_are_typed() -> None:
    with Worker(threads=2, queues=["mail"], name="w1") as worker:
        assert_type(worker, Worker)
        assert_type(worker.stop(), int)
    current = current_job()
    assert_type(current, CurrentJob | None)
    if current is not None:
        assert_type(current.attempt, int)


def schedules_are_made_in_four_ways() -> None:
    now = datetime.now(UTC)
    assert_type(add.schedule(1, 2, at=now), Schedule)
    assert_type(add.schedule(1, y=2, in_=5), Schedule)
    assert_type(add.schedule(1, in_=timedelta(hours=1)), Schedule)
    assert_type(add.schedule(1, interval=300, timezone_name=None), Schedule)
    assert_type(send.schedule("ada", copies=2, interval=0.5, misfire="all", overlap="skip"), Schedule)
    assert_type(nothing.schedule(interval=timedelta(days=1), starts_at=now, ends_at=now, max_runs=3), Schedule)
    assert_type(fetch.schedule("url", cron="@daily", timezone_name="Asia/Tokyo", id="fetch", jitter=60), Schedule)
    assert_type(add.with_options(queue="mail").schedule(1, cron="* * * * *"), Schedule)


def tasks_with_schedules_in_their_code_keep_their_types() -> None:
    assert_type(report.delay(), Job[int])
    assert_type(report(), int)
    assert_type(weekly.delay(week=3), Job[str])
    assert_type(every(30, max_runs=2), Rule)
    assert_type(every(timedelta(hours=1), jitter=timedelta(minutes=1)), Rule)
    assert_type(every(days=1, hours=2, seconds=0.5, misfire="skip"), Rule)
    assert_type(cron("@daily", "Europe/Berlin", starts_at=datetime.now(UTC)), Rule)


def handles_of_schedules_are_typed() -> None:
    schedule = Schedule("report")
    assert_type(schedule.id, str)
    assert_type(schedule.next_run, datetime | None)
    assert_type(schedule.info(), ScheduleInfo)
    assert_type(schedule.info().max_runs, int | None)
    assert_type(schedule.pause(), bool)
    assert_type(schedule.resume(), bool)
    assert_type(schedule.cancel(), bool)
    assert_type(schedule.trigger(), Job[Any])
    assert_type(schedule.preview(), list[datetime])
    assert_type(schedule.preview(3), list[datetime])
    assert_type(list_schedules(), list[ScheduleInfo])


def jobs_know_their_schedule() -> None:
    info: JobInfo = add.delay(1).info()
    assert_type(info.schedule, str | None)
    assert_type(info.tick_at, datetime | None)
    assert_type(info.missed_ticks, int)


def jobs_are_asked_for_by_filters() -> None:
    now = datetime.now(UTC)
    page = sdk.list_jobs(status=["FAILED"], task="add", queue="mail", tag=["a", "b"], text="x", since=now, until=now)
    assert_type(page, sdk.JobPage)
    assert_type(page.jobs, list[JobInfo])
    assert_type(page.cursor, str | None)
    assert_type(next(sdk.iter_jobs(tag="a", since=now)), JobInfo)
    assert_type(sdk.count_jobs(status=JobStatus.FAILED, text="x", until=now), dict[str, int])
    assert_type(sdk.count_jobs(status=[JobStatus.FAILED, "PENDING"]), dict[str, int])
    assert_type(JobStatus("FAILED"), JobStatus)


async def coroutines_ask_for_jobs_by_the_same_filters() -> None:
    now = datetime.now(UTC)
    assert_type(await sdk.alist_jobs(tag="a", limit=3, cursor=None, since=now), sdk.JobPage)
    assert_type(await sdk.acount_jobs(status="FAILED", text="x"), dict[str, int])
    async for job in sdk.aiter_jobs(status=["PENDING", "RUNNING"], until=now):
        assert_type(job, JobInfo)


def the_contract_of_schedules_is_typed() -> None:
    backend = assert_type(get_scheduler_backend(), SchedulerBackend)
    reference = ScheduledTaskReference("add", args=[1, 2], schedule_type="interval", interval_secs=60)
    assert_type(backend.enqueue(reference), ScheduleEnvelope)
    assert_type(backend.get("report"), ScheduleEnvelope | None)
    assert_type(backend.list(), list[ScheduleEnvelope])
    assert_type(backend.due(limit=3), list[ScheduleEnvelope])
