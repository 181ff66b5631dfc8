"""Invariants of executions, as the witness saw them: repeats, overlaps, cover by a claim, values."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from evidence import SECOND, Case, Evidence, Run
from history import Record
from report import Outcomes, Violation

CAUSES = {
    "lost": "loss",
    "failed": "failure",
    "timed out": "failure",
    "handed back": "hand-back",
    "cancelled": "cancel",
}


def repeats(case: Case, outcomes: Outcomes) -> Iterator[Violation]:
    """Each execution beyond the first has a recorded cause behind it."""
    endings = {claim.lease: claim.ending for claim in case.claims}
    runs = sorted(case.runs, key=lambda run: (run.start.lease, run.start.at))
    for before, again in pairwise(runs):
        outcomes.duplicated += 1
        first, second = before.start.lease, again.start.lease
        cause = None if first == second else CAUSES.get(endings.get(first, "nothing"))
        if cause is None:
            outcomes.unexcused += 1
            yield Violation("I5", case.id, f"ran under lease {second} after {first}, without a recorded cause")
        else:
            outcomes.excused[cause] = outcomes.excused.get(cause, 0) + 1


def live_overlaps(case: Case, evidence: Evidence, outcomes: Outcomes) -> Iterator[Violation]:
    """I5. Two executions of a job may only run side by side if the earlier one's lease had run out because its
    holder, or the store, stood still; and then no longer than it takes to notice.
    """
    endings = {claim.lease: claim.ending for claim in case.claims}
    starts = {claim.lease: claim.start for claim in case.claims}
    runs = sorted(case.runs, key=lambda run: run.start.lease)
    for number, older in enumerate(runs):
        for newer in runs[number + 1 :]:
            if not _overlap(older, newer):
                continue
            begun = starts.get(older.start.lease) or older.start.at
            lost = endings.get(older.start.lease) == "lost"
            until = evidence.excused_until(older, begun, newer.start.at)
            if lost and until is not None and _end(older) <= until:
                outcomes.overlapped_with_cause += 1
                continue
            outcomes.overlapped += 1
            why = "although nothing stood still" if until is None else "long after its lease was gone"
            beside = f"for {(_end(older) - newer.start.at) / SECOND:.3f} s beside lease {newer.start.lease}"
            told = why if lost else "although its lease was not lost"
            yield Violation("I5", case.id, f"ran under lease {older.start.lease} {beside}, {told}")


def uncovered(case: Case, evidence: Evidence) -> Iterator[Violation]:
    """I7."""
    if case.record is None:
        if case.runs:
            yield Violation("I7", case.id, "ran, and the store does not know it")
        return
    claims = {claim.lease: claim for claim in case.claims}
    for run in case.runs:
        lease, started = run.start.lease, run.start.at
        claim = claims.get(lease)
        if claim is None:
            yield Violation("I7", case.id, f"ran under lease {lease}, of which the store knows nothing")
            continue
        if claim.start is not None and started < claim.start - evidence.slack():
            early = (claim.start - started) / SECOND
            yield Violation("I7", case.id, f"started {early:.3f} s before its claim (lease {lease})")
        if claim.end is not None and started > claim.end + evidence.slack():
            until = evidence.excused_until(run, claim.start or claim.end, claim.end)
            if until is None or started > until:
                late = (started - claim.end) / SECOND
                yield Violation("I7", case.id, f"started {late:.3f} s after its lease {lease} was {claim.ending}")


def values(case: Case, record: Record, outcomes: Outcomes) -> Iterator[Violation]:
    """I9."""
    returned = {run.start.lease: run.last.value for run in case.runs if run.last and run.last.ending == "returned"}
    accepted = record.lease if record.state == "SUCCESS" else None
    outcomes.stale += sum(lease != accepted for lease in returned)
    if accepted is None:
        return
    if accepted not in returned:
        yield Violation("I9", record.id, f"is SUCCESS, and nothing returned under lease {accepted}")
    elif returned[accepted] != record.value:
        yield Violation("I9", record.id, f"holds {record.value!r}; lease {accepted} returned {returned[accepted]!r}")


def _overlap(one: Run, two: Run) -> bool:
    return one.start.at < _end(two) and two.start.at < _end(one)


def _end(run: Run) -> int:
    # Without an end and without a death nothing is known of it, and nothing is claimed.
    return run.start.at if run.end is None else run.end
