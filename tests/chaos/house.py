"""A run inside one process, on the backend that lives there: several workers that are stopped, cut off and started
again, and jobs that are cancelled or run into their limits. Nobody is killed here: all would be.
"""

from __future__ import annotations

import logging
import os
import random
import threading
import time
from itertools import count
from pathlib import Path

import nuvom
from driver import FAULTS, ROLL_CALL_RATE, ROLL_CALL_SECS, WARM, Stalls
from final import from_memory
from history import EnqueueOk, Fault, Journal, Phase, Process, Record, read_events
from nuvom.log import logger
from producer import Producer
from setting import Options
from workload import BYSTANDER_LOSSES, orders


class Lodger:
    """One worker, stopped and started again. Each of its lives gets a number of its own in place of a pid."""

    _numbers = count(-1, -1)

    def __init__(self, slots: int, journal: Journal) -> None:
        self._slots, self._journal = slots, journal
        self.start()

    def start(self) -> None:
        self._number = next(self._numbers)
        self._worker = nuvom.Worker(threads=self._slots, stop_grace_secs=1.0, name=f"lodger{self._number}")
        self._worker.start()
        self._tell("serving")

    def stop(self) -> int:
        """Answers the number of the life that has ended."""
        handed_back = self._worker.stop()
        self._tell("down", 3 if handed_back else 0)
        return self._number

    def _tell(self, change: str, code: int | None = None) -> None:
        self._journal.write(Process(time.monotonic_ns(), "worker", self._number, change, code, self._worker.name))


class House:
    """One run in one folder."""

    def __init__(self, options: Options, folder: Path) -> None:
        self._options, self._folder = options, folder
        self._journal = Journal(folder / "history.jsonl")
        os.environ.update(options.settings(BYSTANDER_LOSSES))
        os.environ["CHAOS_WITNESS"] = str(folder / "witness.jsonl")
        logger.addHandler(logging.FileHandler(folder / "house.log"))
        logger.propagate = False
        (folder / "pyproject.toml").touch()
        os.chdir(folder)

    def run(self) -> list[Record]:
        """Everything, and what the store holds at the end."""
        options, over = self._options, threading.Event()
        stalls = Stalls(self._journal)
        lodgers = [Lodger(options.slots, self._journal) for _ in range(options.workers)]
        try:
            seconds = (WARM + FAULTS) * options.seconds
            producers = [
                threading.Thread(target=self._produce, args=(name, seconds, options.rate / 2, "mixed"))
                for name in ("one", "two")
            ]
            self._phase("warm")
            for producer in producers:
                producer.start()
            over.wait(WARM * options.seconds)
            self._phase("faults")
            self._rage(lodgers, FAULTS * options.seconds, over)
            self._phase("heal")
            for producer in producers:
                producer.join()
            self._produce("roll", ROLL_CALL_SECS, ROLL_CALL_RATE, "roll-call")
            ids = [event.job for event in self._accepted()]
            self._phase("drained" if self._drained(ids) else "overdue")
        finally:
            for lodger in lodgers:
                lodger.stop()
            stalls.stop()
        return from_memory(ids)

    def _produce(self, name: str, seconds: float, rate: float, kinds: str) -> None:
        wanted = orders(name, self._options.seed, rate, kinds=kinds)
        Producer(self._journal, wanted, threading.Event()).run(seconds)

    def _rage(self, lodgers: list[Lodger], seconds: float, over: threading.Event) -> None:
        chance = random.Random(f"nemesis/{self._options.seed}")  # noqa: S311 - the same faults for the same seed
        end = time.monotonic() + seconds
        for number in count(1):
            over.wait(max(0.0, min(chance.uniform(0.1, 0.6), end - time.monotonic())))
            if time.monotonic() >= end:
                return
            lodger = chance.choice(lodgers)
            began = time.monotonic_ns()
            pid = lodger.stop()
            self._journal.write(Fault(began, "stop", True, number, pid))
            self._journal.write(Fault(time.monotonic_ns(), "stop", False, number, pid))
            lodger.start()

    def _drained(self, ids: list[str]) -> bool:
        deadline = time.monotonic() + 20 + 0.1 * len(ids)
        for id in ids:
            try:
                nuvom.Job[str](id).get(timeout=max(0.0, deadline - time.monotonic()))
            except nuvom.JobTimeout:
                return False
            except (nuvom.JobFailed, nuvom.JobCancelled):
                continue
        return True

    def _accepted(self) -> list[EnqueueOk]:
        events = read_events(self._folder / "history.jsonl")
        return [event for event in events if isinstance(event, EnqueueOk)]

    def _phase(self, name: str) -> None:
        self._journal.write(Phase(time.monotonic_ns(), name, time.time_ns() // 1000))
