"""The single source of truth for which tasks this process knows."""

from __future__ import annotations

from _thread import allocate_lock

from nuvom._nuvom import note_kind
from nuvom.errors import DuplicateTask, NotFound

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from nuvom.task import Task

by_name: dict[str, Task[..., Any]] = {}
"""Names and aliases. Workers look tasks up here; to change it is the registry's affair alone."""

_lock = allocate_lock()


class TaskRegistry:
    """All tasks of this process. Safe to use from any thread."""

    def register(self, task: Task[..., Any], *, force: bool = False, silent: bool = False) -> None:
        """Adds a task under its name and aliases.

        A name that another function holds raises `DuplicateTask`, unless `force` replaces it or `silent` leaves
        the first one. The same function registered again, as a reload does, replaces itself.
        """
        names = [task.name, *task.options.get("aliases", ())]
        with _lock:
            for name in names:
                holder = by_name.get(name)
                if holder is None or force or _is_same(holder, task):
                    continue
                if silent:
                    return
                raise DuplicateTask(
                    f"two tasks are named {name!r}: {_place(holder)} and {_place(task)}. "
                    "Give one of them another name, by @task(name=...)"
                )
            for name in names:
                by_name[name] = task
                note_kind(name, task.is_async, task.options.get("run_in"))

    def get(self, name: str) -> Task[..., Any]:
        """The task of this name or alias; raises `NotFound`."""
        try:
            return by_name[name]
        except KeyError:
            raise NotFound(f"no task is named {name!r}; known are: {', '.join(sorted(by_name)) or 'none'}") from None

    def all(self) -> dict[str, Task[..., Any]]:
        """A copy: tasks by name, without aliases."""
        with _lock:
            return {name: task for name, task in by_name.items() if task.name == name}

    def forget_module(self, module: str) -> None:
        """Forgets the tasks that this module defines: it could not be loaded to its end."""
        with _lock:
            for name in [name for name, task in by_name.items() if task.function.__module__ == module]:
                del by_name[name]

    def clear(self) -> None:
        """Forgets all tasks: for tests."""
        with _lock:
            by_name.clear()

    def __contains__(self, name: object) -> bool:
        return name in by_name

    def __iter__(self) -> Iterator[str]:
        return iter(self.all())

    def __len__(self) -> int:
        return len(self.all())


_registry = TaskRegistry()


def get_task_registry() -> TaskRegistry:
    """The registry of this process."""
    return _registry


def register(task: Task[..., Any]) -> None:
    """What `@task` calls."""
    _registry.register(task)


def _is_same(one: Task[..., Any], other: Task[..., Any]) -> bool:
    return _identity(one) == _identity(other)


def _identity(task: Task[..., Any]) -> tuple[str, str]:
    function = task.function
    module = function.__module__
    if module == "__main__":
        # The module that `python tasks.py` runs is the one that a worker imports as `tasks`.
        module = _file(task)
    return module, function.__qualname__


def _file(task: Task[..., Any]) -> str:
    code = getattr(task.function, "__code__", None)
    return code.co_filename if code is not None else ""


def _place(task: Task[..., Any]) -> str:
    code = getattr(task.function, "__code__", None)
    place = f"{task.function.__module__}.{task.function.__qualname__}"
    return f"{place} ({code.co_filename}:{code.co_firstlineno})" if code is not None else place
