"""Questions about jobs, queues and workers, as dashboards and scripts ask them.

Each has a twin for coroutines: `alist_jobs`, and so on.

    from nuvom import sdk

    for job in sdk.iter_jobs(status="FAILED", task="report"):
        sdk.retry_job(job.id)
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar, cast

from nuvom import _nuvom
from nuvom.info import JobInfo, JobStatus, read, record_to_info
from nuvom.job import Job

if TYPE_CHECKING:
    from nuvom._nuvom import Wanted, WorkerRow

P = ParamSpec("P")
T = TypeVar("T")

Status = Literal["PENDING", "RUNNING", "SUCCESS", "FAILED", "CANCELLED"]
"""The five states of a job."""

States = Status | JobStatus | Sequence[Status | JobStatus]
"""One state or several, as words or as members of `JobStatus`."""

MAX_PAGE = 1_000
"""The most jobs of one page."""


@dataclass(frozen=True, slots=True)
class JobPage:
    """Some jobs, newest first, and how to ask for those behind them."""

    jobs: list[JobInfo]
    cursor: str | None
    """What `list_jobs(cursor=…)` takes for the next page; `None` if this is the last one."""


@dataclass(frozen=True, slots=True)
class QueueInfo:
    """What waits and runs in a queue."""

    name: str
    pending: int
    """Jobs that wait, due or not."""
    running: int
    oldest: datetime | None
    """The earliest time, in UTC, for which one of those that wait is meant."""
    paused: bool
    """Whether workers take no jobs from it, until it is resumed."""
    made_per_minute: int | None
    """Jobs made in the last minute; `None` where the backend has no quick way to tell."""
    ended_per_minute: int | None
    """Jobs that ended in the last minute, in whatever way. Both are from a look at the newest 10,000 at most: where
    those do not reach back a minute, it is their pace."""


WorkerStatus = Literal["running", "stopping", "silent"]
"""How a worker is doing: it runs jobs, it only finishes those that run, or it was not heard of for three beats."""


@dataclass(frozen=True, slots=True)
class WorkerInfo:
    """A worker, as it says of itself at every beat (a third of `NUVOM_LEASE_SECS`). Times are UTC."""

    name: str
    status: WorkerStatus
    queues: list[str]
    """The queues that it serves; an empty list stands for all."""
    busy: int
    """Attempts that run."""
    slots: int
    """How many can run at once."""
    stuck: int
    """Attempts that were told to end, did not, and cannot be made to."""
    pool: str
    """Where it runs tasks: its pools by name, those without tasks left out."""
    host: str
    pid: int
    version: str
    """Of Nuvom."""
    started_at: datetime
    seen_at: datetime
    """When it was last heard of."""


def get_job_status(job_id: str) -> Status:
    """The state of a job. Raises `NotFound` if there is no such job, `InvalidValue` if this is not a job id."""
    return _nuvom.status(job_id)


def get_job(job_id: str) -> JobInfo:
    """The whole record of a job, with its attempts that did not succeed. Raises as `get_job_status` does."""
    return read(job_id)


def retry_job(job_id: str) -> None:
    """Has a job that failed or was cancelled run again, with a fresh budget and its history kept.

    Raises `Conflict` if it waits, runs or has succeeded, and as `get_job_status` does.
    """
    Job[Any](job_id).retry()


def cancel_job(job_id: str) -> bool:
    """Asks for the end of a job: True if it will not run (any more), False if it had ended already. Raises as
    `get_job_status` does.
    """
    return Job[Any](job_id).cancel()


def list_jobs(
    *,
    status: States = (),
    task: str | Sequence[str] = (),
    queue: str | Sequence[str] = (),
    tag: str | Sequence[str] = (),
    text: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> JobPage:
    """A page of jobs, newest first: at most `limit` (1 to 1000), in these states, of these tasks, in these queues, with
    all of these tags, with `text` in task, arguments or errors whatever its case, and made at the time `since` or later
    and before `until`; what is left out does not restrict. `cursor` is that of the page before.

    A time without a zone is local time. The attempts of the jobs are left out; `get_job` has them. Raises
    `InvalidValue` for a state or name that cannot be, `ValueError` for such a limit.
    """
    if not 1 <= limit <= MAX_PAGE:
        raise ValueError(f"limit is {limit}, expected 1 to {MAX_PAGE}")
    records = _nuvom.list_jobs(_wanted(status, task, queue, tag, text, since, until), cursor, limit + 1)
    jobs = [record_to_info(record) for record in records[:limit]]
    return JobPage(jobs, jobs[-1].id if len(records) > limit else None)


def iter_jobs(
    *,
    status: States = (),
    task: str | Sequence[str] = (),
    queue: str | Sequence[str] = (),
    tag: str | Sequence[str] = (),
    text: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Iterator[JobInfo]:
    """All such jobs, newest first, read a page at a time. Which they are is said as in `list_jobs`."""
    cursor = None
    while True:
        page = list_jobs(
            status=status,
            task=task,
            queue=queue,
            tag=tag,
            text=text,
            since=since,
            until=until,
            limit=MAX_PAGE,
            cursor=cursor,
        )
        yield from page.jobs
        if page.cursor is None:
            return
        cursor = page.cursor


def count_jobs(
    *,
    status: States = (),
    task: str | Sequence[str] = (),
    queue: str | Sequence[str] = (),
    tag: str | Sequence[str] = (),
    text: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> dict[str, int]:
    """How many such jobs there are, by state; each of the five states is there. What counts is as in `list_jobs`.

    By tag, text or time it reads the jobs, so it takes the longer the more there are; otherwise the store tells.
    """
    return _nuvom.count_jobs(_wanted(status, task, queue, tag, text, since, until))


def list_queues() -> list[QueueInfo]:
    """The queues that hold or held jobs or are paused, by name."""
    return [
        QueueInfo(name, pending, running, _utc(oldest), paused, made, ended)
        for name, pending, running, oldest, paused, made, ended in _nuvom.list_queues()
    ]


def pause_queues(*names: str) -> list[str]:
    """Has all workers take no jobs from these queues until they are resumed; answers which were not paused before.

    What runs goes on. Jobs may still be enqueued, and wait. A queue may be paused before it has its first job. Raises
    `Unsupported` if the backend does not promise it.
    """
    return _pause(names, paused=True)


def resume_queues(*names: str) -> list[str]:
    """Has workers take jobs from these queues again, at once; answers which of them were paused."""
    return _pause(names, paused=False)


def _pause(names: Sequence[str], *, paused: bool) -> list[str]:
    if not names:
        raise ValueError("no queue is named")
    return [name for name, changed in zip(names, _nuvom.pause_queues(names, paused), strict=True) if changed]


def _utc(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def list_workers() -> list[WorkerInfo]:
    """The workers, by name. One that ends well is not listed any more; one that was killed, hangs or cannot reach the
    store becomes "silent" after three beats, and is forgotten a day later.

    Raises `Unsupported` if workers of this queue are listed nowhere, as with some plugins.
    """
    return [_worker_info(row) for row in _nuvom.list_workers()]


def _worker_info(row: WorkerRow) -> WorkerInfo:
    started_at, seen_at = (datetime.fromtimestamp(time, UTC) for time in (row["started_at"], row["seen_at"]))
    told: dict[str, Any] = {**row, "started_at": started_at, "seen_at": seen_at}
    return WorkerInfo(**told)


def _wanted(
    status: str | Sequence[str],
    task: str | Sequence[str],
    queue: str | Sequence[str],
    tag: str | Sequence[str],
    text: str | None,
    since: datetime | None,
    until: datetime | None,
) -> Wanted:
    return {
        "states": _several(status),
        "tasks": _several(task),
        "queues": _several(queue),
        "tags": _several(tag),
        "text": text,
        "since": _micros(since),
        "until": _micros(until),
    }


def _micros(time: datetime | None) -> int | None:
    return None if time is None else round(time.timestamp() * 1_000_000)


def _several(value: str | Sequence[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _for_coroutines(ask: Callable[P, T]) -> Callable[P, Awaitable[T]]:
    async def asked(*args: P.args, **kwargs: P.kwargs) -> T:
        import asyncio  # only programs that have it already call this

        return await asyncio.get_running_loop().run_in_executor(None, partial(ask, *args, **kwargs))

    asked.__name__ = asked.__qualname__ = f"a{ask.__name__}"
    asked.__doc__ = f"`{ask.__name__}` for coroutines: the event loop goes on meanwhile."
    return asked


def _for_async_loops(ask: Callable[P, Iterator[T]]) -> Callable[P, AsyncIterator[T]]:
    async def asked(*args: P.args, **kwargs: P.kwargs) -> AsyncIterator[T]:
        import asyncio  # only programs that have it already call this

        loop, rest, end = asyncio.get_running_loop(), ask(*args, **kwargs), object()
        while (found := await loop.run_in_executor(None, next, rest, end)) is not end:
            yield cast("T", found)

    asked.__name__ = asked.__qualname__ = f"a{ask.__name__}"
    asked.__doc__ = f"`{ask.__name__}` for `async for`: the event loop goes on meanwhile."
    return asked


aget_job_status = _for_coroutines(get_job_status)
aget_job = _for_coroutines(get_job)
aretry_job = _for_coroutines(retry_job)
acancel_job = _for_coroutines(cancel_job)
alist_jobs = _for_coroutines(list_jobs)
aiter_jobs = _for_async_loops(iter_jobs)
acount_jobs = _for_coroutines(count_jobs)
alist_queues = _for_coroutines(list_queues)
apause_queues = _for_coroutines(pause_queues)
aresume_queues = _for_coroutines(resume_queues)
alist_workers = _for_coroutines(list_workers)
