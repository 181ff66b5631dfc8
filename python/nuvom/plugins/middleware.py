"""What stands around enqueueing and running."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from nuvom.plugins.lifecycle import JobContext


@dataclass(slots=True, kw_only=True)
class Enqueueing:
    """Jobs that are about to be enqueued. Headers travel with each of them."""

    task: str
    queue: str
    count: int = 1
    headers: dict[str, str] = field(default_factory=dict)


class Middleware:
    """Does nothing; a middleware replaces what it needs."""

    def enqueueing(self, enqueueing: Enqueueing) -> AbstractContextManager[None]:
        """Stands around the enqueueing of jobs, in the caller."""
        return nullcontext()

    def running(self, context: JobContext) -> AbstractContextManager[None]:
        """Stands around an attempt, where it runs."""
        return nullcontext()
