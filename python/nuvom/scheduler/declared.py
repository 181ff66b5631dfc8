"""The schedules that stand in the code, as `@task(schedule=…)`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nuvom import _nuvom
from nuvom.errors import Conflict
from nuvom.registry.registry import by_name

if TYPE_CHECKING:
    from nuvom.task import Task

PREFIX = "task/"
"""The id of the schedule of the task `report` is `task/report`."""


def check(task: Task[..., Any]) -> None:
    """Raises where the task is defined if it could not have the schedule that stands above it."""
    task._blueprint.check_declared(PREFIX + task.name, task.options["schedule"].plan)


def has_declared() -> bool:
    """Whether a registered task has a schedule in its code."""
    return any("schedule" in task.options for task in by_name.values())


def sync(*, retires: bool, is_dry: bool = False) -> list[tuple[str, str]]:
    """Makes the schedules of registered tasks what their code says: adds and changes them and, with `retires`, removes
    those of tasks that have none any more. Answers their ids, with "added", "changed" or "retired"; with `is_dry` only
    what would be done.
    """
    tasks: dict[str, Task[..., Any]] = {task.name: task for task in by_name.values() if "schedule" in task.options}
    wanted = [(PREFIX + name, task._blueprint, task.options["schedule"].plan) for name, task in tasks.items()]
    return _nuvom.sync_schedules(wanted, retires, is_dry)


def answer(is_dry: bool) -> str:
    """What `nuvom schedule sync` shows, as JSON. Loads the project's tasks; where one cannot be loaded nothing is done,
    since its schedules would be taken for gone.
    """
    import json

    from nuvom.discovery.auto_register import auto_register

    failures = auto_register().failures
    if failures:
        modules = "; ".join(f"{failure.module}: {failure.reason}" for failure in failures)
        raise Conflict(f"no schedule was touched, since not every module can be loaded: {modules}")
    done = sync(retires=True, is_dry=is_dry)
    return json.dumps([{"id": id, "done": what} for id, what in done])
