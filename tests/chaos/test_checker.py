"""The checker, tested before anything is tested with it: a clean run passes, and every planted defect is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from checker import check
from evidence import Rules
from history import Journal, read_events, read_records, write_records
from planted import Simulation
from planted_store import NAMED_BY, Defect
from report import Report

RULES = Rules(clock_slack=0.01, obey_within=0.3, recovery_slack=1.0)
SEEDS = range(12)


def judged(seed: int, defect: Defect | None = None) -> Report:
    events, records = Simulation(seed, defect).run()
    return check(events, records, RULES)


@pytest.mark.parametrize("seed", range(50))
def test_a_clean_store_passes(seed: int) -> None:
    report = judged(seed)

    assert report.violations == []
    assert report.passed


def test_clean_runs_have_what_the_checker_must_forgive() -> None:
    outcomes = [judged(seed).outcomes for seed in range(50)]

    assert sum(one.overlapped_with_cause for one in outcomes) > 0
    assert sum(one.stale for one in outcomes) > 0
    assert sum(one.recovered for one in outcomes) > 0
    assert {cause for one in outcomes for cause in one.excused} == {"loss", "failure", "hand-back"}


@pytest.mark.parametrize("defect", Defect, ids=lambda defect: defect.name.lower())
def test_a_planted_defect_is_caught_by_the_invariant_that_names_it(defect: Defect) -> None:
    named = [{violation.invariant for violation in judged(seed, defect).violations} for seed in SEEDS]

    assert sum(NAMED_BY[defect] in invariants for invariants in named) >= 2


def test_a_history_read_back_from_its_files_is_the_same(tmp_path: Path) -> None:
    events, records = Simulation(1).run()
    journal = Journal(tmp_path / "history.jsonl")

    for event in events:
        journal.write(event)
    write_records(tmp_path / "records.jsonl", records)

    assert read_events(tmp_path / "history.jsonl") == events
    assert read_records(tmp_path / "records.jsonl") == records


def test_a_line_that_a_killed_process_did_not_finish_is_left_out(tmp_path: Path) -> None:
    events, _ = Simulation(1).run()
    path = tmp_path / "history.jsonl"
    Journal(path).write(events[0])
    path.write_bytes(path.read_bytes() + b'{"event": "Fau')

    assert read_events(path) == events[:1]
