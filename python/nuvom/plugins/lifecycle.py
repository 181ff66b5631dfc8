"""What hooks and middleware learn of an attempt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class JobContext:
    """An attempt, without its arguments."""

    job_id: str
    task: str
    queue: str
    attempt: int
    worker: str = ""
    tags: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
