"""The history of a run, sorted by job, with all times on one clock. What the invariants look at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from history import (
    CancelAnswer,
    EnqueueCall,
    EnqueueOk,
    Event,
    ExecEnd,
    ExecStart,
    Fault,
    Look,
    Phase,
    Process,
    Record,
)

SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Rules:
    """The times by which the run's workers lived, in seconds, and how much the checker forgives."""

    lease: float = 2.0
    beat: float = 0.6
    reap: float = 0.3
    poll: float = 1.0
    clock_slack: float = 0.0
    """How far the clocks of store and witness may be apart."""
    obey_within: float = 1.0
    """How long after a fault a holder that lost its lease may take to notice, and its task to be interrupted."""
    recovery_slack: float = 3.0
    """A new worker's start, and a turn on a busy machine."""
    max_losses: int | None = None

    @property
    def recovery_bound(self) -> float:
        """From the death of a worker to the next start of what it ran."""
        return self.lease + self.reap + self.poll + self.recovery_slack


@dataclass(frozen=True, slots=True)
class Claim:
    """The time for which one lease was held, by the store's record."""

    lease: int
    start: int | None
    end: int | None
    ending: str
    worker: str | None


@dataclass(frozen=True, slots=True)
class Run:
    """One execution, by the witness. `end` is the death of its process if the body did not come to an end."""

    start: ExecStart
    end: int | None
    last: ExecEnd | None


@dataclass(frozen=True, slots=True)
class Span:
    """The time for which a fault lasted."""

    kind: str
    start: int
    end: int
    pid: int | None


@dataclass(slots=True)
class Case:
    """All that is known of one job."""

    id: str
    record: Record | None = None
    call: EnqueueCall | None = None
    claims: list[Claim] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    cancels: list[CancelAnswer] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)


class Evidence:
    """A run, as the invariants want to see it. Times are nanoseconds of the monotonic clock."""

    def __init__(self, events: Sequence[Event], records: Sequence[Record], rules: Rules) -> None:
        self.rules = rules
        self.records = list(records)
        self.phases = {event.name: event for event in events if isinstance(event, Phase)}
        self.processes = [event for event in events if isinstance(event, Process)]
        self.calls = {event.key: event for event in events if isinstance(event, EnqueueCall)}
        self.accepted = {event.key: event for event in events if isinstance(event, EnqueueOk)}
        self.end = max((event.at for event in events), default=0)
        self.faults = self._spans(events)
        self._offset = next((phase.at - phase.wall * 1000 for phase in self.phases.values()), 0)
        self.cases = self._cases(events)

    def moment(self, micros: int) -> int:
        """A time of the store on the monotonic clock."""
        return micros * 1000 + self._offset

    def slack(self) -> int:
        return int(self.rules.clock_slack * SECOND)

    def excused_until(self, run: Run, held_since: int, lost_at: int) -> int | None:
        """Until when a run may go on although its lease is gone, or `None` if nothing can have taken it.

        A holder that was paused may notice only when it goes on. One that could not reach the store (which a paused
        process may have locked) knows by its own clock, before anyone else may hold the job.
        """
        patience = int(self.rules.obey_within * SECOND)
        felt = [span for span in self.faults if span.kind in {"pause", "lock", "stall"}]
        felt = [span for span in felt if span.start <= lost_at and span.end + patience >= held_since]
        if not felt:
            return None
        until = lost_at + patience
        theirs = {run.start.pid, run.start.parent}
        own = (span for span in self.faults if span.kind == "stall" or span.pid in theirs)
        for span in sorted(own, key=lambda span: span.start):
            if span.start <= until and span.end >= held_since:
                until = max(until, span.end + patience)
        return until

    def deaths(self) -> list[Process]:
        """The ends of workers that were not asked to stop."""
        return [
            event
            for event in self.processes
            if event.role == "worker" and event.change == "down" and event.exit not in {0, 3}
        ]

    def _spans(self, events: Sequence[Event]) -> list[Span]:
        begun: dict[int, Fault] = {}
        spans = []
        for event in events:
            if not isinstance(event, Fault):
                continue
            if event.on:
                begun[event.number] = event
            elif event.number in begun:
                start = begun.pop(event.number)
                spans.append(Span(start.kind, start.at, event.at, start.pid))
        return spans + [Span(left.kind, left.at, self.end, left.pid) for left in begun.values()]

    def _cases(self, events: Sequence[Event]) -> dict[str, Case]:
        cases: dict[str, Case] = {}

        def case(id: str) -> Case:
            return cases.setdefault(id, Case(id))

        for record in self.records:
            found = case(record.id)
            found.record, found.call = record, self.calls.get(record.key)
            found.claims = self._claims(record)
        for ok in self.accepted.values():
            case(ok.job).call = self.calls.get(ok.key)
        for event in events:
            if isinstance(event, CancelAnswer):
                case(event.job).cancels.append(event)
            elif isinstance(event, Look):
                case(event.job).looks.append(event)
        for run in self._runs(events):
            case(run.start.job).runs.append(run)
        return cases

    def _claims(self, record: Record) -> list[Claim]:
        def moment(micros: int | None) -> int | None:
            return None if micros is None else self.moment(micros)

        claims = [
            Claim(one.lease, moment(one.started_at), moment(one.ended_at), one.ending, one.worker)
            for one in record.attempts
        ]
        if record.state in {"SUCCESS", "RUNNING"}:
            ending = "succeeded" if record.state == "SUCCESS" else "held"
            start, end = moment(record.started_at), moment(record.ended_at)
            claims.append(Claim(record.result_lease or record.lease, start, end, ending, record.worker))
        return sorted(claims, key=lambda claim: claim.lease)

    def _runs(self, events: Sequence[Event]) -> list[Run]:
        starts = [event for event in events if isinstance(event, ExecStart)]
        # An interruption may arrive while the end is being written, so that it is written twice: the last counts.
        ends: dict[tuple[str, int, int], list[ExecEnd]] = defaultdict(list)
        for event in events:
            if isinstance(event, ExecEnd):
                ends[event.job, event.lease, event.pid].append(event)
        downs: dict[int, int] = {event.pid: event.at for event in self.processes if event.change == "down"}
        runs = []
        for start in starts:
            last = ends.get((start.job, start.lease, start.pid), [None])[-1]
            runs.append(Run(start, last.at if last else downs.get(start.pid), last))
        return runs
