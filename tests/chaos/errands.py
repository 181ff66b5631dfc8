"""The tasks of the chaos project. Each body tells the witness when it begins and how it ends.

`run.py` copies this file into the project of a run, so that discovery finds it there.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

from history import ExecEnd, ExecStart, Journal
from nuvom import current_job, task
from nuvom.errors import Interruption

NAP = 0.01
"""An interruption arrives between two naps: a thread that sleeps cannot be reached."""

FLAKY_DELAY, HOPELESS_DELAY, ENDLESS_DELAY = 0.2, 0.1, 0.1


@cache
def _witness() -> Journal:
    return Journal(Path(os.environ["CHAOS_WITNESS"]))


def _witnessed(key: str, body: Callable[[int], None]) -> str:
    job = current_job()
    assert job is not None
    witness, pid = _witness(), os.getpid()
    witness.write(ExecStart(time.monotonic_ns(), job.id, key, job.lease, job.attempt, pid, os.getppid()))
    ending, value = "raised", None
    try:
        body(job.attempt)
        ending, value = "returned", f"{key}/{job.lease}"
    except Interruption:
        ending = "interrupted"
        raise
    finally:
        try:
            witness.write(ExecEnd(time.monotonic_ns(), job.id, job.lease, pid, ending, value))
        except Interruption:
            # It came too late for the body, and too early for its end to be written for sure.
            witness.write(ExecEnd(time.monotonic_ns(), job.id, job.lease, pid, "interrupted", None))
            raise
    return value or ""


def _work(naps: int) -> None:
    for _ in range(naps):
        time.sleep(NAP)


@task
def ok(key: str, naps: int) -> str:
    """Succeeds."""
    return _witnessed(key, lambda _: _work(naps))


@task
def long(key: str, naps: int) -> str:
    """Succeeds, and takes longer than a lease."""
    return _witnessed(key, lambda _: _work(naps))


@task
def patient(key: str, naps: int) -> str:
    """Succeeds unless it is cancelled."""
    return _witnessed(key, lambda _: _work(naps))


@task(retries=3, retry_delay_secs=FLAKY_DELAY)
def flaky(key: str, failures: int) -> str:
    """Fails so many times, then succeeds."""

    def body(attempt: int) -> None:
        if attempt <= failures:
            raise RuntimeError(f"attempt {attempt} fails")

    return _witnessed(key, body)


@task(retries=2, retry_delay_secs=HOPELESS_DELAY)
def hopeless(key: str, naps: int) -> str:
    """Always fails."""

    def body(attempt: int) -> None:
        _work(naps)
        raise RuntimeError(f"attempt {attempt} fails")

    return _witnessed(key, body)


@task(retries=1, retry_delay_secs=ENDLESS_DELAY, timeout_secs=0.3, timeout_policy="retry")
def endless(key: str, naps: int) -> str:
    """Runs into its time limit."""
    return _witnessed(key, lambda _: _work(naps))


@task
def crash(key: str, naps: int) -> str:
    """Takes its process down, one way or another."""

    def body(_: int) -> None:
        _work(naps)
        if naps % 2:
            os._exit(3)
        os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(60)

    return _witnessed(key, body)
