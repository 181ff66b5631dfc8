"""Surveys the standard library of the running Python, a job a file, over two worker processes.

    python run.py [--limit N]

Works in a temporary folder, stops what it starts, and exits with 0 only if every job is accounted for.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from time import monotonic
from types import FrameType
from typing import NoReturn

HERE = Path(__file__).resolve().parent
STDLIB = Path(sysconfig.get_path("stdlib"))
NUVOM = [sys.executable, "-m", "nuvom"]
WORKERS = 2
"""Processes. The work is all Python and no waiting, so each runs one job at a time: threads would share a GIL."""

PATIENCE = 60.0
"""Seconds in which the next result must come; the slowest file takes well under one."""


def main() -> int:
    """Runs the demo; answers its exit code."""
    parser = argparse.ArgumentParser(description="Survey Python's standard library with Nuvom.")
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N files")
    limit = parser.parse_args().limit
    if limit is not None and limit < 1:
        parser.error("--limit is 1 or more")
    files = sources()[:limit]

    signal.signal(signal.SIGTERM, interrupted)
    with tempfile.TemporaryDirectory(prefix="nuvom-demo-") as folder:
        project = Path(folder)
        workers: list[subprocess.Popen[bytes]] = []
        try:
            prepare(project)
            demonstrate(project, files, workers)
        except KeyboardInterrupt:
            print("\nStopped.", file=sys.stderr)
            return 130
        except Unexpected as error:
            print(f"\nUNEXPECTED: {error}\n\nThe workers' log:\n{worker_log(project)}", file=sys.stderr)
            return 1
        finally:
            stop(workers)
    return 0


def demonstrate(project: Path, files: list[Path], workers: list[subprocess.Popen[bytes]]) -> None:
    """The demo from beginning to end, in a folder that holds nothing but the tasks."""
    from nuvom import JobFailed, JobTimeout
    from progress import Progress
    from summary import print_summary
    from tasks import Survey, survey

    command("discover", "tasks")

    # A file that is not there yet: one job that must fail, to be looked at and retried below.
    missing = project / "not_written_yet.py"
    started = monotonic()
    jobs = survey.map([(str(path),) for path in [*files, missing]])
    print(f"\n{len(jobs):,} jobs enqueued in {monotonic() - started:.2f} s, a file each. Starting {WORKERS} workers.")

    started = monotonic()
    workers += [start_worker(project) for _ in range(WORKERS)]
    progress = Progress(len(jobs), "files")
    surveys: list[Survey] = []
    failed = []
    for done, job in enumerate(jobs, start=1):
        try:
            surveys.append(job.get(timeout=PATIENCE))
        except JobFailed:
            failed.append(job)
        except JobTimeout as error:
            raise Unexpected(str(error)) from error
        progress.show(done)
    elapsed = monotonic() - started

    print(f"\nThe standard library of Python {sys.version.split()[0]}, {len(surveys):,} files\n")
    print_summary(surveys, STDLIB)

    if failed != jobs[-1:]:
        raise Unexpected(f"one job should fail, the one of the missing file, and {len(failed)} did")
    job = failed[0]
    print("\nOne job failed, as it had to. It was tried twice, as its task asks:\n")
    command("inspect", "job", job.id)
    missing.write_text('"""Written at last."""\n')
    print(f"\nWith {missing.name} written, it can succeed:\n")
    command("retry", "job", job.id)
    value = job.get(timeout=PATIENCE)
    command("status", job.id)
    if value["lines"] != 1:
        raise Unexpected(f"the retried job returned {value}")

    codes = stop(workers)
    retries = check_all_done({job.id for job in jobs}, codes)
    rate = len(jobs) / elapsed
    print(
        f"\n{len(jobs):,} jobs, every one done and accounted for. From the start of the workers\n"
        f"to the last result: {elapsed:.1f} s, {rate:,.0f} jobs a second. {retries} attempts failed, none was lost.\n"
        f"The workers have stopped, and nothing is left behind."
    )


def sources() -> list[Path]:
    """Every Python file of the standard library; what was installed beside it is not part of it."""
    other = {"site-packages", "dist-packages", "__pycache__"}
    found = [path for path in STDLIB.rglob("*.py") if other.isdisjoint(path.parts[len(STDLIB.parts) :])]
    return sorted(found)


def prepare(project: Path) -> None:
    """Makes the folder a project of its own, and this process a part of it."""
    (project / ".nuvom").mkdir(mode=0o700)  # so that no folder further up is taken for the project
    shutil.copy(HERE / "tasks.py", project)
    for name in [name for name in os.environ if name.startswith("NUVOM_")]:
        del os.environ[name]
    os.chdir(project)
    sys.path.insert(0, str(project))


def command(*arguments: str) -> None:
    """Runs a command of Nuvom as a user would, and shows it."""
    print(f"$ nuvom {' '.join(arguments)}", flush=True)
    ran = subprocess.run([*NUVOM, *arguments], check=False)
    if ran.returncode != 0:
        raise Unexpected(f"`nuvom {' '.join(arguments)}` ended with exit code {ran.returncode}")


def start_worker(project: Path) -> subprocess.Popen[bytes]:
    """A worker in a process of its own. Ctrl-C does not reach it: it is stopped below, in order."""
    with (project / "worker.log").open("ab") as log:
        return subprocess.Popen([*NUVOM, "runworker", "--workers", "1"], stderr=log, start_new_session=True)


def stop(workers: list[subprocess.Popen[bytes]]) -> list[int]:
    """Asks the workers to stop, waits for them, and answers their exit codes. Stopping twice is fine."""
    for worker in workers:
        if worker.poll() is None:
            worker.send_signal(signal.SIGTERM)
    codes = []
    for worker in workers:
        try:
            codes.append(worker.wait(timeout=10))
        except subprocess.TimeoutExpired:
            worker.kill()
            codes.append(worker.wait())
    return codes


def check_all_done(ids: set[str], codes: list[int]) -> int:
    """Holds the store, asked by the command line, against the jobs that were made; answers how often one failed."""
    if any(codes):
        raise Unexpected(f"the workers ended with exit codes {codes}")
    ran = subprocess.run([*NUVOM, "history", "recent", "--limit", "10000", "--json"], capture_output=True, check=True)
    records = json.loads(ran.stdout)
    unfinished = [record for record in records if record["state"] != "SUCCESS"]
    if unfinished:
        raise Unexpected(f"{len(unfinished)} jobs have not succeeded, such as {unfinished[0]}")
    if len(records) != len(ids) or {record["id"] for record in records} != ids:
        raise Unexpected(f"{len(ids)} jobs were made, and the store has {len(records)}")
    if any(record["losses"] for record in records):
        raise Unexpected("a worker was lost on the way")
    return sum(record["failures"] for record in records)


def worker_log(project: Path) -> str:
    """The end of what the workers said."""
    log = project / "worker.log"
    return "\n".join(log.read_text(errors="replace").splitlines()[-20:]) if log.exists() else "(none)"


def interrupted(number: int, frame: FrameType | None) -> NoReturn:
    """SIGTERM ends the demo as Ctrl-C does."""
    raise KeyboardInterrupt


class Unexpected(Exception):
    """Something that must not happen."""


if __name__ == "__main__":
    sys.exit(main())
