"""A job: one request to run a task, as its client sees it."""

from __future__ import annotations

from nuvom import _nuvom
from nuvom._typed import TYPE_CHECKING, OfValue
from nuvom.errors import Conflict, JobCancelled, JobFailed, JobTimeout

if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Any

    from nuvom._typed import R_co
    from nuvom.info import JobInfo
    from nuvom.info import JobStatus as JobStatus
    from nuvom.task import Task


class Job(OfValue["R_co"]):
    """A handle on a job, by its id. `Job(id)` finds one that another process made."""

    __slots__ = ("_id", "_task")

    _id: str
    _task: Task[..., R_co] | None

    def __init__(self, id: str) -> None:
        """Raises `InvalidValue` if this is not a job id. Whether the job exists is asked when it is used."""
        self._id = _nuvom.check_id(id)
        self._task = None

    @classmethod
    def _made(cls, id: str, task: Task[..., R_co]) -> Job[R_co]:
        job = object.__new__(cls)
        job._id = id
        job._task = task
        return job

    @property
    def id(self) -> str:
        """The job's id, a UUID."""
        return self._id

    @property
    def status(self) -> str:
        """PENDING, RUNNING, SUCCESS, FAILED or CANCELLED. A job that waits for its next attempt is PENDING."""
        return _nuvom.status(self._id)

    def get(self, timeout: float | None = None) -> R_co:
        """Waits for the task's value and returns it.

        `timeout` is in seconds; without one, waits as long as it takes. Raises `JobFailed` with the worker's
        traceback, `JobCancelled`, or `JobTimeout`, after which the job goes on.
        """
        return self._value(_nuvom.wait(self._id, timeout), timeout)

    def info(self) -> JobInfo:
        """The whole record, with the attempts that did not succeed."""
        from nuvom.info import read  # dataclasses, which only those who look need

        return read(self._id)

    def cancel(self) -> bool:
        """Asks for the job's end: True if it will not run (any more), False if it had ended already.

        A waiting job is cancelled at once. A running one is interrupted by its worker; what it has done stays
        done.
        """
        return _nuvom.cancel(self._id) in ("done", "requested")

    def retry(self) -> None:
        """Has a job that failed or was cancelled run again, with a fresh budget and its history kept.

        Raises `Conflict` if it waits, runs or has succeeded.
        """
        answer = _nuvom.retry(self._id)
        if answer != "done":
            raise Conflict(f"job {self._id} is {answer}: only one that is FAILED or CANCELLED can be retried")

    def __await__(self) -> Generator[Any, None, R_co]:
        return self._wait().__await__()

    async def _wait(self) -> R_co:
        import asyncio  # whoever awaits has it already

        loop = asyncio.get_running_loop()
        ended: asyncio.Future[str] = loop.create_future()

        def tell(state: str | None, error: BaseException | None) -> None:
            if ended.done():
                return
            if error is not None:
                ended.set_exception(error)
            else:
                ended.set_result(state or "")

        def call_back(state: str | None, error: BaseException | None) -> None:
            try:  # noqa: SIM105 - contextlib would be imported for this alone
                loop.call_soon_threadsafe(tell, state, error)
            except RuntimeError:
                pass  # the loop was closed: nobody waits any more

        _nuvom.call_back(self._id, call_back)
        return self._value(await ended, None)

    def _value(self, state: str, timeout: float | None) -> R_co:
        if state == "SUCCESS":
            value = _nuvom.result(self._id)
            task = self._task
            rebuild = task._rebuilding() if task is not None else None
            return value if rebuild is None else rebuild.restore_result(value)  # type: ignore[no-any-return]  # what the task returned
        if state == "FAILED":
            attempts = _nuvom.attempts(self._id)
            last = attempts[-1] if attempts else {"kind": "unknown", "message": "", "traceback": ""}
            raise JobFailed(self._id, last["kind"], last["message"], last["traceback"])
        if state == "CANCELLED":
            raise JobCancelled(f"job {self._id} was cancelled")
        raise JobTimeout(f"job {self._id} is still {state} after {timeout} s; it goes on")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Job) and other._id == self._id

    def __hash__(self) -> int:
        return hash(self._id)

    def __repr__(self) -> str:
        return f"<Job {self._id}>"


if not TYPE_CHECKING:

    def __getattr__(name):
        if name != "JobStatus":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from nuvom.info import JobStatus  # enumerations, which only those who name states need

        return JobStatus
