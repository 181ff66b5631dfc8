"""Runs chaos, or judges a kept history once more.

    python tests/chaos/run.py --minutes 5 --backend file [--seed 7] [--pool process]
    python tests/chaos/run.py --judge FOLDER

Exit code 0 if every invariant held; 1 if one did not, and then the history stays where the last line says.
"""

from __future__ import annotations

import argparse
import secrets
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from checker import check
from driver import Driver
from history import read_events, read_records, write_records
from house import House
from report import Report
from setting import HERE, RULES, Options


def main() -> int:
    asked = _arguments()
    if asked.judge is not None:
        report = judge(asked.judge)
        print(report.table())
        return 0 if report.passed else 1
    seed = secrets.randbelow(1_000_000) if asked.seed is None else asked.seed
    options = Options(seed, asked.minutes, asked.backend, asked.pool, rate=asked.rate)
    folder = Path(tempfile.mkdtemp(prefix="nuvom-chaos-"))
    runner = House if options.backend == "memory" else Driver
    print(f"{options} commit={_commit()}", flush=True)
    write_records(folder / "records.jsonl", runner(options, folder).run())
    report = judge(folder)
    if not asked.brief or not report.passed:
        print(report.table())
    print(report.line(options.backend, options.minutes))
    if report.passed and not asked.keep:
        shutil.rmtree(folder)
    else:
        print(f"the history is in {folder}")
    return 0 if report.passed else 1


def judge(folder: Path) -> Report:
    """What the checker says of the history in this folder."""
    events = read_events(folder / "history.jsonl", folder / "witness.jsonl")
    return check(events, read_records(folder / "records.jsonl"), RULES)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Runs chaos, and judges it.")
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--seed", type=int, help="by default one that is drawn, and printed")
    parser.add_argument("--backend", choices=("sqlite", "file", "memory"), default="sqlite")
    parser.add_argument("--pool", choices=("thread", "process"), default="thread")
    parser.add_argument("--rate", type=float, default=30.0, help="jobs a second")
    parser.add_argument("--brief", action="store_true", help="one line, if all is well")
    parser.add_argument("--keep", action="store_true", help="keep the history of a run that passed, too")
    parser.add_argument("--judge", type=Path, metavar="FOLDER", help="judge a kept history, and run nothing")
    return parser.parse_args()


def _commit() -> str:
    asked = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.run(asked, cwd=HERE, capture_output=True, text=True, check=False).stdout.strip() or "unknown"


if __name__ == "__main__":
    sys.exit(main())
