"""What stands around enqueueing and running: what a plugin of the kind `middleware` replaces."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from nuvom.plugins.lifecycle import JobContext


@dataclass(slots=True, kw_only=True)
class Enqueueing:
    """Jobs that are about to be enqueued."""

    task: str
    queue: str
    count: int = 1
    """How many jobs, of one `delay` or one `map`."""

    headers: dict[str, str] = field(default_factory=dict)
    """Texts that travel with each of them, at most 32 and 8 KiB in all. The task reads them as
    `nuvom.current_job().headers`.
    """


class Middleware:
    """Does nothing; a plugin replaces what it needs. The first plugin is the outermost."""

    def enqueueing(self, enqueueing: Enqueueing) -> AbstractContextManager[None]:
        """Stands around the enqueueing of jobs, in the caller. What it raises before refuses them, and the caller gets
        it.
        """
        return nullcontext()

    def running(self, context: JobContext) -> AbstractContextManager[None]:
        """Stands around an attempt, where it runs; the task sees the context variables that it sets. What it raises is
        a failure of the attempt.
        """
        return nullcontext()
