"""How exactly and how cheaply schedules are fired."""

from __future__ import annotations

import os
import signal
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import bench_tasks
from nuvom.scheduler import Schedule
from processes import NUVOM, cpu_seconds


@dataclass
class Fires:
    """What became of the ticks of a schedule."""

    jobs: int
    ticks: int
    lateness_ms: list[float]
    """From a tick to the job in the store."""

    @property
    def p50(self) -> float:
        """The median lateness, in milliseconds."""
        return statistics.median(self.lateness_ms)

    @property
    def p99(self) -> float:
        """The lateness that one of a hundred exceeds, in milliseconds."""
        return statistics.quantiles(self.lateness_ms, n=100)[98]


def exactly_once(folder: Path, schedulers: int, seconds: int) -> Fires:
    """So many schedulers and one schedule that is due each second."""
    with running(folder, schedulers):
        _begin()
        schedule = bench_tasks.noop.schedule(1, interval=1, max_runs=seconds, id="bench")
        return _fires(folder, schedule, seconds)


def punctuality(folder: Path, ticks: int, stored: int) -> Fires:
    """One scheduler and a schedule that is due ten times a second, beside `stored` ones that are not due."""
    fill(folder, stored)
    with running(folder, 1):
        _begin()
        schedule = bench_tasks.noop.schedule(1, interval=0.1, max_runs=ticks, id="bench")
        return _fires(folder, schedule, ticks)


def idle(folder: Path, stored: int, seconds: float) -> float:
    """The part of a core, in percent, that a scheduler takes beside so many schedules that are not due."""
    fill(folder, stored)
    with running(folder, 1) as [scheduler]:
        time.sleep(5)  # its start looks at all of them once
        before, began = cpu_seconds(scheduler.pid), time.monotonic()
        time.sleep(seconds)
        return (cpu_seconds(scheduler.pid) - before) / (time.monotonic() - began) * 100


def fill(folder: Path, stored: int) -> None:
    """Schedules that are due in some years, by way of copies of one."""
    # In a process of its own: a second SQLite in one process gives up the file locks of the first when it closes.
    seed = "import bench_tasks; bench_tasks.noop.schedule(1, cron='0 0 1 1 *', id='seed')"
    subprocess.run([sys.executable, "-c", seed], check=True)
    database = sqlite3.connect(folder / ".nuvom" / "nuvom.db", isolation_level=None)
    names = [name for (name,) in database.execute("SELECT name FROM pragma_table_info('schedules')")]
    others = ", ".join(name for name in names if name != "id")
    database.execute(
        f"WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < {stored}) "  # noqa: S608
        f"INSERT INTO schedules (id, {others}) "
        f"SELECT printf('copy-%07d', x), {others} FROM schedules, n WHERE id = 'seed'"
    )
    database.close()


@contextmanager
def running(folder: Path, schedulers: int) -> Iterator[Sequence[subprocess.Popen[bytes]]]:
    """Processes of `nuvom runscheduler`, stopped at the end."""
    command = [NUVOM, "runscheduler", "--log-level", "ERROR"]
    started = [subprocess.Popen(command, cwd=folder, env=dict(os.environ)) for _ in range(schedulers)]
    try:
        yield started
    finally:
        for process in started:
            process.send_signal(signal.SIGTERM)
        for process in started:
            process.wait(timeout=60)


def _begin() -> None:
    """Waits until a scheduler fires: what falls due while its process starts tells of the start."""
    _wait_for_end(bench_tasks.noop.schedule(1, interval=0.1, max_runs=1, id="start"), 60)


def _wait_for_end(schedule: Schedule, limit: float) -> None:
    deadline = time.monotonic() + limit
    while schedule.next_run is not None:
        if time.monotonic() > deadline:
            raise SystemExit(f"the schedule {schedule.id} did not run out")
        time.sleep(0.2)


def _fires(folder: Path, schedule: Schedule, ticks: int) -> Fires:
    """Waits until the schedule has run out, and reads the store."""
    _wait_for_end(schedule, 60 + ticks)
    database = sqlite3.connect(f"file:{folder}/.nuvom/nuvom.db?mode=ro", uri=True)
    jobs = (
        "SELECT created_at, json_extract(options, '$.tick.at') FROM jobs "
        "WHERE json_extract(options, '$.tick.schedule') = ?"
    )
    made = database.execute(jobs, [schedule.id]).fetchall()
    return Fires(len(made), len({at for _, at in made}), [(created - at) / 1000 for created, at in made])
