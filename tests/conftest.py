"""What the tests share: a clean project, the backends, and the real `nuvom` as other processes run it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess

import nuvom
import pytest
from harness import Events, Nuvom, WorkerProcess
from nuvom import _nuvom
from nuvom.log import logger
from nuvom.registry import get_task_registry
from transcript import transcript

SNAPSHOTS = Path(__file__).parent / "cli" / "snapshots"

CLIENT_SETTINGS = (
    "queue_backend",
    "result_backend",
    "sqlite_durability",
    "file_durability",
    "max_args_bytes",
    "max_result_bytes",
    "queue_maxsize",
    "lease_secs",
    "scheduler_backend",
    "scheduler_poll_secs",
)
"""The settings that tests give by `configure`, and that must not outlive them."""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty project as the working directory: no settings, no tasks, no open store."""
    for name in list(os.environ):
        if name.startswith("NUVOM_"):
            monkeypatch.delenv(name)
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)
    _forget()
    yield tmp_path
    _forget()


def _forget() -> None:
    nuvom.configure(**dict.fromkeys(CLIENT_SETTINGS))
    _nuvom.close()
    get_task_registry().clear()


@pytest.fixture(params=["memory", "sqlite", "file"])
def backend(request: pytest.FixtureRequest, project: Path) -> str:
    """A project on each backend in turn."""
    name: str = request.param
    # No test here cuts the power, so nothing needs to wait for the disk.
    nuvom.configure(queue_backend=name, sqlite_durability="process", file_durability="process")
    return name


@pytest.fixture
def sqlite(project: Path) -> Path:
    """A project on SQLite, for what only a shared store can show; answers its database."""
    nuvom.configure(queue_backend="sqlite", sqlite_durability="process")
    return project / ".nuvom" / "nuvom.db"


@pytest.fixture
def files(project: Path) -> Path:
    """A project on files, for its commands too; answers their folder."""
    (project / "pyproject.toml").write_text('[tool.nuvom]\nqueue_backend = "file"\n', encoding="utf-8")
    return project / ".nuvom" / "files"


@pytest.fixture(params=["sqlite", "files"])
def shared(request: pytest.FixtureRequest) -> Path:
    """A project on each backend in turn that processes share; answers where its jobs are."""
    place: Path = request.getfixturevalue(request.param)
    return place


@pytest.fixture
def command(project: Path) -> Iterator[Nuvom]:
    """The real `nuvom`, run in the project; ends by their pids the workers that a test leaves running."""
    made = Nuvom(project)
    yield made
    made.end_workers()


@pytest.fixture
def runworker(command: Nuvom) -> Callable[..., WorkerProcess]:
    """Starts `nuvom runworker` and waits until it serves."""

    def start(*options: str, **settings: str) -> WorkerProcess:
        worker = command.start_worker(*options, **settings)
        worker.wait_until_it_serves()
        return worker

    return start


@pytest.fixture
def runscheduler(command: Nuvom) -> Callable[..., WorkerProcess]:
    """Starts `nuvom runscheduler` and waits until it fires what is due."""

    def start(*options: str, **settings: str) -> WorkerProcess:
        scheduler = command.start_scheduler(*options, **settings)
        scheduler.wait_until_it_serves()
        return scheduler

    return start


@pytest.fixture
def matches(request: pytest.FixtureRequest, project: Path) -> Callable[..., None]:
    """Compares runs of commands with the snapshot that has the test's name. `SNAPSHOTS=write pytest tests/cli`
    writes them anew, for a look at the difference.
    """
    path = SNAPSHOTS / f"{request.node.name.removeprefix('test_')}.txt"

    def compare(*runs: CompletedProcess[str]) -> None:
        told = "\n".join(transcript(ran, project) for ran in runs)
        if os.environ.get("SNAPSHOTS") == "write":
            path.write_text(told, encoding="utf-8")
        assert told == path.read_text(encoding="utf-8")

    return compare


@pytest.fixture
def events() -> Iterator[Events]:
    """What workers of this process tell, as events."""
    heard = Events()
    level = logger.level
    logger.addHandler(heard)
    logger.setLevel("DEBUG")
    yield heard
    logger.removeHandler(heard)
    logger.setLevel(level)
