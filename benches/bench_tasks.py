"""The tasks that are measured."""

from __future__ import annotations

import time

from nuvom import task


@task
def noop(x: int) -> None:
    """Does nothing: what is left is the engine."""


@task
def millisecond(x: int) -> None:
    """A millisecond of work that leaves the GIL to others, as a call to a database does."""
    time.sleep(0.001)


@task
def begin() -> int:
    """When its first line ran, in nanoseconds of the clock that all processes of a machine share."""
    return time.monotonic_ns()
