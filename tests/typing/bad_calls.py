"""Calls that are wrong, each marked on its line: mypy and pyright must find exactly these."""

from __future__ import annotations

from nuvom import Job, Task, Worker, cron, every, sdk, task
from nuvom.scheduler import Schedule, ScheduledTaskReference


@task
def add(x: int, y: int = 0) -> int:
    return x + y


@task(retries=2)
async def fetch(url: str) -> bytes:
    return url.encode()


def wrong_arguments() -> None:
    add("x")  # error: not an int
    add.delay("x")  # error: not an int
    add.delay(1, "y")  # error: not an int
    add.delay(1, y="2")  # error: not an int
    add.delay()  # error: x is missing
    add.delay(1, 2, 3)  # error: one too many
    add.delay(1, z=2)  # error: there is no z
    add.submit("x")  # error: not an int
    fetch.delay(7)  # error: not a str
    add.with_options(queue="mail").delay("x")  # error: not an int


async def wrong_arguments_of_coroutines() -> None:
    await add.adelay("x")  # error: not an int
    await fetch(7)  # error: not a str


def wrong_values() -> None:
    text: str = add.delay(1).get()  # error: it is an int
    job: Job[str] = add.delay(1)  # error: it is a Job[int]
    other: Task[[str], int] = add  # error: it takes an int
    print(text, job, other)
    add.delay(1).get(timeout="10")  # error: seconds are numbers
    add.map([1, 2])  # error: elements are sequences or mappings
    print(add.delay(1).result)  # error: there is no such attribute


def wrong_filters() -> None:
    sdk.list_jobs(status="DONE")  # error: not one of five
    sdk.list_jobs(since="yesterday")  # error: not a datetime
    sdk.iter_jobs(tags="mail")  # error: misspelt
    sdk.count_jobs(text=7)  # error: not a str
    sdk.aiter_jobs(until=3600)  # error: not a datetime


async def wrong_filters_of_coroutines() -> None:
    await sdk.alist_jobs(tag=3)  # error: not a str
    await sdk.acount_jobs(limit=3)  # error: there is no limit


def wrong_options() -> None:
    task(retires=3)  # error: misspelt
    task(retries="3")  # error: not an int
    task(timeout_policy="crash")  # error: not one of three
    task(run_in="fiber")  # error: not one of two
    task(retry_backoff="linear")  # error: not one of two
    task(retry_on="ValueError")  # error: not a class
    add.with_options(qeue="mail")  # error: misspelt
    add.with_options(priority="high")  # error: not an int
    add.with_options(name="other")  # error: a copy cannot change its name
    Worker(threads="2")  # error: not an int
    Worker(2)  # error: by keyword only
    Worker(scheduler="no")  # error: not a bool


def wrong_schedules() -> None:
    add.schedule(1, at="2090-01-01")  # error: not a datetime
    add.schedule(1, in_="5")  # error: seconds are numbers
    add.schedule(1, interval="5 minutes")  # error: seconds are numbers
    add.schedule(1, cron=5)  # error: not a str
    add.schedule(1, interval=5, misfire="never")  # error: not one of three
    add.schedule(1, interval=5, overlap=True)  # error: not one of two
    add.schedule(1, interval=5, max_runs="3")  # error: not an int
    add.schedule(1, interval=5, starts_at=0)  # error: not a datetime
    add.schedule(1, interval=5, id=7)  # error: not a str
    task(schedule="*/5 * * * *")  # error: not a rule
    task(schedule=every)  # error: not called
    every("5m")  # error: seconds are numbers
    every(minutes="5")  # error: not a number
    every(weeks=1)  # error: there are no weeks
    every(60, 30)  # error: by keyword only
    every(60, overlap="wait")  # error: not one of two
    cron(5)  # error: not a str
    cron()  # error: the expression is missing
    cron("@daily", timezone="UTC")  # error: misspelt


def wrong_handles(schedule: Schedule) -> None:
    schedule.preview("3")  # error: not an int
    schedule.pause(5)  # error: one too many
    schedule.id = "other"  # error: cannot be set
    print(schedule.runs)  # error: there is no such attribute
    ScheduledTaskReference("add", schedule_type="daily")  # error: not one of three
