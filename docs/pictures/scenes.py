"""What the pictures show: real commands, one after the other, in one small project."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from terminal import COLUMNS, Sameness, Terminal

TASKS = '''\
"""What the shop does in the background."""

from nuvom import every, task


@task(tags=["mail"], queue="mail")
def welcome(name: str) -> str:
    return f"Welcome, {name}"


@task(retries=1, retry_delay_secs=0)
def charge(customer: str, cents: int) -> str:
    if cents <= 0:
        raise ValueError("nothing to pay")
    return f"{customer} paid {cents / 100:.2f}"


@task(schedule=every(hours=1))
def sweep() -> None:
    """Removes what nobody needs any more."""
'''

MISTAKES = """\
from nuvom import task
from tasks import charge, welcome


@task
def forget(name: str) -> None: ...


def sign_up(name: str) -> None:
    welcome.delay(nme=name)
    charge.delay(name)
"""


WIDE = 100


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture: its name, the command that it shows, and what that printed, with colours."""

    name: str
    command: str
    printed: str
    columns: int = COLUMNS
    """How wide the picture is."""


class Shop:
    """The project, and the environment in which its commands run."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._same = Sameness(folder)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("NUVOM_")}
        for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "PYTHONPATH"):
            kept.pop(name, None)
        self._environment = {
            **kept,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', '')}",
            "TERM": "xterm-256color",
            "COLORTERM": "",
            "COLUMNS": str(COLUMNS),
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        (folder / ".nuvom").mkdir(mode=0o700)
        self.write("tasks.py", TASKS)

    def write(self, name: str, text: str) -> None:
        """Writes a file of the project."""
        (self._folder / name).write_text(text, encoding="utf-8")

    def open(self, command: str) -> Terminal:
        """Starts a command in a terminal."""
        return Terminal(command.split(), self._folder, self._environment)

    def scene(self, name: str, command: str) -> Scene:
        """The picture of a command."""
        printed = self.open(command).wait_for_end()
        return Scene(name, self._same(command), self._same(printed))

    def worker(self, name: str, program: str) -> Scene:
        """The picture of a worker from its start to its end, while a program asks it for jobs."""
        terminal = self.open("nuvom runworker")
        terminal.wait_for(lambda printed: "started" in printed)
        self.run(program)
        terminal.wait_for(lambda printed: "nothing to pay" in printed.rpartition("Traceback")[2])
        terminal.program.send_signal(signal.SIGINT)
        # A log is not broken at the edge by the program, so a wide picture keeps its lines whole.
        return Scene(name, "nuvom runworker", self._same(terminal.wait_for_end()), WIDE)

    def run(self, program: str) -> str:
        """What a Python program in the project prints."""
        return subprocess.run(  # noqa: S603 - a program of this file
            [sys.executable, "-c", program],
            cwd=self._folder,
            env=self._environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()


JOBS = """
from tasks import charge, welcome
import nuvom

welcome.delay("Ann").get(timeout=30)
charge.delay("Ann", 1250).get(timeout=30)
job = charge.delay("Bob", 0)
try:
    job.get(timeout=30)
except nuvom.JobFailed:
    pass
"""

WAITING = """
from tasks import charge, welcome

welcome.map([["Cleo"], ["Dan"], ["Eve"]])
charge.delay("Cleo", 300)
"""

LAST_FAILURE = """
from nuvom import sdk

print(next(sdk.iter_jobs(status="FAILED")).id)
"""


@contextmanager
def shop() -> Iterator[Shop]:
    """The project, in a folder whose path has the length of that in the pictures."""
    with tempfile.TemporaryDirectory(prefix="nv", dir="/tmp") as folder:
        yield Shop(Path(folder))


def scenes() -> list[Scene]:
    """All pictures, in the order in which they came about."""
    with shop() as project:
        drawn = [project.scene("discover", "nuvom discover tasks")]
        drawn.append(project.worker("worker", JOBS))
        failed = project.run(LAST_FAILURE)
        drawn.append(project.scene("history", "nuvom history recent"))
        drawn.append(project.scene("inspect", f"nuvom inspect job {failed}"))
        drawn.append(project.scene("explain", f"nuvom explain {failed}"))
        project.write("accounts.py", MISTAKES)
        drawn.append(project.scene("check", "nuvom check"))
        drawn.append(project.scene("doctor", "nuvom doctor"))
        project.run(WAITING)
        drawn.append(project.scene("queues", "nuvom queue list"))
        return drawn
