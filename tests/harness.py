"""The real `nuvom` as a process of its own, and meetings with the jobs that it runs.

Nothing here sleeps or looks again and again: a worker is awaited by its log, a job by a connection it makes.
"""

from __future__ import annotations

import logging
import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import threading
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Self

PATIENCE = 30.0
"""Seconds after which something that should happen at once counts as never. Generous: machines are busy."""

MEET = '''
import os
import socket

from nuvom import task


@task
def meet(port: int) -> str:
    """Tells the test that it runs, by its pid, and returns what the test says."""
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(f"{os.getpid()}\\n".encode())
        return line.makefile().readline().strip()
'''
"""A module with a task that runs for as long as a test wants."""


class Nuvom:
    """The command, in one project."""

    def __init__(self, project: Path) -> None:
        self.project = project
        path = shutil.which("nuvom", path=sysconfig.get_path("scripts"))
        assert path is not None, "the package is not installed: there is no nuvom command beside this Python"
        self._path = path
        self._workers: list[WorkerProcess] = []

    def run(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Runs a command to its end."""
        return subprocess.run(
            [self._path, *arguments],
            cwd=self.project,
            env=self._environment(settings),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=PATIENCE,
            check=False,
        )

    def python(self, code: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Runs a Python program in the project."""
        return subprocess.run(
            [sys.executable, "-c", code],
            cwd=self.project,
            env=self._environment(settings),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=PATIENCE,
            check=False,
        )

    def start_worker(self, *options: str, **settings: str) -> WorkerProcess:
        """Starts a worker without waiting for it."""
        return self._start("runworker", options, settings)

    def start_scheduler(self, *options: str, **settings: str) -> WorkerProcess:
        """Starts a scheduler without a worker, and does not wait for it."""
        return self._start("runscheduler", options, settings)

    def start_trial(self, file: str) -> WorkerProcess:
        """Starts to run the job that this file describes, and does not wait for its end."""
        return self._start("runtestworker", ("run", file), {})

    def _start(self, what: str, options: tuple[str, ...], settings: dict[str, str]) -> WorkerProcess:
        worker = WorkerProcess([self._path, what, *options], self.project, self._environment(settings))
        self._workers.append(worker)
        return worker

    def end_workers(self) -> None:
        """Ends those that still run."""
        for worker in self._workers:
            worker.end()

    def write(self, name: str, source: str) -> Path:
        """Writes a module of the project."""
        path = self.project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
        return path

    def tasks(self, source: str) -> ModuleType:
        """Writes `tasks.py`, runs discovery, and loads the module into this process as its client."""
        path = self.write("tasks.py", source)
        discovered = self.run("discover", "tasks")
        assert discovered.returncode == 0, discovered.stderr
        spec = spec_from_file_location("tasks", path)
        assert spec is not None
        assert spec.loader is not None
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def _environment(self, settings: dict[str, str]) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("NUVOM_")}
        plain = {"COLUMNS": "100", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8", "TZ": settings.pop("tz", "UTC")}
        # Where a build for tests is to die; not a setting of Nuvom.
        failpoints = {"FAILPOINTS": settings.pop("failpoints")} if "failpoints" in settings else {}
        return kept | plain | failpoints | {f"NUVOM_{name.upper()}": value for name, value in settings.items()}


class WorkerProcess:
    """A `nuvom` that goes on until it is done or stopped, with its log."""

    def __init__(self, command: list[str], project: Path, environment: dict[str, str]) -> None:
        self._lines: list[str] = []
        self._ended = False
        self._told = threading.Condition()
        self._heeded = threading.Event()
        self._heeded.set()
        self._process = subprocess.Popen(
            command,
            cwd=project,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        self._reader = threading.Thread(target=self._read, name="worker-log", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def log(self) -> str:
        """All that it has said so far."""
        with self._told:
            return "".join(self._lines)

    @property
    def is_silent(self) -> bool:
        """Whether every process that could write to its log has gone."""
        with self._told:
            return self._ended

    def wait_until_it_serves(self) -> None:
        self.wait_until_it_says(" started")

    def wait_until_it_says(self, text: str) -> None:
        def said() -> bool:
            return self._ended or any(text in line for line in self._lines)

        with self._told:
            heard = self._told.wait_for(said, PATIENCE)
            log = "".join(self._lines)
        assert heard and text in log, f"the worker did not say {text!r} but:\n{log}"

    def leave_unread(self) -> None:
        """Reads its log no further, so that the pipe fills up."""
        self._heeded.clear()

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def kill(self) -> None:
        """As `kill -9` does."""
        self._process.kill()
        self._process.wait(PATIENCE)

    def wait(self, seconds: float) -> int:
        """Waits for its end, but no longer than this; raises `TimeoutExpired`."""
        return self._process.wait(seconds)

    def exit_code(self) -> int:
        """Waits for its end."""
        code = self._process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return code

    def end(self) -> None:
        """Ends it if it still runs, and frees what it took."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait(PATIENCE)
        self._heeded.set()
        self._reader.join(PATIENCE)
        assert self._process.stderr is not None
        self._process.stderr.close()

    def _read(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._heeded.wait()
            with self._told:
                self._lines.append(line)
                self._told.notify_all()
        with self._told:
            self._ended = True
            self._told.notify_all()


class Events(logging.Handler):
    """What the engine tells of itself, for tests to wait for."""

    def __init__(self) -> None:
        super().__init__()
        self._records: list[logging.LogRecord] = []
        self._told = threading.Condition()

    def emit(self, record: logging.LogRecord) -> None:
        with self._told:
            self._records.append(record)
            self._told.notify_all()

    def wait_for(self, event: str, **fields: object) -> logging.LogRecord:
        """The first event of this name with these fields, when it comes."""

        def found() -> logging.LogRecord | None:
            wanted = {"event": event, **fields}
            return next((r for r in self._records if wanted.items() <= vars(r).items()), None)

        with self._told:
            record = self._told.wait_for(found, PATIENCE)
            heard = [r.getMessage() for r in self._records]
        assert record is not None, f"no {event} with {fields}; heard: {heard}"
        return record


class Meeting:
    """Where a test waits for jobs that call `meet(port)`."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(PATIENCE)
        self._guests: list[Guest] = []

    @property
    def port(self) -> int:
        port: int = self._server.getsockname()[1]
        return port

    def guest(self) -> Guest:
        """Waits for the next job."""
        line, _ = self._server.accept()
        line.settimeout(PATIENCE)
        guest = Guest(line)
        self._guests.append(guest)
        return guest

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.close()
        for guest in self._guests:
            guest.close()


class Guest:
    """A job that runs until it is told something."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._reader = line.makefile(encoding="utf-8")
        self.pid = int(self._reader.readline())

    def tell(self, text: str) -> None:
        """What the job returns."""
        self._line.sendall(f"{text}\n".encode())

    def says(self) -> str:
        """The next line from the job; empty when every process that holds its connection is gone."""
        try:
            return self._reader.readline().strip()
        except ConnectionResetError:
            return ""

    def close(self) -> None:
        self._reader.close()
        self._line.close()
