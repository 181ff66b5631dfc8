"""The file backend beside bare calls that move as many files, with as many syncs."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import bench_tasks
import nuvom
from processes import worker

SETTINGS = '[tool.nuvom]\nqueue_backend = "file"\n'


def floor(program: str, jobs: int) -> dict[str, float]:
    """What bare calls reach."""
    folder = tempfile.mkdtemp(prefix="nuvom-bench-")
    try:
        ran = subprocess.run([program, folder, str(jobs), "1000"], check=True, capture_output=True, text=True)
    finally:
        shutil.rmtree(folder)
    measured: dict[str, float] = json.loads(ran.stdout)
    return measured


@contextmanager
def in_files(folder: Path, durability: str = "full") -> Iterator[Path]:
    """Has this process and its workers keep jobs in files of this project; answers where they lie."""
    (folder / "pyproject.toml").write_text(f'{SETTINGS}file_durability = "{durability}"\n')
    nuvom.configure()
    # ext4 does not use what was deleted in the last five seconds, and looks past each such file for every new one.
    time.sleep(6)
    yield folder / ".nuvom" / "files"


def delay(jobs: int) -> float:
    """`.delay` one by one, jobs a second."""
    # The folders are there, as they are after the first few hundred jobs of a store.
    bench_tasks.noop.map((number,) for number in range(3_000))
    started = time.perf_counter()
    for number in range(jobs):
        bench_tasks.noop.delay(number)
    return jobs / (time.perf_counter() - started)


def bulk(jobs: int) -> float:
    """`.map`, jobs a second."""
    calls = [(number,) for number in range(jobs)]
    bench_tasks.noop.map(calls[:10])
    started = time.perf_counter()
    bench_tasks.noop.map(calls)
    return jobs / (time.perf_counter() - started)


def drain(folder: Path, files: Path, jobs: int, workers: int = 1) -> float:
    """Jobs a second that workers drain, from the first claim to the last finish."""
    handles = bench_tasks.noop.map((number,) for number in range(jobs))
    running = [worker(folder) for _ in range(workers)]
    for process in running:
        process.__enter__()
    try:
        for job in handles[-100:]:
            job.get(timeout=600)
    finally:
        for process in running:
            process.__exit__(None, None, None)
    return _rate(files, jobs)


def _rate(files: Path, jobs: int) -> float:
    first, last, done = float("inf"), 0.0, 0
    for path in (files / "ended" / "success").rglob("*.json"):
        record = json.loads(path.read_bytes().splitlines()[0])
        first, last, done = min(first, record["started_at"]), max(last, record["ended_at"]), done + 1
    if done < jobs:
        raise SystemExit(f"{done} of {jobs} jobs ended")
    return done / ((last - first) / 1e6)
