"""The tasks that are measured."""

from __future__ import annotations

import os
import time
from pathlib import Path

import nuvom
from nuvom import task


@task
def noop(x: int) -> None:
    """Does nothing: what is left is the engine."""


@task
def fail(x: int) -> None:
    """Leaves a traceback."""
    raise ValueError(x)


@task
def millisecond(x: int) -> None:
    """A millisecond of work that leaves the GIL to others, as a call to a database does."""
    time.sleep(0.001)


@task
def begin() -> int:
    """When its first line ran, in nanoseconds of the clock that all processes of a machine share."""
    return time.monotonic_ns()


@task
async def begin_on_a_loop() -> int:
    """The same on an event loop."""
    return time.monotonic_ns()


@task
def burn(rounds: int) -> int:
    """Work for the processor that keeps the GIL."""
    return sum(number * number for number in range(rounds))


@task
def hold(witness: str) -> None:
    """Tells who runs it and since when, and runs on, unless it is run again."""
    with Path(witness).open("a") as lines:
        lines.write(f"{os.getpid()} {time.monotonic_ns()}\n")
    current = nuvom.current_job()
    if current is not None and current.lease == 1:
        time.sleep(3600)


@task(timeout_secs=0.2)
def spin(witness: str) -> None:
    """Never ends, and can be interrupted."""
    _tell_limit(witness)
    while True:
        pass


@task(timeout_secs=0.2)
def block(witness: str) -> None:
    """Never ends, and cannot be interrupted."""
    _tell_limit(witness)
    time.sleep(3600)


@task(timeout_secs=0.2)
async def wait_forever(witness: str) -> None:
    """Never ends, and can be cancelled."""
    import asyncio  # the others are measured without it

    _tell_limit(witness)
    await asyncio.Event().wait()


def _tell_limit(witness: str) -> None:
    Path(witness).write_text(str(time.monotonic_ns() + 200_000_000))
