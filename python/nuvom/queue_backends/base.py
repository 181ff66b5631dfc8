"""What a queue backend written in Python does.

Five methods are enough. A queue that has them takes jobs in and gives each out once: what a worker holds when it dies
is lost. More methods make more promises, and the engine uses them:

    enqueue_batch(jobs)           takes several jobs in at once
    enqueue_later(job, seconds)   takes a job in that is given out after a delay; without it, such jobs are refused
    ack(job)                      forgets a job that was given out; one that is never acknowledged is given out again
                                  after a time, so the death of a worker loses nothing. May answer False for "not yours
                                  any more"
    extend(job, seconds) -> bool  keeps a job that was given out from others for so long from now on
    release(job, seconds)         takes a job back, to give it out again after a delay

What no method shows is said in the class attribute `promises`, a set of words:

    "durable"         what was taken in survives the death of every process
    "cross_process"   several processes may use it at once
    "priorities"      it gives the lowest `job.priority` out first
    "queues"          `pop_batch` and `dequeue` take `queues=`, a list of names, and give only jobs with such a
                      `job.queue`
    "deliveries"      it sets `job.deliveries` to how often it has given the job out, so that losses are counted

`nuvom plugin test module:Class` holds a queue to the suite that every backend passes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from nuvom._nuvom import QueuedJob

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["BaseJobQueue", "QueuedJob"]


class BaseJobQueue(ABC):
    """A queue of jobs. It is called from several threads, and its class is made without arguments, or with the settings
    of its `[plugin.NAME]`.
    """

    promises: Collection[str] = frozenset()
    """What it promises beyond what its methods show."""

    @abstractmethod
    def enqueue(self, job: QueuedJob) -> None:
        """Takes a job in. `job.to_bytes()` is what to send elsewhere, `QueuedJob.from_bytes(data)` makes it a job."""

    @abstractmethod
    def dequeue(self, timeout: float | None = None) -> QueuedJob | None:
        """Gives the next job out, and waits for one at most `timeout` seconds; `None` if there is none."""

    @abstractmethod
    def pop_batch(self, batch_size: int = 1) -> list[QueuedJob]:
        """Gives at most so many jobs out, without waiting."""

    @abstractmethod
    def qsize(self) -> int:
        """How many jobs stand in it, about."""

    @abstractmethod
    def clear(self) -> int:
        """Throws away what stands in it; answers how many jobs."""
