"""How soon work goes on after a death or a time limit. Each function works in a fresh folder with its own store."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import bench_tasks
from nuvom import Task
from processes import worker

LEASE = {"NUVOM_LEASE_SECS": "2"}
"""A worker's death is found by the end of its lease, so that is what its recovery is held against."""

GRACE = 0.5


def after_a_workers_death(folder: Path, runs: int) -> list[float]:
    """Seconds from the kill of a worker to the next start of the job that it ran, in another one that idles."""
    times = []
    for run in range(runs):
        witness = folder / f"worker-{run}"
        with worker(folder, "--workers", "1", env=LEASE) as first:
            job = bench_tasks.hold.delay(str(witness))
            _lines(witness, 1)
            with worker(folder, "--workers", "1", env=LEASE):
                bench_tasks.noop.delay(1).get(timeout=30)
                killed = time.monotonic_ns()
                first.kill()
                job.get(timeout=60)
        times.append((_lines(witness, 2)[1][1] - killed) / 1e9)
    return times


def after_a_childs_death(folder: Path, runs: int) -> list[float]:
    """Seconds from the kill of a child to the next start of the job that it ran, in another child."""
    times = []
    with worker(folder, "--pool", "process", "--workers", "2"):
        for run in range(runs):
            witness = folder / f"child-{run}"
            job = bench_tasks.hold.delay(str(witness))
            pid = _lines(witness, 1)[0][0]
            killed = time.monotonic_ns()
            os.kill(pid, signal.SIGKILL)
            job.get(timeout=60)
            times.append((_lines(witness, 2)[1][1] - killed) / 1e9)
    return times


def from_limit_to_free_slot(folder: Path, pool: str, task: Task[[str], None]) -> float:
    """Seconds from a task's time limit to the first line of the next job in a worker with one slot."""
    witness = folder / "limit"
    options = ["--pool", pool, "--workers", "1"]
    settings = {"NUVOM_TIMEOUT_GRACE_SECS": str(GRACE), "NUVOM_MAX_COROUTINES": "1"}
    following = bench_tasks.begin_on_a_loop if task.is_async else bench_tasks.begin
    with worker(folder, *options, env=settings):
        following.delay().get(timeout=30)
        task.delay(str(witness))
        begun = following.delay().get(timeout=30)
    return float((begun - int(witness.read_text())) / 1e9)


def _lines(witness: Path, count: int) -> list[tuple[int, int]]:
    """The lines of a witness when there are so many: a pid and a moment each."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        lines = witness.read_text().splitlines() if witness.exists() else []
        if len(lines) >= count:
            return [(int(pid), int(moment)) for pid, moment in (line.split() for line in lines)]
        time.sleep(0.001)
    raise SystemExit(f"{witness.name}: nobody ran the job")
