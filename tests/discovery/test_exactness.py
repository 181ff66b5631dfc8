"""Discovery finds exactly what it must: hand-checked cases, and the source of Python's own library with tasks put
into it, beside a reference that is written with Python's own parser.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from answers import comparable, discovered
from case_files import Case, cases
from injector import copy_library, inject
from reference import judge

CASES = [pytest.param(case, id=case.name) for case in cases()]


@pytest.mark.parametrize("case", CASES)
def test_discovery_finds_what_a_case_says(case: Case, tmp_path: Path) -> None:
    case.unpack(tmp_path)

    assert comparable(discovered(tmp_path), tmp_path) == comparable(case.expectation(), tmp_path)


@pytest.mark.parametrize("case", CASES)
def test_the_reference_says_what_a_case_says(case: Case, tmp_path: Path) -> None:
    if sys.version_info < case.needs:
        pytest.skip("this Python cannot parse it")
    case.unpack(tmp_path)

    assert judge(tmp_path) == case.expectation()


def test_tasks_put_anywhere_into_pythons_own_library_are_found_exactly(tmp_path: Path) -> None:
    copy_library(tmp_path, most=250)
    inject(tmp_path, seed=20, tasks=400)

    judged = judge(tmp_path)

    assert len(judged.tasks) > 100
    assert len(judged.refused) > 50
    assert comparable(discovered(tmp_path), tmp_path) == comparable(judged, tmp_path)
