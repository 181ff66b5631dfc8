"""Worker processes that are started again whenever they end, until the crew is dismissed."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from history import Journal, Process

_STARTED = re.compile(r"worker (\S+) started")

PATIENCE = 20.0


class Berth:
    """The place of one worker. Only the process that it started itself ever gets a signal."""

    def __init__(
        self, command: Sequence[str], project: Path, environment: dict[str, str], journal: Journal, log: Path
    ) -> None:
        self._command, self._project, self._environment = command, project, environment
        self._journal, self._log = journal, log
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._worker: str | None = None
        self._dismissed = False
        self._keeper = threading.Thread(target=self._keep, name=log.stem)
        self._keeper.start()

    @property
    def pid(self) -> int | None:
        """The process that serves here, if one does."""
        with self._lock:
            process = self._process
            return process.pid if process is not None and self._worker and process.poll() is None else None

    def signal(self, number: signal.Signals, pid: int) -> bool:
        """Sends a signal, if the process is still the one that is meant."""
        with self._lock:
            process = self._process
            if process is None or process.pid != pid or process.poll() is not None:
                return False
            process.send_signal(number)
            return True

    def kill_child(self, pid: int, chance: random.Random) -> int | None:
        """Kills a child process of the worker, if it is still the one that is meant; answers its pid."""
        with self._lock:
            process = self._process
            if process is None or process.pid != pid or process.poll() is not None:
                return None
            # Linux keeps this list; while the worker lives and has not waited for a child, its pid is no one else's.
            children = Path(f"/proc/{pid}/task").glob("*/children")
            pids = sorted(int(child) for task in children for child in task.read_text().split())
            if not pids:
                return None
            child = chance.choice(pids)
            os.kill(child, signal.SIGKILL)
            return child

    def dismiss(self) -> None:
        """Asks for the end, and starts no other."""
        with self._lock:
            self._dismissed = True
            if self._process is not None and self._process.poll() is None:
                self._process.terminate()

    def wait(self) -> None:
        """Waits for the end; one that does not come in time is brought about."""
        self._keeper.join(PATIENCE)
        with self._lock:
            if self._process is not None and self._process.poll() is None:
                self._process.kill()
        self._keeper.join(PATIENCE)

    def _keep(self) -> None:
        while True:
            with self._lock:
                if self._dismissed:
                    return
                process = subprocess.Popen(
                    self._command,
                    cwd=self._project,
                    env=self._environment,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    text=True,
                    encoding="utf-8",
                    errors="replace",
                )
                self._process, self._worker = process, None
            self._journal.write(Process(time.monotonic_ns(), "worker", process.pid, "up"))
            reader = threading.Thread(target=self._read, args=(process,), daemon=True)
            reader.start()
            code = process.wait()
            ended = time.monotonic_ns()
            # A child that outlives its worker for a moment may keep the other end open.
            reader.join(2.0)
            self._journal.write(Process(ended, "worker", process.pid, "down", code, self._worker))

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        with process.stderr, self._log.open("a", encoding="utf-8") as log:
            for line in process.stderr:
                log.write(line)
                started = _STARTED.search(line)
                if started is not None:
                    self._worker = started[1]
                    event = Process(time.monotonic_ns(), "worker", process.pid, "serving", worker=started[1])
                    self._journal.write(event)
