"""For the tests of those who write backends and plugins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nuvom._nuvom import Metrics, conformance_cases, judge_case
from nuvom.plugins.command import REQUIRED

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["Metrics", "conformance"]


def conformance(make: Callable[[], Any], kind: str | None = None) -> Callable[..., None]:
    """A test for pytest that holds a backend to the suite that every backend passes, case by case:

        test_my_queue = nuvom.testing.conformance(MyQueue)

    `make()` opens a backend, which is emptied before each case if it is a queue or keeps schedules; one that promises
    to be durable or shared must open the same data each time. `kind` is "queue_backend", "result_backend" or
    "scheduler_backend", and is seen from the methods of a class. A case about something that the backend does not
    promise is skipped.
    """
    import pytest  # a tool of those who test

    found = kind or next(
        (kind for kind, methods in REQUIRED.items() if all(hasattr(make, method) for method in methods)), None
    )
    if found is None:
        raise TypeError(f"{make!r} has the methods of no backend; say what it makes with kind=")

    @pytest.mark.parametrize("case", conformance_cases(found))
    def test(case: str) -> None:
        verdict, seen = judge_case(found, make, case)
        if verdict == "not promised":
            pytest.skip("not promised")
        if verdict == "fails":
            pytest.fail(seen, pytrace=False)

    return test
