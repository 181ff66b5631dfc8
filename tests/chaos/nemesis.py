"""Breaks things, one after the other, as its seed says, and writes down when. What it paused it lets go on."""

from __future__ import annotations

import heapq
import random
import signal
import threading
import time
from collections.abc import Callable
from itertools import count

from crew import Berth
from history import Fault, Journal

WEIGHTS = {"kill": 3, "pause": 3, "stop": 3, "lock": 2, "kill producer": 1}


class Nemesis:
    """The faults of one run. `lock` starts the neighbour that locks the store, for so many seconds, under this number;
    `kill_producer` answers the pid of the producer that it killed. Where workers run jobs in `children`, those are
    killed, too.
    """

    def __init__(
        self,
        seed: int,
        journal: Journal,
        berths: list[Berth],
        lease: float,
        lock: Callable[[int, float], None],
        kill_producer: Callable[[random.Random], int | None],
        *,
        children: bool,
    ) -> None:
        self._chance = random.Random(f"nemesis/{seed}")  # noqa: S311 - the same faults for the same seed
        self._journal, self._berths, self._lease = journal, berths, lease
        self._lock, self._kill_producer = lock, kill_producer
        self._weights = WEIGHTS | ({"kill child": 6} if children else {})
        self._numbers = count(1)
        self._paused: list[tuple[float, int, Berth, int]] = []
        self._locked_until = 0.0

    def rage(self, seconds: float, enough: threading.Event) -> None:
        """Breaks things for so long, then mends what is still broken."""
        end = time.monotonic() + seconds
        while (now := time.monotonic()) < end and not enough.is_set():
            next_fault = now + self._chance.uniform(0.2, 1.0)
            while self._paused and self._paused[0][0] <= min(next_fault, end):
                enough.wait(max(0.0, self._paused[0][0] - time.monotonic()))
                self._resume()
            enough.wait(max(0.0, min(next_fault, end) - time.monotonic()))
            self._break()
        while self._paused:
            self._resume()

    def _break(self) -> None:
        kind = self._chance.choices(list(self._weights), list(self._weights.values()))[0]
        if kind == "lock":
            self._hold_lock()
            return
        if kind == "kill producer":
            number, pid = next(self._numbers), self._kill_producer(self._chance)
            if pid is not None:
                self._mark(kind, number, pid)
            return
        paused = {berth for _, _, berth, _ in self._paused}
        free = [(berth, pid) for berth in self._berths if berth not in paused and (pid := berth.pid) is not None]
        if not free:
            return
        berth, pid = self._chance.choice(free)
        if kind == "pause":
            self._pause(berth, pid)
        elif kind == "kill child":
            child = berth.kill_child(pid, self._chance)
            if child is not None:
                self._mark(kind, next(self._numbers), child)
        elif berth.signal(signal.SIGKILL if kind == "kill" else signal.SIGTERM, pid):
            self._mark(kind, next(self._numbers), pid)

    def _pause(self, berth: Berth, pid: int) -> None:
        number = next(self._numbers)
        began = time.monotonic_ns()
        if berth.signal(signal.SIGSTOP, pid):
            self._journal.write(Fault(began, "pause", True, number, pid))
            until = time.monotonic() + self._chance.uniform(0.3, 3.0) * self._lease
            heapq.heappush(self._paused, (until, number, berth, pid))

    def _resume(self) -> None:
        _, number, berth, pid = heapq.heappop(self._paused)
        berth.signal(signal.SIGCONT, pid)
        self._journal.write(Fault(time.monotonic_ns(), "pause", False, number, pid))

    def _hold_lock(self) -> None:
        seconds = self._chance.uniform(0.2, 2.0)
        if time.monotonic() >= self._locked_until:
            self._locked_until = time.monotonic() + seconds
            self._lock(next(self._numbers), seconds)

    def _mark(self, kind: str, number: int, pid: int) -> None:
        now = time.monotonic_ns()
        self._journal.write(Fault(now, kind, True, number, pid))
        self._journal.write(Fault(now, kind, False, number, pid))
