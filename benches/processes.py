"""Starting, timing and watching processes."""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

NUVOM = str(Path(sys.executable).with_name("nuvom"))


def median_millis(command: Sequence[str], folder: Path, runs: int = 20) -> float:
    """The median wall time of a command, in milliseconds, after one run that is not counted."""
    times = []
    # Installed packages are compiled once; what forbids that here would have each run compile them anew.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    for _ in range(runs + 1):
        started = time.perf_counter()
        subprocess.run(command, cwd=folder, env=env, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times[1:])


def beside_python(command: Sequence[str], folder: Path, runs: int = 20) -> tuple[float, float]:
    """The median wall times of a command and of a bare interpreter, in milliseconds, of runs that take turns: so that
    both meet the same machine.
    """
    bare = [sys.executable, "-c", "pass"]
    times = [(median_millis(command, folder, 1), median_millis(bare, folder, 1)) for _ in range(runs)]
    return statistics.median(own for own, _ in times), statistics.median(other for _, other in times)


@contextmanager
def worker(
    folder: Path, *arguments: str, env: dict[str, str] | None = None, level: str = "WARNING", log: int | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """`nuvom runworker` as a process of its own, stopped at the end. `log` is the file that it writes its log to."""
    process = subprocess.Popen(
        [NUVOM, "runworker", "--log-level", level, *arguments],
        cwd=folder,
        env={**os.environ, **(env or {})},
        stderr=log,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def resident_mib(pid: int) -> float:
    """Memory of a process that is its own or mapped from files, in MiB (Linux)."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def cpu_seconds(pid: int) -> float:
    """Processor time that a process has used (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
