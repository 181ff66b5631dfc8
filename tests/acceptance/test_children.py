"""Child processes that die, and what becomes of the jobs in them and around them."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable

import nuvom
import pytest
from harness import MEET, PATIENCE, Meeting, Nuvom, WorkerProcess

Runworker = Callable[..., WorkerProcess]

pytestmark = [
    pytest.mark.usefixtures("sqlite"),
    pytest.mark.skipif(sys.platform == "win32", reason="signals belong to POSIX"),
]

FALL = (
    MEET
    + """

import ctypes
import signal


def die(how: str) -> None:
    if how == "exit":
        os._exit(3)
    if how == "segfault":
        ctypes.string_at(0)
    os.kill(os.getpid(), getattr(signal, how))


@task
def fall(how: str, times: int) -> int:
    import nuvom

    if nuvom.current_job().lease <= times:
        die(how)
    return os.getpid()


@task(on_lost="fail", retries=5)
def fall_once(how: str) -> None:
    die(how)


@task
async def fall_among_others(how: str) -> None:
    die(how)
"""
)

LONG = {"lease_secs": "300", "sqlite_durability": "process"}
"""No lease runs out in these tests: what is found out is found out by the parent of the child."""


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("SIGKILL", "its process died of signal 9 (killed; perhaps out of memory)"),
        ("exit", "its process exited with code 3"),
        ("segfault", "its process died of signal 11 (segmentation fault)"),
        ("SIGABRT", "its process died of signal 6 (abort)"),
    ],
)
def test_a_job_whose_child_dies_is_a_loss_with_its_reason_and_runs_again(
    command: Nuvom, runworker: Runworker, how: str, told: str
) -> None:
    tasks = command.tasks(FALL)
    worker = runworker("--pool", "process", "--workers", "2", **LONG)

    with Meeting() as meeting:
        bystander = tasks.meet.delay(meeting.port)
        guest = meeting.guest()
        job = tasks.fall.delay(how, 1)
        pid = job.get(timeout=PATIENCE)
        guest.tell("unharmed")
        assert bystander.get(timeout=PATIENCE) == "unharmed"

    info = job.info()
    assert (info.state, info.losses, info.failures, info.handbacks) == ("SUCCESS", 1, 0, 0)
    (attempt,) = info.attempts
    assert (attempt.outcome, attempt.kind, attempt.message) == ("lost", "ProcessDied", told)
    assert bystander.info().attempts == []
    assert pid not in (worker.pid, guest.pid)
    worker.wait_until_it_says(f": {told}; jobs lost with it: 1")
    worker.wait_until_it_says(f"job {job.id} (fall), attempt 1 was lost with its process and will run again")


def test_a_child_that_somebody_kills_is_a_loss_and_its_slot_gets_another(command: Nuvom, runworker: Runworker) -> None:
    tasks = command.tasks(MEET)
    worker = runworker("--pool", "process", "--workers", "1", **LONG)

    with Meeting() as meeting:
        job = tasks.meet.delay(meeting.port)
        first = meeting.guest()
        os.kill(first.pid, signal.SIGKILL)
        second = meeting.guest()
        second.tell("again")
        assert job.get(timeout=PATIENCE) == "again"

    assert len({first.pid, second.pid, worker.pid}) == 3
    worker.wait_until_it_says(f"child process {first.pid}: its process died of signal 9")


def test_the_third_child_that_a_job_takes_down_is_the_last(command: Nuvom, runworker: Runworker) -> None:
    tasks = command.tasks(FALL)
    runworker("--pool", "process", "--workers", "2", **LONG)

    job = tasks.fall.delay("exit", 1_000)
    with pytest.raises(nuvom.JobFailed) as failed:
        job.get(timeout=PATIENCE)

    assert (failed.value.kind, failed.value.reason) == ("ProcessDied", "its process exited with code 3")
    info = job.info()
    assert (info.losses, info.failures, len(info.attempts)) == (3, 0, 3)
    assert tasks.fall.delay("exit", 0).get(timeout=PATIENCE) > 0


def test_the_death_of_a_child_is_told_also_while_a_process_that_its_task_forked_lives_on(
    command: Nuvom, runworker: Runworker
) -> None:
    tasks = command.tasks(
        MEET
        + """
import time

import nuvom


@task
def fork(port: int) -> str:
    if nuvom.current_job().lease > 1:
        return "again"
    if os.fork() == 0:
        time.sleep(3600)
        os._exit(0)
    return meet(port)
"""
    )
    runworker("--pool", "process", **LONG)

    with Meeting() as meeting:
        job = tasks.fork.delay(meeting.port)
        os.kill(meeting.guest().pid, signal.SIGKILL)

        assert job.get(timeout=PATIENCE) == "again"

    assert job.info().losses == 1


def test_a_job_that_must_not_repeat_fails_with_its_child(command: Nuvom, runworker: Runworker) -> None:
    tasks = command.tasks(FALL)
    runworker("--pool", "process", **LONG)

    job = tasks.fall_once.delay("SIGKILL")
    with pytest.raises(nuvom.JobFailed, match="died of signal 9"):
        job.get(timeout=PATIENCE)

    assert (job.info().losses, job.info().failures) == (1, 0)


def test_a_coroutine_that_takes_its_child_down_is_lost_and_those_beside_it_run_again(
    command: Nuvom, runworker: Runworker
) -> None:
    tasks = command.tasks(
        FALL
        + """

@task
async def wait_for(port: int) -> str:
    import asyncio

    from nuvom import current_job

    if current_job().lease > 1:
        return "in the end"
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"{os.getpid()}\\n".encode())
    return (await reader.readline()).decode().strip()
"""
    )
    runworker("--pool", "process", "--workers", "1", **LONG)

    with Meeting() as meeting:
        bystanders = [tasks.wait_for.delay(meeting.port) for _ in range(3)]
        assert len({meeting.guest().pid for _ in bystanders}) == 1
        culprit = tasks.fall_among_others.delay("exit")
        assert [job.get(timeout=PATIENCE) for job in bystanders] == ["in the end"] * 3
        with pytest.raises(nuvom.JobFailed):
            culprit.get(timeout=PATIENCE)

    assert culprit.info().losses == 3
    assert {job.info().failures for job in bystanders} == {0}
    assert max(job.info().losses for job in bystanders) <= 2


def test_jobs_that_a_dead_child_had_not_started_run_elsewhere_without_a_loss(
    command: Nuvom, runworker: Runworker
) -> None:
    tasks = command.tasks(
        FALL
        + """

@task
def quick(number: int) -> int:
    return number
"""
    )
    before = tasks.quick.map([(number,) for number in range(500)])
    culprit = tasks.fall.delay("SIGKILL", 1)
    after = tasks.quick.map([(number,) for number in range(500)])

    runworker("--pool", "process", "--workers", "1", **LONG)

    assert [job.get(timeout=PATIENCE) for job in before + after] == [*range(500), *range(500)]
    culprit.get(timeout=PATIENCE)
    assert {job.info().losses for job in before + after} == {0}
    assert culprit.info().losses == 1


HOLD = (
    MEET
    + """

import subprocess
import sys
import time

held: list[socket.socket] = []


def hold(port: int) -> socket.socket:
    line = socket.create_connection(("127.0.0.1", port))
    held.append(line)
    line.sendall(f"{os.getpid()}\\n".encode())
    return line


@task
def stay_known(port: int) -> None:
    hold(port)


@task
def hang(port: int) -> None:
    hold(port).recv(1)


@task
def start_a_program(port: int) -> None:
    line = hold(port)
    program = "import sys, time; print('up', flush=True); time.sleep(40)"
    started = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, pass_fds=[line.fileno()])
    started.stdout.readline()
    line.sendall(b"started\\n")
    time.sleep(120)
"""
)


def test_children_end_with_a_worker_that_is_killed_whether_they_work_or_wait(
    command: Nuvom, runworker: Runworker
) -> None:
    tasks = command.tasks(HOLD)
    worker = runworker("--pool", "process", "--workers", "2", **LONG)

    with Meeting() as meeting:
        tasks.hang.delay(meeting.port)
        busy = meeting.guest()
        known = tasks.stay_known.delay(meeting.port)
        idle = meeting.guest()
        known.get(timeout=PATIENCE)
        assert len({busy.pid, idle.pid, worker.pid}) == 3
        worker.kill()

        assert (busy.says(), idle.says()) == ("", "")


def test_programs_that_a_task_started_end_with_its_child(command: Nuvom, runworker: Runworker) -> None:
    tasks = command.tasks(HOLD)
    runworker("--pool", "process", "--workers", "1", **LONG)

    with Meeting() as meeting:
        job = tasks.start_a_program.with_options(on_lost="fail").delay(meeting.port)
        guest = meeting.guest()
        assert guest.says() == "started"
        os.kill(guest.pid, signal.SIGKILL)

        assert guest.says() == ""
    with pytest.raises(nuvom.JobFailed):
        job.get(timeout=PATIENCE)


def test_programs_that_a_task_left_behind_end_with_the_worker(command: Nuvom, runworker: Runworker) -> None:
    tasks = command.tasks(HOLD.replace("    time.sleep(120)\n", "    line.close()\n"))
    worker = runworker("--pool", "process", "--workers", "1", **LONG)

    with Meeting() as meeting:
        job = tasks.start_a_program.delay(meeting.port)
        guest = meeting.guest()
        assert guest.says() == "started"
        job.get(timeout=PATIENCE)
        worker.signal(signal.SIGTERM)

        assert worker.exit_code() == 0
        assert guest.says() == ""


def test_programs_that_a_task_started_end_with_a_worker_that_is_killed(command: Nuvom, runworker: Runworker) -> None:
    tasks = command.tasks(HOLD)
    worker = runworker("--pool", "process", "--workers", "1", **LONG)

    with Meeting() as meeting:
        tasks.start_a_program.delay(meeting.port)
        guest = meeting.guest()
        assert guest.says() == "started"
        worker.kill()

        assert guest.says() == ""
