"""A child process of a worker: `python -m nuvom.execution.child`, started by the worker and by nobody else."""

from __future__ import annotations

import json
import os
import runpy
import signal
import sys
from importlib import import_module
from pathlib import Path
from typing import TypedDict

from nuvom.execution.stacks import show_stacks_on_request


class Terms(TypedDict):
    """What a worker tells its children."""

    path: list[str]
    modules: list[str]
    script: str | None
    root: str
    settings: dict[str, str]
    log_level: str
    log_format: str
    coroutines: int
    max_result_bytes: int
    grace_secs: float
    fence_secs: float
    fence_grace_secs: float
    measures: bool


def main() -> None:
    """Loads the tasks, then serves the worker until it closes the pipe."""
    # Programs that tasks start have no use for it.
    terms: Terms = json.loads(os.environ.pop("NUVOM_CHILD_TERMS"))
    pipes = _take_pipes()
    _ignore_signals()
    show_stacks_on_request()
    sys.path[:] = terms["path"]
    _configure(terms)
    for module in terms["modules"]:
        try:
            import_module(module)
        # A module may raise anything, and one that exits is just as broken.
        except (Exception, SystemExit):  # noqa: BLE001 - see above
            # What it registered before would run without what it defines further down.
            from nuvom.log import logger
            from nuvom.registry import get_task_registry

            get_task_registry().forget_module(module)
            logger.exception("a child process could not load the module %s", module)
    from nuvom.log import adopt_root

    adopt_root()
    if terms["script"] is not None:
        # As multiprocessing does: the program's own guard keeps it from running a second time.
        runpy.run_path(terms["script"], run_name="__mp_main__")
    root = Path(terms["root"])
    if (root / ".nuvom_plugins.toml").exists():
        from nuvom.plugins.in_worker import attend_in_child  # only projects with plugins need it

        attend_in_child(root)
    from nuvom import _nuvom

    _nuvom.serve_child(*pipes, {key: terms[key] for key in _SERVED})  # type: ignore[literal-required]


_SERVED = ("coroutines", "max_result_bytes", "grace_secs", "fence_secs", "fence_grace_secs", "measures")


def _take_pipes() -> tuple[int, int]:
    """Moves the pipes out of the way of user code: tasks find an empty standard input, and what they print goes to
    the worker's standard error.
    """
    pipes = (os.dup(0), os.dup(1))
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    if sys.platform == "win32":
        import msvcrt

        return msvcrt.get_osfhandle(pipes[0]), msvcrt.get_osfhandle(pipes[1])
    return pipes


def _ignore_signals() -> None:
    """Process managers signal a whole group, but when to end is the worker's decision. A handler, unlike SIG_IGN, is
    not inherited by the programs that tasks start.
    """
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda number, frame: None)


def _configure(terms: Terms) -> None:
    import nuvom
    from nuvom.log import setup_logging

    if terms["settings"]:
        nuvom.configure(**terms["settings"])
    setup_logging(terms["log_level"], terms["log_format"])


if __name__ == "__main__":
    main()
