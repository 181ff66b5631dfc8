"""Functions and coroutines, in threads and in child processes, side by side in one worker."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Literal

import nuvom
import pytest
from harness import PATIENCE, Meeting

Pool = Literal["thread", "process"]
Load = Callable[[str], ModuleType]

KINDS = """
import asyncio
import os
import socket
import threading
from pathlib import Path

import nuvom
from nuvom import task

Place = tuple[int, str]


def here() -> Place:
    return os.getpid(), threading.current_thread().name


@task
def anywhere() -> Place:
    return here()


@task
async def anywhere_on_a_loop() -> Place:
    return here()


@task(run_in="thread")
def in_a_thread() -> Place:
    return here()


@task(run_in="process")
def in_a_process() -> Place:
    return here()


@task(run_in="thread")
async def on_a_loop_here() -> Place:
    return here()


@task(run_in="process")
async def on_a_loop_in_a_process() -> Place:
    return here()


def tell(port: int) -> str:
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(f"{os.getpid()}\\n".encode())
        return line.makefile().readline().strip()


@task(run_in="thread")
def meet_in_a_thread(port: int) -> str:
    return tell(port)


@task(run_in="process")
def meet_in_a_process(port: int) -> str:
    return tell(port)


@task
async def meet_on_a_loop(port: int) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"{os.getpid()}\\n".encode())
    told = (await reader.readline()).decode().strip()
    writer.close()
    await writer.wait_closed()
    return told


arrived: list[str] = []
everybody = asyncio.Event()


@task
async def wait_for_everybody(count: int) -> str:
    arrived.append(nuvom.current_job().id)
    if len(arrived) == count:
        everybody.set()
    await everybody.wait()
    # The context of each coroutine is its own, however they took turns.
    return nuvom.current_job().id


@task
def note(number: int) -> int:
    # One small write at the end of a file is whole: the witness of what ran, apart from the store.
    with Path("witness.txt").open("a") as witness:
        witness.write(f"{number}\\n")
    return number


@task
def double(number: int) -> int:
    return 2 * number


@task
def ask_for_another(number: int) -> str:
    return double.delay(number).id


@task
async def ask_for_another_on_a_loop(number: int) -> str:
    return (await double.adelay(number)).id
"""

POOLS: list[Pool] = ["thread", "process"]

pools = pytest.mark.parametrize("pool", POOLS)


@pytest.fixture
def tasks(backend: str, load: Load) -> ModuleType:
    return load(KINDS)


@pools
def test_fifty_coroutines_wait_for_each_other_on_one_loop(tasks: ModuleType, pool: Pool) -> None:
    with nuvom.Worker(threads=1, pool=pool):
        jobs = tasks.wait_for_everybody.map([(50,)] * 50)

        assert [job.get(timeout=PATIENCE) for job in jobs] == [job.id for job in jobs]


@pools
def test_a_task_runs_where_it_asks_to_whatever_the_pool_of_the_worker_is(tasks: ModuleType, pool: Pool) -> None:
    names = ["in_a_thread", "in_a_process", "on_a_loop_here", "on_a_loop_in_a_process"]
    with nuvom.Worker(threads=1, pool=pool):
        places = {name: getattr(tasks, name).delay().get(timeout=PATIENCE) for name in names}
        own, own_on_a_loop = (
            tasks.anywhere.delay().get(timeout=PATIENCE),
            tasks.anywhere_on_a_loop.delay().get(timeout=PATIENCE),
        )

    assert {name: pid == os.getpid() for name, (pid, _) in places.items()} == {
        "in_a_thread": True,
        "in_a_process": False,
        "on_a_loop_here": True,
        "on_a_loop_in_a_process": False,
    }
    assert [thread for _, thread in places.values()] == ["nuvom-task-1", "MainThread", "nuvom-loop", "nuvom-loop"]
    assert (own[0] == os.getpid(), own_on_a_loop[0] == os.getpid()) == (pool == "thread", pool == "thread")


@pools
def test_one_worker_serves_all_kinds_at_once_and_none_takes_the_room_of_another(tasks: ModuleType, pool: Pool) -> None:
    with nuvom.Worker(threads=1, pool=pool), Meeting() as meeting:
        jobs = [
            tasks.meet_in_a_thread.delay(meeting.port),
            tasks.meet_in_a_process.delay(meeting.port),
            tasks.meet_on_a_loop.delay(meeting.port),
        ]
        # All three run now, and each pool of functions is full.
        guests = [meeting.guest() for _ in jobs]
        behind = [tasks.in_a_thread.delay(), tasks.in_a_process.delay()]
        many = [tasks.anywhere_on_a_loop.delay() for _ in range(20)]
        for one in many:
            one.get(timeout=PATIENCE)
        assert {job.status for job in behind} <= {"PENDING", "RUNNING"}
        for guest in guests:
            guest.tell("together")

        assert [job.get(timeout=PATIENCE) for job in jobs] == ["together"] * 3
        for job in behind:
            job.get(timeout=PATIENCE)


@pools
def test_waiting_jobs_of_a_full_pool_do_not_hide_those_of_another(tasks: ModuleType, pool: Pool) -> None:
    with nuvom.Worker(threads=1, pool=pool), Meeting() as meeting:
        tasks.meet_in_a_thread.delay(meeting.port)
        guest = meeting.guest()
        behind = tasks.in_a_thread.with_options(priority=0).map([()] * 3_000)
        ahead = tasks.anywhere_on_a_loop.with_options(priority=9).delay()

        ahead.get(timeout=PATIENCE)

        assert behind[-1].status == "PENDING"
        guest.tell("done")


@pools
def test_two_thousand_jobs_over_two_slots_each_run_once(tasks: ModuleType, pool: Pool, project: Path) -> None:
    jobs = tasks.note.map([(number,) for number in range(2_000)])
    with nuvom.Worker(threads=2, pool=pool):
        assert [job.get(timeout=PATIENCE) for job in jobs] == list(range(2_000))

    ran = Counter(map(int, (project / "witness.txt").read_text().split()))
    assert ran == Counter(range(2_000))


@pools
@pytest.mark.parametrize("name", ["ask_for_another", "ask_for_another_on_a_loop"])
def test_a_task_asks_for_another_job(sqlite: Path, load: Load, pool: Pool, name: str) -> None:
    tasks = load(KINDS)
    with nuvom.Worker(threads=1, pool=pool):
        id = getattr(tasks, name).delay(21).get(timeout=PATIENCE)

        assert nuvom.Job(id).get(timeout=PATIENCE) == 42


@pools
def test_workers_can_be_started_and_stopped_many_times(tasks: ModuleType, pool: Pool) -> None:
    for number in range(5):
        with nuvom.Worker(threads=1, pool=pool):
            assert tasks.double.delay(number).get(timeout=PATIENCE) == 2 * number
            tasks.anywhere_on_a_loop.delay().get(timeout=PATIENCE)
