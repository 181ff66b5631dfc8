"""Time limits, and tasks that do not keep to them: in a child process they are killed, in a thread they are stuck."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable

import nuvom
import pytest
from harness import PATIENCE, Meeting, Nuvom, WorkerProcess

Runworker = Callable[..., WorkerProcess]

pytestmark = [
    pytest.mark.usefixtures("sqlite"),
    pytest.mark.skipif(sys.platform == "win32", reason="signals belong to POSIX"),
]

SLOW = """
import asyncio
import os
import signal
import socket
import threading
import time
from pathlib import Path

import nuvom
from nuvom import task

limited = task(timeout_secs=0.2, retry_delay_secs=0)
forever = 600


def note_start() -> None:
    # One small write at the end of a file is whole: the witness of what ran, apart from the store.
    with Path("witness.txt").open("a") as witness:
        witness.write(f"{nuvom.current_job().id}\\n")


@limited
def spin() -> None:
    while True:  # spin
        pass  # spin


@limited
def sleep() -> None:
    note_start()
    time.sleep(forever)  # sleep


@limited
def receive() -> None:
    note_start()
    ours, theirs = socket.socketpair()
    ours.recv(1)  # receive


@limited
def swallow() -> None:
    note_start()
    while True:  # swallow
        try:  # swallow
            while True:  # swallow
                pass  # swallow
        except BaseException:  # swallow
            pass  # swallow


@limited
def ignore_signals() -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    time.sleep(forever)  # ignore_signals


@limited
async def wait() -> None:
    await asyncio.sleep(forever)  # wait


@limited
async def spin_on_the_loop() -> None:
    while True:  # spin_on_the_loop
        pass  # spin_on_the_loop


@limited
async def swallow_on_the_loop() -> None:
    note_start()
    while True:
        try:
            await asyncio.sleep(forever)  # swallow_on_the_loop
        except asyncio.CancelledError:
            pass


@limited
async def block_the_loop() -> None:
    note_start()
    time.sleep(forever)  # block_the_loop


@task
async def meet_on_a_loop(port: int) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"{os.getpid()}\\n".encode())
    return (await reader.readline()).decode().strip()


@task
def meet_late(port: int) -> str:
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(f"{os.getpid()}\\n".encode())
        return line.makefile().readline().strip()


@task
def quick() -> str:
    return "quick"


@task
async def quick_on_a_loop() -> str:
    return "quick"
"""

POOLS = ["thread", "process"]
ENDS = ["spin", "wait", "spin_on_the_loop"]
"""Tasks that an exception ends."""

STUCK_THREADS = ["sleep", "receive", "swallow"]
STUCK_COROUTINES = ["swallow_on_the_loop", "block_the_loop"]

GRACE = {"timeout_grace_secs": "0.2", "sqlite_durability": "process"}
NO_LOSSES = {"lease_secs": "300", **GRACE}


@pytest.mark.parametrize("name", ENDS)
@pytest.mark.parametrize("pool", POOLS)
def test_a_task_is_ended_at_its_limit_and_tells_where_it_was(
    command: Nuvom, runworker: Runworker, pool: str, name: str
) -> None:
    tasks = command.tasks(SLOW)
    runworker("--pool", pool, "--workers", "1", **NO_LOSSES | {"timeout_grace_secs": "60"})

    job = getattr(tasks, name).delay()
    with pytest.raises(nuvom.JobFailed, match=f"{name} ran longer than its limit of 0.2 s"):
        job.get(timeout=PATIENCE)

    (attempt,) = job.info().attempts
    assert (attempt.outcome, attempt.kind) == ("timed out", "TimeLimitReached")
    assert f"# {name}" in attempt.traceback
    assert (job.info().losses, job.info().handbacks) == (0, 0)
    assert tasks.quick.delay().get(timeout=PATIENCE) == "quick"


@pytest.mark.parametrize("name", ["sleep", "block_the_loop"])
@pytest.mark.parametrize(
    ("policy", "state", "outcomes"),
    [
        ("fail", "FAILED", ["timed out"]),
        ("retry", "FAILED", ["timed out", "timed out"]),
        ("ignore", "SUCCESS", None),
    ],
)
def test_what_a_passed_limit_does_is_the_policy_of_the_task_even_where_its_child_has_to_be_killed(
    command: Nuvom, runworker: Runworker, name: str, policy: str, state: str, outcomes: list[str] | None
) -> None:
    tasks = command.tasks(SLOW)
    runworker("--pool", "process", "--workers", "1", **NO_LOSSES)

    job = getattr(tasks, name).with_options(timeout_policy=policy, retries=1, retry_delay_secs=0).delay()
    if state == "FAILED":
        with pytest.raises(nuvom.JobFailed):
            job.get(timeout=PATIENCE)
    else:
        assert job.get(timeout=PATIENCE) is None

    info = job.info()
    assert (info.state, info.losses, info.handbacks) == (state, 0, 0)
    if outcomes is not None:
        assert [attempt.outcome for attempt in info.attempts] == outcomes


@pytest.mark.parametrize("name", [*STUCK_THREADS, *STUCK_COROUTINES, "ignore_signals"])
def test_a_task_in_a_child_that_does_not_end_is_killed_and_its_slot_is_free(
    command: Nuvom, runworker: Runworker, name: str
) -> None:
    tasks = command.tasks(SLOW)
    # Its stack is asked for within the grace, and a task that is busy leaves little time for that.
    worker = runworker("--pool", "process", "--workers", "1", **NO_LOSSES | {"timeout_grace_secs": "1"})

    job = getattr(tasks, name).delay()
    with pytest.raises(nuvom.JobFailed, match="did not end when it was asked to; its process was killed"):
        job.get(timeout=PATIENCE)

    (attempt,) = job.info().attempts
    assert (attempt.outcome, attempt.kind) == ("timed out", "TimeLimitReached")
    assert f"# {name}" in attempt.traceback
    assert (job.info().losses, job.info().failures) == (0, 1)
    assert tasks.quick.delay().get(timeout=PATIENCE) == "quick"
    worker.wait_until_it_says("it was killed, because a job in it did not end when it was asked to")


@pytest.mark.parametrize("name", [*STUCK_THREADS, *STUCK_COROUTINES])
def test_a_task_in_a_thread_that_does_not_end_is_told_as_stuck_and_its_slot_is_free(
    command: Nuvom, runworker: Runworker, name: str
) -> None:
    tasks = command.tasks(SLOW)
    worker = runworker("--workers", "2", max_coroutines="2", **NO_LOSSES)

    job = getattr(tasks, name).delay()
    worker.wait_until_it_says(f"job {job.id} ({name}) is stuck")
    worker.wait_until_it_says(f"# {name}")

    with Meeting() as meeting:
        # As many at once as there are slots.
        others = [tasks.meet_late.delay(meeting.port) for _ in range(2)]
        for guest in [meeting.guest() for _ in others]:
            guest.tell("runs")
        assert [other.get(timeout=PATIENCE) for other in others] == ["runs"] * 2
    with Meeting() as meeting:
        others = [tasks.meet_on_a_loop.delay(meeting.port) for _ in range(2)]
        for guest in [meeting.guest() for _ in others]:
            guest.tell("runs")
        assert [other.get(timeout=PATIENCE) for other in others] == ["runs"] * 2
    assert job.status == "RUNNING"


@pytest.mark.parametrize("name", ["sleep", "block_the_loop"])
def test_a_stuck_job_keeps_its_lease_and_is_not_run_beside_itself(
    command: Nuvom, runworker: Runworker, name: str
) -> None:
    tasks = command.tasks(SLOW)
    short = {"lease_secs": "0.5", **GRACE}
    first = runworker("--workers", "2", max_coroutines="2", **short)
    job = getattr(tasks, name).with_options(retries=5, timeout_policy="retry").delay()
    first.wait_until_it_says(f"job {job.id} ({name}) is stuck")
    runworker("--workers", "2", **short)

    # This one is due when several leases are over.
    assert tasks.quick.with_options(in_=1.5).delay().get(timeout=PATIENCE) == "quick"

    assert (command.project / "witness.txt").read_text().split() == [job.id]
    assert (job.info().state, job.info().losses) == ("RUNNING", 0)


@pytest.mark.parametrize("name", [*STUCK_THREADS, *STUCK_COROUTINES])
def test_a_worker_with_as_many_stuck_jobs_as_slots_ends_and_says_so(
    command: Nuvom, runworker: Runworker, name: str
) -> None:
    tasks = command.tasks(SLOW)
    worker = runworker("--workers", "1", max_coroutines="1", **NO_LOSSES)

    job = getattr(tasks, name).delay()

    assert worker.exit_code() == 4
    assert "1 jobs are stuck, as many as the pool has slots; the worker ends" in worker.log
    with pytest.raises(nuvom.JobFailed, match="nothing could end it but the end of its worker"):
        job.get(timeout=0)
    (attempt,) = job.info().attempts
    assert (attempt.outcome, job.info().failures, job.info().losses) == ("timed out", 1, 0)
    assert f"# {name}" in attempt.traceback


def test_a_worker_that_ends_because_of_stuck_jobs_finishes_the_others_and_the_next_one_tries_again(
    command: Nuvom, runworker: Runworker
) -> None:
    tasks = command.tasks(SLOW)
    worker = runworker("--workers", "1", **NO_LOSSES)

    with Meeting() as meeting:
        other = tasks.meet_on_a_loop.delay(meeting.port)
        guest = meeting.guest()
        job = tasks.sleep.with_options(timeout_policy="retry", retries=1, retry_delay_secs=0).delay()
        worker.wait_until_it_says("stops; jobs still running")
        guest.tell("finished")
        assert worker.exit_code() == 4
        assert other.get(timeout=0) == "finished"
    assert (job.status, job.info().failures) == ("PENDING", 1)

    assert runworker("--workers", "1", **NO_LOSSES).exit_code() == 4
    assert (command.project / "witness.txt").read_text().split() == [job.id] * 2
    assert [attempt.outcome for attempt in job.info().attempts] == ["timed out"] * 2


@pytest.mark.parametrize("name", ["wait", "spin_on_the_loop"])
@pytest.mark.parametrize("pool", POOLS)
def test_coroutines_beside_one_that_is_ended_go_on(command: Nuvom, runworker: Runworker, pool: str, name: str) -> None:
    tasks = command.tasks(SLOW)
    runworker("--pool", pool, "--workers", "1", **NO_LOSSES | {"timeout_grace_secs": "60"})

    with Meeting() as meeting:
        others = [tasks.meet_on_a_loop.delay(meeting.port) for _ in range(3)]
        guests = [meeting.guest() for _ in others]
        culprit = getattr(tasks, name).delay()
        with pytest.raises(nuvom.JobFailed):
            culprit.get(timeout=PATIENCE)
        for guest in guests:
            guest.tell("unharmed")
        assert [other.get(timeout=PATIENCE) for other in others] == ["unharmed"] * 3

    assert [other.info().attempts for other in others] == [[]] * 3


@pytest.mark.parametrize("name", STUCK_COROUTINES)
def test_coroutines_in_a_child_that_is_killed_for_another_one_go_back_unharmed(
    command: Nuvom, runworker: Runworker, name: str
) -> None:
    tasks = command.tasks(SLOW)
    runworker("--pool", "process", "--workers", "1", **NO_LOSSES)

    with Meeting() as meeting:
        others = [tasks.meet_on_a_loop.delay(meeting.port) for _ in range(3)]
        first = {meeting.guest().pid for _ in others}
        culprit = getattr(tasks, name).delay()
        again = [meeting.guest() for _ in others]
        for guest in again:
            guest.tell("in the end")
        assert [other.get(timeout=PATIENCE) for other in others] == ["in the end"] * 3

    assert first.isdisjoint(guest.pid for guest in again)
    infos = [other.info() for other in others]
    assert {(info.losses, info.failures, info.handbacks) for info in infos} == {(0, 0, 1)}
    assert [attempt.outcome for attempt in culprit.info().attempts] == ["timed out"]


def test_coroutines_on_a_blocked_loop_go_back_unharmed_when_their_worker_stops(
    command: Nuvom, runworker: Runworker
) -> None:
    tasks = command.tasks(SLOW)
    worker = runworker("--workers", "1", stop_grace_secs="0", **NO_LOSSES)

    with Meeting() as meeting:
        others = [tasks.meet_on_a_loop.delay(meeting.port) for _ in range(2)]
        for _ in others:
            meeting.guest()
        job = tasks.block_the_loop.delay()
        worker.wait_until_it_says(f"job {job.id} (block_the_loop) is stuck")
        worker.signal(signal.SIGTERM)
        worker.exit_code()

    infos = [other.info() for other in others]
    assert {(info.state, info.failures, info.losses, info.handbacks) for info in infos} == {("PENDING", 0, 0, 1)}
    assert job.info().losses == 0


def test_a_stuck_job_has_timed_out_also_when_its_worker_is_stopped_while_others_run(
    command: Nuvom, runworker: Runworker
) -> None:
    tasks = command.tasks(SLOW)
    worker = runworker("--workers", "2", stop_grace_secs="0", **NO_LOSSES)

    with Meeting() as meeting:
        tasks.meet_late.delay(meeting.port)
        meeting.guest()
        job = tasks.sleep.delay()
        worker.wait_until_it_says(f"job {job.id} (sleep) is stuck")
        worker.signal(signal.SIGTERM)
        worker.exit_code()

    assert (job.info().state, [attempt.outcome for attempt in job.info().attempts]) == ("FAILED", ["timed out"])
