"""A small job store in virtual time, correct unless one defect is planted in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto

from history import Attempt, Record

LEASE, BEAT, REAP = 2.0, 0.6, 0.3
RETRY_DELAY = 0.5
MAX_ATTEMPTS, MAX_LOSSES = 3, 50


class Defect(Enum):
    """What can be planted."""

    FINISH_WITHOUT_LEASE_TEST = auto()
    DELETE_BEFORE_RUN = auto()
    ACK_THEN_RESULT = auto()
    REAPER_WITHOUT_GUARD = auto()
    SELECT_THEN_UPDATE = auto()
    BEAT_THAT_NEVER_FAILS = auto()
    DECREMENTED_COUNTER = auto()
    RETRY_TOO_EARLY = auto()
    CANCELLED_JOB_STARTS = auto()
    LOST_JOB = auto()
    PHANTOM_JOB = auto()
    ENQUEUE_TWICE = auto()
    PRIORITY_IGNORED = auto()
    LOSS_NOT_COUNTED = auto()
    STOP_WITH_JOBS = auto()
    SLEEPY_REAPER = auto()
    CLAIM_WITHOUT_RECORD = auto()
    RETRIED_FOR_EVER = auto()


NAMED_BY = {
    Defect.FINISH_WITHOUT_LEASE_TEST: "I6",
    Defect.DELETE_BEFORE_RUN: "I1",
    Defect.ACK_THEN_RESULT: "I9",
    Defect.REAPER_WITHOUT_GUARD: "I10",
    Defect.SELECT_THEN_UPDATE: "I4",
    Defect.BEAT_THAT_NEVER_FAILS: "I5",
    Defect.DECREMENTED_COUNTER: "I10",
    Defect.RETRY_TOO_EARLY: "I11",
    Defect.CANCELLED_JOB_STARTS: "I13",
    Defect.LOST_JOB: "I1",
    Defect.PHANTOM_JOB: "I2",
    Defect.ENQUEUE_TWICE: "I3",
    Defect.PRIORITY_IGNORED: "I12",
    Defect.LOSS_NOT_COUNTED: "I8",
    Defect.STOP_WITH_JOBS: "I15",
    Defect.SLEEPY_REAPER: "I16",
    Defect.CLAIM_WITHOUT_RECORD: "I7",
    Defect.RETRIED_FOR_EVER: "I17",
}
"""The invariant that has to notice."""


@dataclass(slots=True)
class Row:
    """A job."""

    id: str
    key: str
    priority: int
    created_at: float
    run_at: float
    state: str = "PENDING"
    lease: int = 0
    lease_until: float = 0.0
    worker: str | None = None
    started_at: float | None = None
    ended_at: float | None = None
    failures: int = 0
    losses: int = 0
    handbacks: int = 0
    cancel: bool = False
    value: str | None = None
    result_lease: int | None = None
    attempts: list[Attempt] = field(default_factory=list)


def micros(seconds: float) -> int:
    return round(seconds * 1_000_000)


class Store:
    """Applies the transitions. Each method is one atomic operation."""

    def __init__(self, defect: Defect | None) -> None:
        self.rows: dict[str, Row] = {}
        self._defect = defect

    def enqueue(self, key: str, priority: int, now: float, run_at: float) -> str:
        id = f"job-{key}"
        self.rows[id] = Row(id, key, priority, now, run_at)
        if self._defect is Defect.ENQUEUE_TWICE and key.endswith("7"):
            self.rows[f"{id}-again"] = Row(f"{id}-again", key, priority, now, run_at)
        if self._defect is Defect.PHANTOM_JOB and key.endswith("7"):
            self.rows[f"{id}-phantom"] = Row(f"{id}-phantom", f"{key}-phantom", priority, now, run_at)
        if self._defect is Defect.LOST_JOB and key.endswith("7"):
            del self.rows[id]
        return id

    def waiting(self, now: float) -> Row | None:
        """The job to claim next."""
        startable = {"PENDING"} | ({"CANCELLED"} if self._defect is Defect.CANCELLED_JOB_STARTS else set())
        due = [row for row in self.rows.values() if row.state in startable and row.run_at <= now]
        by_urgency = self._defect is not Defect.PRIORITY_IGNORED
        return min(due, key=lambda row: (row.priority if by_urgency else 0, row.run_at, row.id), default=None)

    def claim(self, row: Row, worker: str, now: float, lease: int) -> None:
        row.state, row.lease, row.lease_until = "RUNNING", lease, now + LEASE
        row.worker, row.started_at, row.ended_at = worker, now, None
        if self._defect is Defect.DECREMENTED_COUNTER and lease == 2:
            row.failures = 0
        if self._defect is Defect.DELETE_BEFORE_RUN:
            del self.rows[row.id]

    def renew(self, id: str, lease: int, now: float) -> str:
        """`kept`, `lost` or `cancel`."""
        row = self.rows.get(id)
        if self._defect is Defect.DELETE_BEFORE_RUN:
            return "kept"
        if row is not None and self._defect is Defect.BEAT_THAT_NEVER_FAILS:
            row.lease_until = now + LEASE
            return "kept"
        if row is None or row.state != "RUNNING" or row.lease != lease:
            return "lost"
        row.lease_until = now + LEASE
        return "cancel" if row.cancel else "kept"

    def expired(self, now: float) -> list[tuple[str, int]]:
        late = 8.0 if self._defect is Defect.SLEEPY_REAPER else 0.0
        rows = self.rows.values()
        return [(row.id, row.lease) for row in rows if row.state == "RUNNING" and row.lease_until + late <= now]

    def reap(self, id: str, lease: int, now: float) -> None:
        row = self.rows[id]
        guarded = row.state == "RUNNING" and row.lease == lease and row.lease_until <= now
        if not guarded and self._defect is not Defect.REAPER_WITHOUT_GUARD:
            return
        row.losses += self._defect is not Defect.LOSS_NOT_COUNTED
        self._ended(row, lease, "lost", now)
        if row.cancel:
            self._finished(row, "CANCELLED", now)
        else:
            self._waits(row, now, now)

    def succeed(self, id: str, lease: int, value: str, now: float, held: Row) -> bool:
        if self._defect is Defect.DELETE_BEFORE_RUN:
            self.rows[id] = held
        elif not self._holds(id, lease):
            return False
        row = self.rows[id]
        self._finished(row, "SUCCESS", now)
        if self._defect is not Defect.ACK_THEN_RESULT:
            row.value, row.result_lease = value, lease
        return True

    def put_result(self, id: str, lease: int, value: str) -> None:
        """The second of two commits, where there should be one."""
        row = self.rows[id]
        row.value, row.result_lease = value, lease

    def fail(self, id: str, lease: int, now: float, held: Row) -> None:
        if self._defect is Defect.DELETE_BEFORE_RUN:
            self.rows[id] = held
        elif not self._holds(id, lease):
            return
        row = self.rows[id]
        row.failures += 1
        if row.cancel:
            self._ended(row, lease, "cancelled", now)
            row.failures -= 1
            self._finished(row, "CANCELLED", now)
            return
        self._ended(row, lease, "failed", now)
        if row.failures >= MAX_ATTEMPTS and self._defect is not Defect.RETRIED_FOR_EVER:
            self._finished(row, "FAILED", now)
            return
        early = self._defect is Defect.RETRY_TOO_EARLY
        self._waits(row, now, now + (0.1 if early else RETRY_DELAY))

    def hand_back(self, id: str, lease: int, now: float) -> None:
        if not self._holds(id, lease):
            return
        row = self.rows[id]
        if row.cancel:
            self._ended(row, lease, "cancelled", now)
            self._finished(row, "CANCELLED", now)
            return
        row.handbacks += 1
        self._ended(row, lease, "handed back", now)
        self._waits(row, now, now)

    def cancelled(self, id: str, lease: int, now: float) -> None:
        if self._holds(id, lease):
            self._ended(self.rows[id], lease, "cancelled", now)
            self._finished(self.rows[id], "CANCELLED", now)

    def cancel(self, id: str, now: float) -> str:
        row = self.rows.get(id)
        if row is None:
            return "unknown"
        if row.state == "PENDING":
            self._finished(row, "CANCELLED", now)
            return "done"
        if row.state == "RUNNING":
            row.cancel = True
            return "requested"
        return row.state

    def records(self) -> list[Record]:
        return [_record(row) for row in self.rows.values()]

    def _holds(self, id: str, lease: int) -> bool:
        row = self.rows.get(id)
        if self._defect is Defect.FINISH_WITHOUT_LEASE_TEST:
            return row is not None
        return row is not None and row.state == "RUNNING" and row.lease == lease

    def _ended(self, row: Row, lease: int, ending: str, now: float) -> None:
        if self._defect is Defect.CLAIM_WITHOUT_RECORD and ending == "failed":
            return
        started = None if row.started_at is None else micros(row.started_at)
        row.attempts.append(Attempt(lease, ending, ending, row.worker, started, micros(now)))

    def _finished(self, row: Row, state: str, now: float) -> None:
        row.state, row.ended_at = state, now

    def _waits(self, row: Row, now: float, run_at: float) -> None:
        row.state, row.run_at, row.ended_at = "PENDING", run_at, None


def _record(row: Row) -> Record:
    return Record(
        id=row.id,
        key=row.key,
        task="planted",
        priority=row.priority,
        state=row.state,
        lease=row.lease,
        failures=row.failures,
        losses=row.losses,
        handbacks=row.handbacks,
        max_attempts=MAX_ATTEMPTS,
        max_losses=MAX_LOSSES,
        created_at=micros(row.created_at),
        started_at=None if row.started_at is None else micros(row.started_at),
        ended_at=None if row.ended_at is None else micros(row.ended_at),
        worker=row.worker,
        attempts=tuple(row.attempts),
        value=row.value,
        result_lease=row.result_lease,
    )
