"""Judges a run: a pure function of its history and of what the store held at the end.

Stated here or in the modules beside this one, by the numbers that the reports use:

I1 no loss; I2 no phantom; I3 at most one job for an enqueue without answer (a client of Python cannot choose the
id, so a repeat *with* it is left to the conformance suite); I4 one holder, leases 1, 2, 3 …; I5 no live overlap;
I6 one accepted end for a lease; I7 each execution is covered by a claim; I8 budgets; I9 the stored value is what
the execution under that lease returned, and jobs end as their tasks do; I10 a final state stays, counters never
fall; I11 not early; I12 order; I13 cancel; I15 a worker that exited with 0 left nothing held; I16 recovery time;
I17 drained in time, and every living worker claims again.

Not stated: I14 (no scheduler runs yet), I18 (the harness does not measure descriptors and threads), I19 (there are
no metrics yet), I20 (what a caller was told is what the driver wrote down, so there is nothing to compare it with).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from evidence import Case, Evidence, Rules
from executions import live_overlaps, repeats, uncovered, values
from history import Event, ExecStart, Record
from report import Outcomes, Report, Violation
from timing import out_of_order, recoveries, slow_recoveries, too_early, unclean_stops, undrained

FINAL = {"SUCCESS", "FAILED", "CANCELLED"}


def check(events: Sequence[Event], records: Sequence[Record], rules: Rules) -> Report:
    """Everything that can be said of a run."""
    evidence = Evidence(events, records, rules)
    outcomes = Outcomes()
    violations = [
        *losses(evidence, outcomes),
        *phantoms(evidence, outcomes),
        *wrong_ends(evidence, outcomes),
        *unanswered(evidence, outcomes),
        *(violation for case in evidence.cases.values() for violation in of_one_job(case, evidence, outcomes)),
        *out_of_order(evidence),
        *unclean_stops(evidence),
        *slow_recoveries(evidence),
        *undrained(evidence),
    ]
    heal, drained = evidence.phases.get("heal"), evidence.phases.get("drained")
    return Report(
        outcomes=outcomes,
        violations=violations,
        jobs=len(evidence.accepted),
        states=dict(Counter(record.state for record in evidence.records)),
        executions=sum(isinstance(event, ExecStart) for event in events),
        leases=sum(record.lease for record in evidence.records),
        faults=_faults(evidence),
        recoveries=[took for _, took in recoveries(evidence)],
        bound=rules.recovery_bound,
        cancels=dict(Counter(answer.answer for case in evidence.cases.values() for answer in case.cancels)),
        drain_secs=(drained.at - heal.at) / 1e9 if heal and drained else None,
    )


def of_one_job(case: Case, evidence: Evidence, outcomes: Outcomes) -> Iterator[Violation]:
    """What is wrong with one job alone."""
    yield from repeats(case, outcomes)
    yield from live_overlaps(case, evidence, outcomes)
    yield from uncovered(case, evidence)
    yield from too_early(case, evidence)
    yield from changed_after_the_end(case)
    yield from ran_after_cancel(case, evidence)
    if case.record is not None:
        yield from more_than_one_holder(case, case.record, evidence)
        yield from more_than_one_end(case.record)
        yield from budgets(case.record)
        yield from values(case, case.record, outcomes)


def losses(evidence: Evidence, outcomes: Outcomes) -> Iterator[Violation]:
    """I1."""
    states = {record.id: record.state for record in evidence.records}
    for ok in evidence.accepted.values():
        state = states.get(ok.job, "gone")
        if state not in FINAL:
            outcomes.lost.append(ok.job)
            yield Violation("I1", ok.job, f"was acknowledged, and is {state}")


def phantoms(evidence: Evidence, outcomes: Outcomes) -> Iterator[Violation]:
    """I2."""
    for record in evidence.records:
        if record.key not in evidence.calls:
            outcomes.unexpected.append(record.id)
            yield Violation("I2", record.id, f"is there, and nobody asked for {record.key}")


def wrong_ends(evidence: Evidence, outcomes: Outcomes) -> Iterator[Violation]:
    """I9, as far as the state goes. A loss may end any job, but only the last one that it may have."""
    for record in evidence.records:
        call = evidence.calls.get(record.key)
        if call is None or record.state in call.expects or record.state not in FINAL:
            continue
        limit = record.max_losses or evidence.rules.max_losses
        given_up = record.state == "FAILED" and limit is not None and record.losses >= limit
        if not given_up:
            outcomes.unexpected.append(record.id)
            last = record.attempts[-1].kind if record.attempts else "no attempt"
            yield Violation(
                "I9", record.id, f"({call.kind}) is {record.state} ({last}), not {' or '.join(call.expects)}"
            )


def unanswered(evidence: Evidence, outcomes: Outcomes) -> Iterator[Violation]:
    """I3."""
    found = Counter(record.key for record in evidence.records)
    outcomes.recovered = sum(key not in evidence.accepted for key in found if key in evidence.calls)
    for key, count in found.items():
        if count > 1:
            yield Violation("I3", None, f"one enqueue ({key}) made {count} jobs")


def more_than_one_holder(case: Case, record: Record, evidence: Evidence) -> Iterator[Violation]:
    """I4."""
    leases = [claim.lease for claim in case.claims]
    if leases != list(range(1, record.lease + 1)):
        yield Violation("I4", record.id, f"has lease {record.lease}, and ends are recorded for leases {leases}")
    for one, two in pairwise(case.claims):
        if one.end is not None and two.start is not None and two.start < one.end - evidence.slack():
            early = (one.end - two.start) / 1e9
            yield Violation("I4", record.id, f"lease {two.lease} began {early:.3f} s before lease {one.lease} ended")
    held: dict[int, int] = {}
    for run in case.runs:
        lease = run.start.lease
        if lease in held:
            yield Violation("I4", record.id, f"lease {lease} was held by two: {held[lease]} and {run.start.pid}")
        held[lease] = run.start.pid


def more_than_one_end(record: Record) -> Iterator[Violation]:
    """I6."""
    ended = [attempt.lease for attempt in record.attempts]
    if record.state == "SUCCESS":
        ended.append(record.result_lease or record.lease)
        if record.result_lease is not None and record.result_lease != record.lease:
            yield Violation("I6", record.id, f"took a value of lease {record.result_lease} under lease {record.lease}")
    for lease, count in Counter(ended).items():
        if count > 1:
            yield Violation("I6", record.id, f"has {count} ends for lease {lease}")


def budgets(record: Record) -> Iterator[Violation]:
    """I8."""
    endings = Counter(attempt.ending for attempt in record.attempts)
    failures = endings["failed"] + endings["timed out"]
    told = (record.failures, record.losses, record.handbacks)
    recorded = (failures, endings["lost"], endings["handed back"])
    if told != recorded:
        yield Violation("I8", record.id, f"counts failures, losses, hand-backs {told}; recorded are {recorded}")
    if record.failures > record.max_attempts:
        yield Violation("I8", record.id, f"failed {record.failures} times of {record.max_attempts}")
    if record.max_losses is not None and record.losses > record.max_losses:
        yield Violation("I8", record.id, f"was lost {record.losses} times of {record.max_losses}")
    accounted = sum(told) + endings["cancelled"] + (record.state == "SUCCESS")
    if record.state in FINAL and record.lease != accounted:
        yield Violation("I8", record.id, f"had {record.lease} leases, {accounted} of them accounted for")


def changed_after_the_end(case: Case) -> Iterator[Violation]:
    """I10."""
    looks = list(case.looks)
    if case.record is not None:
        last, record = case.looks[-1:], case.record
        counts = (record.lease, record.failures, record.losses, record.handbacks)
        now = [(look.state, look.lease, look.failures, look.losses, look.handbacks) for look in last]
        if now and now[0][0] in FINAL and now[0] != (record.state, *counts):
            yield Violation("I10", case.id, f"had ended as {now[0]}, and is {(record.state, *counts)}")
        if now and any(one > two for one, two in zip(now[0][1:], counts, strict=True)):
            yield Violation("I10", case.id, f"counted {now[0][1:]}, and counts {counts}")
    for one, two in pairwise(looks):
        before = (one.lease, one.failures, one.losses, one.handbacks)
        after = (two.lease, two.failures, two.losses, two.handbacks)
        if one.state in FINAL and (one.state, before) != (two.state, after):
            yield Violation("I10", case.id, f"had ended as {one.state}, and became {two.state}")
        elif any(old > new for old, new in zip(before, after, strict=True)):
            yield Violation("I10", case.id, f"counted {before}, then {after}")


def ran_after_cancel(case: Case, evidence: Evidence) -> Iterator[Violation]:
    """I13."""
    state = case.record.state if case.record else None
    for answer in case.cancels:
        if answer.answer == "done":
            if state is not None and state != "CANCELLED":
                yield Violation("I13", case.id, f"was cancelled while it waited, and is {state}")
            held = max((claim.lease for claim in case.claims if (claim.start or 0) <= answer.at), default=0)
            if any(run.start.at > answer.at and run.start.lease > held for run in case.runs):
                yield Violation("I13", case.id, "was cancelled while it waited, and started")
        elif answer.answer == "requested":
            if state is not None and state not in {"CANCELLED", "SUCCESS"}:
                yield Violation("I13", case.id, f"was to end while it ran, and is {state}")
            late = [claim for claim in case.claims if (claim.start or 0) > answer.at + evidence.slack()]
            if late:
                yield Violation("I13", case.id, f"was to end while it ran, and was claimed again ({late[0].lease})")


def _faults(evidence: Evidence) -> dict[str, int]:
    faults = Counter(span.kind for span in evidence.faults)
    killed = {span.pid for span in evidence.faults if span.kind.startswith("kill")}
    faults["kill by its own task"] = sum(death.pid not in killed for death in evidence.deaths())
    return {kind: count for kind, count in faults.items() if count}
