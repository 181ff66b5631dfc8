"""A whole run in virtual time: workers, reapers, faults and clients on the planted store, interleaved by a seed.

It writes the same history as a real run, so the checker is tested with what it will be given, and a thousand times
faster. Nobody here sleeps; a tick is a twentieth of a second that nobody waits for.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from evidence import SECOND
from history import (
    CancelAnswer,
    CancelCall,
    EnqueueCall,
    EnqueueOk,
    EnqueueUnknown,
    Event,
    ExecEnd,
    ExecStart,
    Fault,
    Look,
    Phase,
    Process,
    Record,
)
from planted_store import BEAT, LEASE, REAP, RETRY_DELAY, Defect, Row, Store

TICK = 0.05
PRODUCING, FAULTS_END, DEADLINE = 6.0, 10.0, 35.0
EXPECTED = {"ok": ("SUCCESS",), "long": ("SUCCESS",), "flaky": ("SUCCESS",), "fails": ("FAILED",)}


@dataclass(slots=True)
class Running:
    """What a worker does at the moment."""

    id: str
    key: str
    lease: int
    until: float
    held: Row
    finishing: bool = False


@dataclass(slots=True)
class Worker:
    """One slot. `pid` changes with each life."""

    pid: int
    job: Running | None = None
    beat_at: float = 0.0
    reap_at: float = 0.0
    paused_until: float | None = None
    dead_until: float | None = None
    stopping: bool = False
    chosen: tuple[Row, int] | None = None
    """A job that was selected and not yet updated, where the defect makes two steps of one."""
    reaping: list[tuple[str, int]] = field(default_factory=list)
    reap_write_at: float = 0.0

    @property
    def name(self) -> str:
        return f"worker-{self.pid}"


class Simulation:
    """One run. `run` answers its history and final records."""

    def __init__(self, seed: int, defect: Defect | None = None) -> None:
        self._random = random.Random(seed)  # noqa: S311 - the same run for the same seed
        self._defect = defect
        self._store = Store(defect)
        self._events: list[Event] = []
        self._now = 0.0
        self._pids = iter(range(1, 10_000))
        self._numbers = iter(range(1, 10_000))
        self._pauses: dict[int, int] = {}
        self._kinds: dict[str, str] = {}
        self._cancels: list[tuple[float, str]] = []
        self._seen: dict[str, tuple[str, int, int, int, int]] = {}
        self._workers = [Worker(next(self._pids)) for _ in range(3)]

    def run(self) -> tuple[list[Event], list[Record]]:
        for worker in self._workers:
            self._up(worker)
        self._phase("faults")
        arrivals = sorted(self._random.uniform(0, PRODUCING) for _ in range(40))
        fault_at, healed = 0.5, False
        while self._now < DEADLINE:
            while arrivals and arrivals[0] <= self._now:
                arrivals.pop(0)
                self._enqueue()
            while self._cancels and self._cancels[0][0] <= self._now:
                self._cancel(self._cancels.pop(0)[1])
            if self._now < FAULTS_END and fault_at <= self._now:
                self._fault()
                fault_at = self._now + self._random.uniform(0.2, 1.2)
            if not healed and self._now >= FAULTS_END:
                healed = True
                self._phase("heal")
            for worker in self._random.sample(self._workers, len(self._workers)):
                self._turn(worker)
            self._look()
            if healed and not arrivals and self._idle():
                break
            self._now += TICK
        self._phase("drained" if self._now < DEADLINE else "overdue")
        return self._events, self._store.records()

    def _idle(self) -> bool:
        rows = self._store.rows.values()
        waiting = any(row.state in {"PENDING", "RUNNING"} for row in rows)
        return not waiting and not any(worker.job or worker.dead_until for worker in self._workers)

    def _enqueue(self) -> None:
        key = f"k{len(self._kinds)}"
        kind = self._random.choices(["ok", "long", "flaky", "fails"], [70, 10, 10, 10])[0]
        self._kinds[key] = kind
        cancelled = self._random.random() < 0.2
        expects = EXPECTED[kind] + (("CANCELLED",) if cancelled else ())
        priority, delay = self._random.randrange(3), self._random.choice([0.0, 0.0, 0.4])
        self._tell(EnqueueCall(self._at(), key, kind, expects, priority, delay, RETRY_DELAY))
        id = self._store.enqueue(key, priority, self._now, self._now + delay)
        if self._random.random() < 0.05:
            self._tell(EnqueueUnknown(self._at(), key, "no answer"))
            return
        self._tell(EnqueueOk(self._at(), key, id))
        if cancelled:
            self._cancels.append((self._now + self._random.uniform(0, 1.0), id))
            self._cancels.sort()

    def _cancel(self, id: str) -> None:
        self._tell(CancelCall(self._at(), id))
        self._tell(CancelAnswer(self._at(), id, self._store.cancel(id, self._now)))

    def _fault(self) -> None:
        worker = self._random.choice(self._workers)
        if worker.dead_until is not None or worker.paused_until is not None:
            return
        kind = self._random.choice(["kill", "pause", "pause", "stop"])
        number = next(self._numbers)
        self._tell(Fault(self._at(), kind, True, number, worker.pid))
        if kind == "pause":
            span = self._random.uniform(0.3, 3.0) * LEASE
            worker.paused_until = self._now + span
            if worker.job is not None:
                worker.job.until += span
            self._pauses[worker.pid] = number
            return
        self._tell(Fault(self._at(), kind, False, number, worker.pid))
        if kind == "kill":
            self._down(worker, -9)
        else:
            worker.stopping = True

    def _turn(self, worker: Worker) -> None:
        """What a worker does in a tick."""
        if worker.dead_until is not None:
            if worker.dead_until <= self._now:
                worker.pid, worker.dead_until = next(self._pids), None
                self._up(worker)
            return
        if worker.paused_until is not None:
            if worker.paused_until > self._now:
                return
            worker.paused_until = None
            self._tell(Fault(self._at(), "pause", False, self._pauses.pop(worker.pid), worker.pid))
        # The duties of a worker have threads of their own: none is always the first.
        for duty in self._random.sample([self._beat, self._reap, self._work], 3):
            duty(worker)
            if worker.dead_until is not None:
                return

    def _beat(self, worker: Worker) -> None:
        if worker.job is None or worker.beat_at > self._now:
            return
        worker.beat_at = self._now + BEAT
        job = worker.job
        answer = self._store.renew(job.id, job.lease, self._now)
        if answer == "kept" or job.finishing:
            return
        self._end(worker, job, "interrupted")
        if answer == "cancel":
            self._store.cancelled(job.id, job.lease, self._now)

    def _reap(self, worker: Worker) -> None:
        two_steps = self._defect is Defect.REAPER_WITHOUT_GUARD
        if worker.reaping and worker.reap_write_at <= self._now:
            for id, lease in worker.reaping:
                self._store.reap(id, lease, self._now)
            worker.reaping = []
        if worker.reap_at > self._now:
            return
        worker.reap_at = self._now + REAP
        worker.reaping = self._store.expired(self._now)
        worker.reap_write_at = self._now + (0.8 if two_steps else 0.0)
        if not two_steps:
            self._reap(worker)

    def _work(self, worker: Worker) -> None:
        if worker.job is not None and worker.job.until <= self._now:
            self._finish(worker, worker.job)
        elif worker.stopping:
            self._stop(worker)
        elif worker.job is None:
            self._claim(worker)

    def _claim(self, worker: Worker) -> None:
        if worker.chosen is None:
            row = self._store.waiting(self._now)
            if row is None:
                return
            worker.chosen = (row, row.lease + 1)
            if self._defect is Defect.SELECT_THEN_UPDATE:
                return
        row, lease = worker.chosen
        worker.chosen = None
        self._store.claim(row, worker.name, self._now, lease)
        kind = self._kinds.get(row.key, "ok")
        took = self._random.uniform(2.5, 4.0) if kind == "long" else self._random.uniform(0.05, 0.6)
        worker.job = Running(row.id, row.key, lease, self._now + took, row)
        worker.beat_at = self._now + BEAT
        self._tell(ExecStart(self._at(), row.id, row.key, lease, row.failures + 1, worker.pid))

    def _finish(self, worker: Worker, job: Running) -> None:
        kind = self._kinds.get(job.key, "ok")
        value = f"{job.key}/{job.lease}"
        if job.finishing:
            self._store.put_result(job.id, job.lease, value)
            worker.job = None
        elif kind == "fails" or (kind == "flaky" and job.lease < 2):
            self._end(worker, job, "raised")
            self._store.fail(job.id, job.lease, self._now, job.held)
        else:
            self._end(worker, job, "returned", value)
            stored = self._store.succeed(job.id, job.lease, value, self._now, job.held)
            if stored and self._defect is Defect.ACK_THEN_RESULT:
                job.finishing, job.until, worker.job = True, self._now + 4 * TICK, job

    def _stop(self, worker: Worker) -> None:
        job = worker.job
        if job is not None and self._defect is not Defect.STOP_WITH_JOBS:
            self._end(worker, job, "interrupted")
            self._store.hand_back(job.id, job.lease, self._now)
        elif job is not None:
            self._end(worker, job, "interrupted")
        handed_back = job is not None and self._defect is not Defect.STOP_WITH_JOBS
        self._down(worker, 3 if handed_back else 0)

    def _end(self, worker: Worker, job: Running, ending: str, value: str | None = None) -> None:
        worker.job = None
        self._tell(ExecEnd(self._at(), job.id, job.lease, worker.pid, ending, value))

    def _up(self, worker: Worker) -> None:
        self._tell(Process(self._at(), "worker", worker.pid, "up"))
        self._tell(Process(self._at(), "worker", worker.pid, "serving", worker=worker.name))

    def _down(self, worker: Worker, code: int) -> None:
        self._tell(Process(self._at(), "worker", worker.pid, "down", code, worker.name))
        worker.job, worker.chosen, worker.stopping, worker.reaping = None, None, False, []
        worker.dead_until = self._now + 0.5

    def _look(self) -> None:
        for row in self._store.rows.values():
            now = (row.state, row.lease, row.failures, row.losses, row.handbacks)
            if self._seen.get(row.id) != now:
                self._seen[row.id] = now
                self._tell(Look(self._at(), row.id, *now))

    def _phase(self, name: str) -> None:
        self._tell(Phase(self._at(), name, round(self._now * 1_000_000)))

    def _tell(self, event: Event) -> None:
        self._events.append(event)

    def _at(self) -> int:
        return round(self._now * SECOND)
