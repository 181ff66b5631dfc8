"""Hooks on the life of every job and worker: what a plugin of the kind `lifecycle_hook` replaces."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class JobContext:
    """An attempt, without its arguments."""

    job_id: str
    task: str
    queue: str
    attempt: int
    """From 1."""

    worker: str = ""
    """The name of the worker, where it is known: not in its child processes, nor where a process has several."""

    tags: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    """What middleware sent along with the job."""


class LifecycleHook:
    """Does nothing; a plugin replaces what it needs.

    The first three run where the attempt runs, in the order of the plugins, and after it in reverse. The others run in
    the worker, a moment after what they tell of. A hook that raises is told and counted, one that takes longer than a
    second is told by name; neither changes the outcome of a job.
    """

    def before_job(self, context: JobContext) -> None:
        """An attempt begins."""

    def after_job(self, context: JobContext, result: Any) -> None:
        """An attempt returned this value."""

    def on_error(self, context: JobContext, error: BaseException) -> None:
        """An attempt raised this."""

    def on_retry(self, context: JobContext, error: str) -> None:
        """An attempt failed, and the job waits for its next one."""

    def on_lost(self, context: JobContext) -> None:
        """An attempt was lost with the process that ran it."""

    def on_worker_start(self, worker: str) -> None:
        """A worker of this process begins to claim."""

    def on_worker_stop(self, worker: str) -> None:
        """A worker of this process has ended."""

    def on_scheduler_start(self, scheduler: str) -> None:
        """A scheduler of this process begins to fire. One beside a worker has the worker's name."""

    def on_scheduler_stop(self, scheduler: str) -> None:
        """A scheduler of this process has ended."""
