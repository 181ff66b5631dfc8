"""What Nuvom reaches. Each function works in a fresh folder with its own store."""

from __future__ import annotations

import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import bench_tasks
import nuvom
from nuvom import Task
from processes import NUVOM, cpu_seconds, resident_mib, worker


def drain(
    folder: Path, jobs: int, workers: int = 1, task: Task[[int], object] = bench_tasks.noop, options: Sequence[str] = ()
) -> float:
    """Jobs a second that `nuvom runworker` processes drain, from the first claim to the last finish."""
    handles = task.map((number,) for number in range(jobs))
    return drained(folder, workers, [job.id for job in handles[-100:]], jobs, options)


def drained(folder: Path, workers: int, last: list[str], jobs: int, options: Sequence[str] = ()) -> float:
    """Runs workers until these jobs have ended, and reads the rate from the store."""
    running = [worker(folder, *options) for _ in range(workers)]
    for process in running:
        process.__enter__()
    try:
        for id in last:
            nuvom.Job(id).get(timeout=600)
    finally:
        for process in running:
            process.__exit__(None, None, None)
    return rate_in_store(folder, jobs)


def drain_in_program(folder: Path, jobs: int, monitored: bool) -> float:
    """Jobs a second of a worker inside a program, whose metrics are kept for a Prometheus that does not ask."""
    handles = bench_tasks.noop.map((number,) for number in range(jobs))
    program = str(Path(__file__).with_name("monitored_drain.py"))
    last = [job.id for job in handles[-100:]]
    subprocess.run([sys.executable, program, "monitored" if monitored else "bare", *last], cwd=folder, check=True)
    return rate_in_store(folder, jobs)


def drain_of_plugin(folder: Path, queue: str, jobs: int) -> float:
    """Jobs a second of a worker inside a program, on this queue."""
    program = str(Path(__file__).with_name("plugin_queue.py"))
    told = subprocess.run(
        [sys.executable, program, queue, str(jobs)], cwd=folder, check=True, capture_output=True, text=True
    )
    return float(told.stdout)


def rate_in_store(folder: Path, jobs: int) -> float:
    """Jobs a second from the first claim to the last finish, of a store in which all of them succeeded."""
    with sqlite3.connect(folder / ".nuvom" / "nuvom.db") as database:
        first, end, done, leases = database.execute(
            "SELECT min(started_at), max(ended_at), count(*), max(lease) FROM jobs WHERE state = 2 AND worker != 'seed'"
        ).fetchone()
    if done < jobs or leases != 1:
        raise SystemExit(f"{done} of {jobs} jobs ended, with up to {leases} leases each")
    return float(done / ((end - first) / 1e6))


def drain_with_history(folder: Path, jobs: int, waiting: int, finished: int) -> float:
    """The rate of the first `jobs` jobs when so many more wait behind them and so many have ended before."""
    first = bench_tasks.noop.with_options(priority=0).map((number,) for number in range(jobs))
    nuvom.configure()
    fill(folder / ".nuvom" / "nuvom.db", waiting, finished)
    with worker(folder):
        for job in first[-100:]:
            job.get(timeout=600)
    with sqlite3.connect(folder / ".nuvom" / "nuvom.db") as database:
        start, end, done = database.execute(
            "SELECT min(started_at), max(ended_at), count(*) FROM jobs WHERE state = 2 AND priority = 0"
        ).fetchone()
    return float(done / ((end - start) / 1e6))


def fill(path: Path, waiting: int, finished: int) -> None:
    """Copies the first job so often: as ended ones whose ids sort before all others, and as waiting ones behind."""
    copy = (
        "INSERT INTO jobs SELECT ?, task, queue, 9, created_at, run_at, {state}, {lease}, NULL, {worker}, {ended}, "
        "{ended}, 0, 0, 0, 1, 3, 0, options, payload, signature FROM jobs WHERE id = ?"
    )
    ended = copy.format(state=2, lease=1, worker="'seed'", ended="created_at")
    later = copy.format(state=0, lease=0, worker="NULL", ended="NULL")
    database = sqlite3.connect(path)
    with database:
        (first,) = database.execute("SELECT min(id) FROM jobs").fetchone()
        # Made an hour before and an hour after the others: ids begin with their time in milliseconds.
        hour = 3_600_000
        made = int.from_bytes(first[:6])
        database.executemany(ended, ((_id(made - hour, number), first) for number in range(finished)))
        database.executemany(later, ((_id(made + hour, number), first) for number in range(waiting)))
    database.close()


def _id(millis: int, number: int) -> bytes:
    return millis.to_bytes(6) + number.to_bytes(10)


def delay(durability: str, jobs: int) -> float:
    """`.delay` one by one, jobs a second."""
    nuvom.configure(sqlite_durability=durability)
    bench_tasks.noop.delay(0)
    started = time.perf_counter()
    for number in range(jobs):
        bench_tasks.noop.delay(number)
    rate = jobs / (time.perf_counter() - started)
    nuvom.configure(sqlite_durability=None)
    return rate


def bulk(jobs: int) -> tuple[float, float]:
    """`.map`, jobs a second; and the share of its time that binding and encoding take."""
    calls = [(number,) for number in range(jobs)]
    bench_tasks.noop.map(calls[:10])
    started = time.perf_counter()
    bench_tasks.noop.map(calls)
    whole = time.perf_counter() - started
    nuvom.configure(queue_backend="memory")
    bench_tasks.noop.map(calls[:10])
    started = time.perf_counter()
    bench_tasks.noop.map(calls)
    in_memory = time.perf_counter() - started
    nuvom.configure(queue_backend=None)
    return jobs / whole, in_memory / whole


def latencies(folder: Path, samples: int) -> tuple[list[float], list[float]]:
    """From the call of `.delay` to the task's first line in an idle worker, and to its value here, in ms."""
    pick_up, result = [], []
    with worker(folder):
        bench_tasks.begin.delay().get(timeout=30)
        for _ in range(samples):
            time.sleep(0.01)  # lets the worker fall asleep: an idle one is what is measured
            called = time.monotonic_ns()
            begun = bench_tasks.begin.delay().get(timeout=30)
            result.append((time.monotonic_ns() - called) / 1e6)
            pick_up.append((begun - called) / 1e6)
    return pick_up, result


def start_to_first_job(folder: Path, runs: int = 7) -> float:
    """From the start of `nuvom runworker` to the value of a job that waited for it, in ms."""
    times = []
    for _ in range(runs):
        job = bench_tasks.noop.delay(1)
        job.status  # noqa: B018 - opens what the wait needs before the clock starts
        started = time.perf_counter()
        with worker(folder):
            job.get(timeout=30)
            times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


def idle(folder: Path, seconds: float) -> tuple[float, float]:
    """Resident MiB of a worker that has run a job and waits, and its share of a core in percent."""
    with worker(folder) as process:
        bench_tasks.noop.delay(1).get(timeout=30)
        time.sleep(1)
        before = cpu_seconds(process.pid)
        time.sleep(seconds)
        return resident_mib(process.pid), (cpu_seconds(process.pid) - before) / seconds * 100


def discover(folder: Path) -> None:
    """Writes the manifest that workers read."""
    subprocess.run(
        [NUVOM, "discover", "tasks"], cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
