"""A run over processes: producers, workers and faults around one store, from warming up to the audit."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from crew import Berth
from files import FilesWatcher, from_files
from final import Watcher, from_sqlite
from history import Fault, Journal, Phase, Process, Record
from nemesis import Nemesis
from setting import HERE, RULES, Options, nuvom_command
from workload import BYSTANDER_LOSSES, CRASH_LOSSES, CRASHES

WARM, FAULTS = 0.1, 0.6
LOOK = 0.25
ROLL_CALL_SECS, ROLL_CALL_RATE = 2.0, 60.0


class Stalls(threading.Thread):
    """Notes when the machine itself stood still for long enough to cost a lease."""

    TICK, WORTH_TELLING = 0.05, 0.5

    def __init__(self, journal: Journal) -> None:
        super().__init__(name="stalls", daemon=True)
        self._journal, self._enough, self._number = journal, threading.Event(), -1
        self.start()

    def run(self) -> None:
        before = time.monotonic_ns()
        while not self._enough.wait(self.TICK):
            now = time.monotonic_ns()
            if now - before > self.WORTH_TELLING * 1e9:
                self._journal.write(Fault(before, "stall", True, self._number))
                self._journal.write(Fault(now, "stall", False, self._number))
                self._number -= 1
            before = now

    def stop(self) -> None:
        self._enough.set()
        self.join()


class Driver:
    """One run in one folder."""

    def __init__(self, options: Options, folder: Path) -> None:
        self._options, self._folder = options, folder
        self._project = folder / "project"
        kept_in_files = options.backend == "file"
        self._place = self._project / ".nuvom" / ("files" if kept_in_files else "nuvom.db")
        self._watcher: Callable[[Path, Journal], Watcher | FilesWatcher] = FilesWatcher if kept_in_files else Watcher
        self._records = from_files if kept_in_files else from_sqlite
        self._journal = Journal(folder / "history.jsonl")
        self._producers: dict[str, tuple[subprocess.Popen[bytes], float]] = {}
        self._producing = 0.0
        self._locks: list[subprocess.Popen[bytes]] = []
        self._berths: list[Berth] = []
        self._over, self._healed = threading.Event(), threading.Event()

    def run(self) -> list[Record]:
        """Everything, and what the store holds at the end."""
        self._make_project()
        watcher = self._watcher(self._place, self._journal)
        looks = threading.Thread(target=self._keep_looking, args=(watcher,), name="looks")
        stalls = Stalls(self._journal)
        try:
            self._start()
            looks.start()
            self._phase("warm")
            self._over.wait(WARM * self._options.seconds)
            self._phase("faults")
            self._nemesis().rage(FAULTS * self._options.seconds, self._over)
            self._phase("heal")
            self._healed.set()
            looks.join()
            self._drain(watcher)
        finally:
            self._over.set()
            self._healed.set()
            self._end()
            stalls.stop()
        # Whoever asks finishes the batch of one that was killed while it wrote.
        self._ask()
        return self._records(self._place)

    def _make_project(self) -> None:
        self._project.mkdir(parents=True)
        (self._project / "pyproject.toml").touch()
        shutil.copy(HERE / "errands.py", self._project)
        environment = self._options.environment(self._folder, BYSTANDER_LOSSES)
        discover = [nuvom_command(), "discover", "tasks"]
        subprocess.run(discover, cwd=self._project, env=environment, check=True, capture_output=True)
        # The store is there before anybody looks.
        self._ask()

    def _ask(self) -> None:
        environment = self._options.environment(self._folder, BYSTANDER_LOSSES)
        ask = [nuvom_command(), "history", "recent"]
        subprocess.run(ask, cwd=self._project, env=environment, check=True, capture_output=True)

    def _start(self) -> None:
        environment = self._options.environment(self._folder, BYSTANDER_LOSSES)
        command = self._options.worker_command()
        for number in range(1, self._options.workers + 1):
            log = self._folder / f"worker-{number}.log"
            self._berths.append(Berth(command, self._project, environment, self._journal, log))
        seconds = (WARM + FAULTS) * self._options.seconds
        self._producing = time.monotonic() + seconds
        rate = self._options.rate
        for name in ("one", "two"):
            self._produce(name, seconds, rate * (1 - CRASHES) / 2)
        self._produce("crash", seconds, rate * CRASHES, kinds="crash", max_losses=CRASH_LOSSES)

    def _produce(
        self, name: str, seconds: float, rate: float, kinds: str = "mixed", max_losses: int = BYSTANDER_LOSSES
    ) -> subprocess.Popen[bytes]:
        arguments = {"name": name, "seed": self._options.seed, "rate": rate, "seconds": seconds, "kinds": kinds}
        command = [sys.executable, str(HERE / "producer.py"), "--journal", str(self._folder / "history.jsonl")]
        for option, value in arguments.items():
            command += [f"--{option}", str(value)]
        environment = self._options.environment(self._folder, max_losses)
        process = subprocess.Popen(command, cwd=self._project, env=environment)
        self._journal.write(Process(time.monotonic_ns(), "producer", process.pid, "up"))
        self._producers[name] = (process, rate)
        return process

    def _nemesis(self) -> Nemesis:
        seed, lease = self._options.seed, RULES.lease
        children = self._options.pool == "process"
        return Nemesis(seed, self._journal, self._berths, lease, self._lock, self._kill_producer, children=children)

    def _lock(self, number: int, seconds: float) -> None:
        command = [sys.executable, str(HERE / "lock_holder.py"), str(self._place)]
        command += ["--journal", str(self._folder / "history.jsonl"), "--number", str(number)]
        environment = self._options.environment(self._folder, BYSTANDER_LOSSES)
        self._locks.append(subprocess.Popen([*command, "--seconds", str(seconds)], env=environment))

    def _kill_producer(self, chance: random.Random) -> int | None:
        """Kills one, and has another go on in its place. The one of crashes is left alone: it asks too rarely."""
        alive = [name for name, (process, _) in self._producers.items() if process.poll() is None and name != "crash"]
        left = self._producing - time.monotonic()
        if not alive or left < 1.0:
            return None
        name = chance.choice(sorted(alive))
        process, rate = self._producers.pop(name)
        process.kill()
        process.wait()
        self._produce(f"{name}+", left, rate)
        return process.pid

    def _drain(self, watcher: Watcher | FilesWatcher) -> None:
        """Waits until nothing is left to do, but not for ever: crashes need three losses each, one after the other,
        and what they take down with them is run again in between.
        """
        for process, _ in self._producers.values():
            process.wait(60)
        # After this, whoever lives has had jobs to claim.
        self._produce("roll", ROLL_CALL_SECS, ROLL_CALL_RATE, kinds="roll-call").wait(60)
        deadline = time.monotonic() + 20 + 0.1 * watcher.look()
        while watcher.look() > 0:
            if time.monotonic() > deadline:
                self._phase("overdue")
                return
            self._over.wait(LOOK)
        self._phase("drained")

    def _end(self) -> None:
        for berth in self._berths:
            berth.dismiss()
        for berth in self._berths:
            berth.wait()
        for process in [*(process for process, _ in self._producers.values()), *self._locks]:
            if process.poll() is None:
                process.kill()
            process.wait()

    def _keep_looking(self, watcher: Watcher | FilesWatcher) -> None:
        while not self._healed.wait(LOOK):
            watcher.look()

    def _phase(self, name: str) -> None:
        self._journal.write(Phase(time.monotonic_ns(), name, time.time_ns() // 1000))
