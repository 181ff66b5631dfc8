"""Where child processes find the tasks of this one."""

from __future__ import annotations

import sys
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from nuvom.task import Task


def places(tasks: Iterable[Task[..., Any]]) -> tuple[list[str], str | None]:
    """The modules that define these tasks, and the script if some are defined in the program itself."""
    modules = {task.function.__module__: None for task in tasks}
    script = None
    if "__main__" in modules:
        del modules["__main__"]
        main = sys.modules["__main__"]
        file = getattr(main, "__file__", None)
        script = str(Path(file).resolve()) if file else None
    return list(modules), script
