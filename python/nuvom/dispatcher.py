"""Enqueueing by task, for code that does not hold the decorated function."""

from __future__ import annotations

from nuvom._typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from nuvom.job import Job
    from nuvom.task import Task


def enqueue(task: Task[..., Any] | str, /, *args: Any, **kwargs: Any) -> Job[Any]:
    """`task.delay(...)`; a task of this process may also be given by name (`NotFound` if there is none)."""
    return _task(task).delay(*args, **kwargs)


def enqueue_many(task: Task[..., Any] | str, calls: Iterable[Sequence[Any] | Mapping[str, Any]]) -> list[Job[Any]]:
    """`task.map(...)`, likewise."""
    return _task(task).map(calls)


def _task(task: Task[..., Any] | str) -> Task[..., Any]:
    if not isinstance(task, str):
        return task
    from nuvom.registry.registry import get_task_registry  # with the first name

    return get_task_registry().get(task)
