"""Invariants of time: not early, in order, stopped cleanly, recovered soon, drained."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from evidence import SECOND, Case, Evidence, Span
from history import Process
from report import Violation

SILENCE = SECOND // 4
"""So long without a single write, under the load of a run, something holds the store."""


def too_early(case: Case, evidence: Evidence) -> Iterator[Violation]:
    """I11."""
    if case.call is None or case.record is None:
        return
    for wait in waits(case, evidence):
        if wait.until is not None and wait.until < wait.since - evidence.slack():
            early = (wait.since - wait.until) / SECOND
            yield Violation("I11", case.id, f"was claimed {early:.3f} s too early (lease {wait.lease})")


@dataclass(frozen=True, slots=True)
class Wait:
    """The time in which a job could be claimed and was not. `until` is its next claim, or its end."""

    job: str
    priority: int
    since: int
    until: int | None
    lease: int
    suspect: bool = False


def waits(case: Case, evidence: Evidence) -> Iterator[Wait]:
    """Each time that a job waited."""
    record, call = case.record, case.call
    if record is None or call is None:
        return
    since = evidence.moment(record.created_at) + int(call.delay * SECOND)
    losses = 0
    for claim in case.claims:
        if claim.start is None:
            return
        suspect = losses >= 2 or (losses == 1 and (record.max_losses or 3) <= 2)
        yield Wait(case.id, record.priority, since, claim.start, claim.lease, suspect)
        losses += claim.ending == "lost"
        if claim.end is None:
            return
        failed = claim.ending in {"failed", "timed out"}
        since = claim.end + (int(call.retry_delay * SECOND) if failed else 0)
    last = case.claims[-1].ending if case.claims else "nothing"
    if record.state in {"PENDING", "CANCELLED"} and last not in {"cancelled", "lost"}:
        ended = None if record.ended_at is None else evidence.moment(record.ended_at)
        if ended is None or ended > since:
            yield Wait(case.id, record.priority, since, ended, 0, suspect=losses >= 2)


def out_of_order(evidence: Evidence) -> Iterator[Violation]:
    """I12, for any number of slots: one claim takes the most urgent jobs, so nothing that could be claimed then and
    is more urgent is still there afterwards. Priority, then time; ids break ties that clocks cannot see.
    """
    slack = max(evidence.slack(), 1_000_000)
    all_waits = [wait for case in evidence.cases.values() for wait in waits(case, evidence)]
    claimed = sorted((wait for wait in all_waits if wait.lease and wait.until is not None), key=lambda w: w.until or 0)
    begun = sorted(all_waits, key=lambda wait: wait.since)
    open_waits: list[Wait] = []
    place = 0
    for taken in claimed:
        moment = taken.until or 0
        while place < len(begun) and begun[place].since + slack < moment:
            # One that lost its holder again and again is passed over while another such runs.
            if not begun[place].suspect:
                open_waits.append(begun[place])
            place += 1
        open_waits = [wait for wait in open_waits if wait.until is None or wait.until - slack > moment]
        for passed in open_waits:
            sooner = passed.priority == taken.priority and passed.since + slack < taken.since
            if passed.job != taken.job and (passed.priority < taken.priority or sooner):
                yield Violation(
                    "I12", passed.job, f"waited with priority {passed.priority}, passed over by {taken.job}"
                )
                return


def unclean_stops(evidence: Evidence) -> Iterator[Violation]:
    """I15."""
    drained = {
        event.worker: event.at
        for event in evidence.processes
        if event.change == "down" and event.exit == 0 and event.worker is not None
    }
    for case in evidence.cases.values():
        for claim in case.claims:
            at = drained.get(claim.worker or "")
            held = claim.ending == "held" or (claim.ending == "lost" and (claim.end or 0) > (at or 0))
            if at is not None and held:
                yield Violation("I15", case.id, f"was held (lease {claim.lease}) by a worker that had exited with 0")


def recoveries(evidence: Evidence) -> Iterator[tuple[str, float]]:
    """For each job that a dead worker ran: seconds until it started again. What is not in it had ended, was given up,
    or was claimed by another worker that died before the job began.

    Only time in which somebody could recover anything counts: a worker was at work, and the store could be written.
    """
    idle = idle_times(evidence)
    for death, case, lease in _orphans(evidence):
        again = [run.start.at for run in case.runs if run.start.lease == lease + 1]
        # A child may have died before its worker did.
        if again and again[0] > death.at:
            yield case.id, (again[0] - death.at - _covered(idle, death.at, again[0])) / SECOND


def slow_recoveries(evidence: Evidence) -> Iterator[Violation]:
    """I16, up to the moment at which the loss was recorded and the job could be claimed: how long it then waits for
    a free slot, behind more urgent jobs, is a matter of load, and only reported.
    """
    rules = evidence.rules
    bound, idle = rules.lease + rules.reap * 1.1 + rules.recovery_slack, idle_times(evidence)
    for death, case, lease in _orphans(evidence):
        found = next((claim.end for claim in case.claims if claim.lease == lease and claim.ending == "lost"), None)
        if found is None:
            continue
        took = (found - death.at - _covered(idle, death.at, found)) / SECOND
        if took > bound:
            yield Violation("I16", case.id, f"lost its worker, and was found {took:.2f} s later (bound {bound:.2f} s)")


def undrained(evidence: Evidence) -> Iterator[Violation]:
    """I17."""
    if "overdue" in evidence.phases:
        yield Violation("I17", None, "the queue was not empty at the deadline after healing")
        return
    heal, drained = evidence.phases.get("heal"), evidence.phases.get("drained")
    if heal is None or drained is None:
        return
    served = [event for event in evidence.processes if event.change == "serving" and event.worker is not None]
    downs = {event.worker: event.at for event in evidence.processes if event.change == "down"}
    claimed = {
        claim.worker
        for case in evidence.cases.values()
        for claim in case.claims
        if claim.start is not None and claim.start > heal.at
    }
    for event in served:
        alive = event.at < heal.at and downs.get(event.worker, evidence.end) > drained.at
        if alive and event.worker not in claimed:
            yield Violation("I17", None, f"{event.worker} lived on after healing, and claimed nothing more")


def _orphans(evidence: Evidence) -> Iterator[tuple[Process, Case, int]]:
    deaths = {death.pid: death for death in evidence.deaths()}
    for case in evidence.cases.values():
        for run in case.runs:
            death = deaths.get(run.start.pid) or deaths.get(run.start.parent)
            # Its end may have been written and not yet handed in: then it was not running any more.
            if death is not None and run.last is None:
                yield death, case, run.start.lease


def idle_times(evidence: Evidence) -> list[tuple[int, int]]:
    """When no worker was at work, or a fault kept the store from being written."""
    marks = sorted({0, evidence.end, *(mark for span in _at_work(evidence) for mark in span)})
    at_work = sorted(_at_work(evidence))
    idle = list(_silences(evidence))
    for one, two in pairwise(marks):
        if not any(begin <= one and two <= until for begin, until in at_work):
            idle.append((one, two))
    return _merged(idle)


def _at_work(evidence: Evidence) -> list[tuple[int, int]]:
    """From when to when each worker served, without its pauses."""
    downs = {event.pid: event.at for event in evidence.processes if event.change == "down"}
    spans = []
    for event in evidence.processes:
        if event.change != "serving":
            continue
        begin, end = event.at, downs.get(event.pid, evidence.end)
        for pause in sorted((span.start, span.end) for span in evidence.faults if _is_pause_of(span, event.pid)):
            spans.append((begin, min(pause[0], end)))
            begin = pause[1]
        spans.append((begin, max(begin, end)))
    return spans


def _is_pause_of(span: Span, pid: int) -> bool:
    return span.kind == "pause" and span.pid == pid


def _silences(evidence: Evidence) -> Iterator[tuple[int, int]]:
    """When nothing was written for a while, and a fault explains it: a held lock, or a paused process that may hold
    it. A pause in which others go on writing held up nobody but itself.
    """
    written = {evidence.moment(record.created_at) for record in evidence.records}
    for case in evidence.cases.values():
        for claim in case.claims:
            written |= {moment for moment in (claim.start, claim.end) if moment is not None}
    blocking = [span for span in evidence.faults if span.kind in {"pause", "lock", "stall"}]
    for one, two in pairwise(sorted(written | {evidence.end})):
        if two - one > SILENCE:
            for span in blocking:
                if span.start < two and one < span.end:
                    yield max(one, span.start), min(two, span.end)


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for begin, end in sorted(spans):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((begin, end))
    return merged


def _covered(spans: list[tuple[int, int]], start: int, end: int) -> int:
    return sum(max(0, min(until, end) - max(begin, start)) for begin, until in spans)
