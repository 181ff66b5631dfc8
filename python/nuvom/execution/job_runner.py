"""Calls a task for one attempt: its hooks, its function, its coroutine. It returns the task's value or lets its
exception through; what becomes of either is decided by the engine.
"""

from __future__ import annotations

from nuvom._typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from nuvom.plugins.attendance import Attendance
    from nuvom.task import Task

attendance: Attendance | None = None
"""The middleware and hooks of plugins, while there are any."""


class JobRunner:
    """Runs attempts of one task."""

    __slots__ = ("_task",)

    def __init__(self, task: Task[..., Any]) -> None:
        self._task = task

    def run(self, /, *args: Any, **kwargs: Any) -> Any:
        """One attempt: returns the value, or raises what the task raised."""
        return run(self._task, args, kwargs)


def run(task: Task[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """One attempt of `task` with the arguments of a job."""
    around = attendance  # read once: a worker that ends in another thread may take it away
    if around is None:
        return _run(task, args, kwargs)
    with around.attempt(task) as attempt:
        attempt.returned = _run(task, args, kwargs)
    return attempt.returned


def _run(task: Task[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if not task._rebuild_known or task._rebuild is not None:
        rebuild = task._rebuilding()
        if rebuild is not None:
            args, kwargs = rebuild.restore_call(args, kwargs)
            return rebuild.flatten_result(_attempt(task, args, kwargs))
    return _attempt(task, args, kwargs)


def _attempt(task: Task[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    options = task.options
    if "before_job" in options:
        _hook(task, "before_job")
    try:
        value = task.function(*args, **kwargs)
        if task.is_async:
            value = _await(value)
    except BaseException as error:
        if "on_error" in options:
            _hook(task, "on_error", error)
        raise
    if "after_job" in options:
        _hook(task, "after_job", value)
    return value


async def run_async(task: Task[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The same for a task made of an `async def`, on the running loop."""
    around = attendance
    if around is None:
        return await _run_async(task, args, kwargs)
    with around.attempt(task) as attempt:
        attempt.returned = await _run_async(task, args, kwargs)
    return attempt.returned


async def _run_async(task: Task[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    rebuild = task._rebuilding()
    if rebuild is not None:
        args, kwargs = rebuild.restore_call(args, kwargs)
    options = task.options
    if "before_job" in options:
        _hook(task, "before_job")
    try:
        value = await task.function(*args, **kwargs)
    except BaseException as error:
        if "on_error" in options:
            _hook(task, "on_error", error)
        raise
    if "after_job" in options:
        _hook(task, "after_job", value)
    return value if rebuild is None else rebuild.flatten_result(value)


def _hook(task: Task[..., Any], name: str, *args: Any) -> None:
    """A hook that fails is told and changes nothing."""
    hook: Callable[..., object] = task.options[name]
    try:
        hook(*args)
    except Exception:  # noqa: BLE001 - a hook may raise anything
        from nuvom.log import logger  # a worker has it already

        logger.exception("hook %s of task %s failed; the job's outcome is unchanged", name, task.name)


def _await(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Runs a coroutine in an event loop of its own, so that nothing it leaves behind reaches the next job."""
    import asyncio  # only tasks made of `async def` need it

    return asyncio.run(coroutine)
