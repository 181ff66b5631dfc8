"""What people wait for at a prompt, beside a bare interpreter and a large store."""

from __future__ import annotations

import subprocess
import sys
import time
import venv
from dataclasses import dataclass
from pathlib import Path

import bench_tasks
import measures
import nuvom
from processes import NUVOM, beside_python

ROOT = Path(__file__).parents[1]

TASKS = """\
from nuvom import task

@task
def add(x: int, y: int) -> int:
    return x + y
"""


def in_large_store(folder: Path, ended: int) -> dict[str, tuple[float, float]]:
    """The wall times of commands, and of a bare interpreter between them, in milliseconds, where so many jobs have
    ended.
    """
    job = bench_tasks.noop.delay(1)
    nuvom.configure()
    measures.fill(folder / ".nuvom" / "nuvom.db", 0, ended)
    commands = {
        "nuvom status ID": ["status", job.id],
        "nuvom history recent": ["history", "recent"],
        "nuvom history recent --status failed": ["history", "recent", "--status", "failed"],
        "nuvom inspect job ID": ["inspect", "job", job.id],
        "nuvom queue list": ["queue", "list"],
        "nuvom discover tasks, unchanged": ["discover", "tasks"],
    }
    return {name: beside_python([NUVOM, *command], folder) for name, command in commands.items()}


def imported_modules() -> tuple[int, int]:
    """How many modules `import nuvom` loads beyond those of a bare interpreter, and how many of them are Nuvom's."""
    count = "import sys; before = set(sys.modules); import nuvom; new = set(sys.modules) - before; "
    count += "print(len(new), sum(name.partition('.')[0] == 'nuvom' for name in new))"
    told = subprocess.run([sys.executable, "-c", count], check=True, capture_output=True, text=True).stdout
    both, own = map(int, told.split())
    return both, own


@dataclass
class FirstUse:
    """What a first-time user does from the wheel to a first result."""

    commands: int
    install_secs: float
    """`pip install` of the wheel with what it depends on; depends on the network."""
    result_secs: float
    """Everything after it: discovery, the start of a worker, a job, its value."""
    wheel_mib: float


def first_use(folder: Path) -> FirstUse:
    """From `pip install` in an empty environment to the first value. Making the environment is not counted."""
    dist = folder / "dist"
    build = [sys.executable, "-m", "maturin", "build", "--release", "--locked", "--quiet", "--out", str(dist)]
    subprocess.run(build, cwd=ROOT, check=True)
    [wheel] = dist.glob("*.whl")
    venv.create(folder / "env", with_pip=True)
    bin = folder / "env" / "bin"
    project = folder / "project"
    project.mkdir()
    (project / "tasks.py").write_text(TASKS)
    began = time.perf_counter()
    subprocess.run([bin / "pip", "install", "--quiet", "--disable-pip-version-check", wheel], check=True)
    installed = time.perf_counter()
    subprocess.run([bin / "nuvom", "discover", "tasks"], cwd=project, check=True, stdout=subprocess.DEVNULL)
    worker = subprocess.Popen([bin / "nuvom", "runworker"], cwd=project, stderr=subprocess.DEVNULL)
    try:
        ask = "import tasks; print(tasks.add.delay(5, 7).get(timeout=30))"
        told = subprocess.run(
            [bin / "python", "-c", ask], cwd=project, check=True, capture_output=True, text=True
        ).stdout
        ended = time.perf_counter()
    finally:
        worker.terminate()
        worker.wait(timeout=60)
    if told != "12\n":
        raise SystemExit(f"the first result is {told!r}")
    return FirstUse(4, installed - began, ended - installed, wheel.stat().st_size / 2**20)
