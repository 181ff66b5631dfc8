"""Discovery over thousands of real files: its speed beside that of ruff, and whether what it finds is exact.

The runs of all take turns, so that a busy moment of the machine hits them alike. Whole processes are timed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import discovery_tree
from nuvom import _nuvom
from processes import NUVOM

# `discovery_tree` has made the way to the modules of the tests.
from answers import comparable, judgement_of  # isort: skip
from reference import Judgement, Refusal, Task, judge  # isort: skip

RUFF = str(Path(sys.executable).with_name("ruff"))
PATIENCE = 900
"""Seconds that the old Nuvom may take."""


@dataclass(frozen=True)
class Run:
    """One process, from its start to its end."""

    millis: float
    peak_mib: float
    code: int


@dataclass(frozen=True)
class Line:
    """One line of the report."""

    name: str
    median_ms: float
    min_ms: float
    peak_mib: float


@dataclass(frozen=True)
class Exactness:
    """What Nuvom found, against the judge."""

    files: int
    tasks: int
    refused: int
    precision: float
    recall: float
    differences: list[str]


LAUNCHER = """
import json, os, subprocess, sys, time
quiet = subprocess.DEVNULL
started = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdin=quiet, stdout=quiet, stderr=quiet)
_, status, usage = os.wait4(process.pid, 0)
millis = (time.perf_counter() - started) * 1000
# Linux counts in KiB, macOS in bytes.
peak = usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
print(json.dumps([millis, peak, os.waitstatus_to_exitcode(status)]))
"""
"""A small process between: to Linux the peak of a process includes what its parent held when it started it."""


def run(command: Sequence[str], folder: Path) -> Run:
    """Runs a command to its end."""
    launched = [sys.executable, "-I", "-S", "-c", LAUNCHER, *command]
    told = subprocess.run(launched, cwd=folder, check=True, stdout=subprocess.PIPE, text=True)
    return Run(*json.loads(told.stdout))


def forget(tree: Path) -> None:
    """Takes away all that an earlier run has left."""
    shutil.rmtree(tree / ".nuvom", ignore_errors=True)


def races(tree: Path, runs: int) -> list[Line]:
    """Cold and warm runs of Nuvom and runs of ruff in turns, after a turn that is not counted."""
    nuvom = [NUVOM, "discover", "tasks", "--root", str(tree)]
    ruff = [RUFF, "check", "--select", "F821", "--no-cache", "--isolated", "--quiet", str(tree)]
    taken: dict[str, list[Run]] = {"cold": [], "warm": [], "ruff": []}
    for _ in range(runs + 1):
        forget(tree)
        for name, command in (("cold", nuvom), ("warm", nuvom), ("ruff", ruff)):
            ran = run(command, tree)
            # Both end with 1 when they have something to say.
            if ran.code not in (0, 1):
                raise SystemExit(f"{' '.join(command)} ended with {ran.code}")
            taken[name].append(ran)
    return [line(name, ran[1:]) for name, ran in taken.items()]


def line(name: str, ran: Sequence[Run]) -> Line:
    millis = [it.millis for it in ran]
    return Line(name, statistics.median(millis), min(millis), max(it.peak_mib for it in ran))


def old(tree: Path) -> tuple[Line | None, str]:
    """The old Nuvom, as a user runs it in the tree; how it ended, where that is not well."""
    forget(tree)
    command = ["timeout", str(PATIENCE), str(discovery_tree.old_nuvom()), "discover", "tasks"]
    ran = run(command, tree)
    manifest = tree / ".nuvom" / "manifest.json"
    found = len(json.loads(manifest.read_text())["tasks"]) if manifest.exists() else 0
    forget(tree)
    if ran.code != 0:
        return None, f"ended with {ran.code} after {ran.millis / 1000:.1f} s (124: not done in {PATIENCE} s)"
    return line("old", [ran]), f"{found} tasks"


def exactness(tree: Path) -> Exactness:
    """Compares all that Nuvom says with the judge."""
    forget(tree)
    told = subprocess.run(
        [NUVOM, "discover", "tasks", "--root", str(tree), "--json"], capture_output=True, text=True, check=False
    )
    said = json.loads(told.stdout)
    mine = comparable(judgement_of(said["tasks"], said["problems"]), tree)
    judged = comparable(in_this_python(judge(tree)), tree)
    found, right = set(mine.tasks), set(judged.tasks)
    differences = [
        *(f"only Nuvom: {shown(it)}" for it in sorted(found - right)),
        *(f"only the judge: {shown(it)}" for it in sorted(right - found)),
        *(f"only Nuvom: {shown(it)}" for it in sorted(set(mine.refused) - set(judged.refused))),
        *(f"only the judge: {shown(it)}" for it in sorted(set(judged.refused) - set(mine.refused))),
    ]
    hits = len(found & right)
    precision, recall = hits / max(len(found), 1), hits / max(len(right), 1)
    return Exactness(said["files"], len(found), len(mine.refused), precision, recall, differences)


def in_this_python(judgement: Judgement) -> Judgement:
    """What the judge says; said aloud, since its parser is that of the Python that runs this."""
    broken = sum(refusal.why == "syntax error" for refusal in judgement.refused)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    print(f"judged by the parser of Python {version}: {broken} files are not Python to it", file=sys.stderr)
    return judgement


def shown(it: Task | Refusal) -> str:
    """A task or a place, for people."""
    what = f"task `{it.name}`" if isinstance(it, Task) else it.why
    return f"{it.file}:{it.line} {what}"


def report(lines: list[Line], before: Line | None, note: str, exact: Exactness) -> None:
    """Prints the table."""
    cold, warm, ruff = lines
    print("| run | median | min | peak memory |\n| --- | --: | --: | --: |")
    names = {"cold": "nuvom, cold", "warm": "nuvom, nothing changed", "ruff": "ruff check --select F821"}
    for it in (*lines, *filter(None, [before])):
        name = names.get(it.name, f"nuvom {discovery_tree.OLD}, cold ({note})")
        print(f"| {name} | {it.median_ms:,.1f} ms | {it.min_ms:,.1f} ms | {it.peak_mib:,.0f} MiB |")
    print(f"\ncold / ruff: {cold.median_ms / ruff.median_ms:.2f}; warm: {warm.median_ms:.1f} ms")
    if before is None:
        print(f"nuvom {discovery_tree.OLD} {note}")
    else:
        print(f"nuvom {discovery_tree.OLD} / cold: {before.median_ms / cold.median_ms:.0f}")
    print(f"{exact.files} files, {exact.tasks} tasks, {exact.refused} places refused")
    print(f"precision {exact.precision:.4f}, recall {exact.recall:.4f}, {len(exact.differences)} differences")
    for difference in exact.differences[:40]:
        print(f"- {difference}")


def main() -> int:
    """Makes the tree, measures, compares."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=5000, help="at least so many")
    parser.add_argument("--tasks", type=int, default=800, help="functions that are decorated, about")
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--keep", type=Path, metavar="DIR", help="make the tree there, and leave it")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures there")
    arguments = parser.parse_args()
    if _nuvom.DEBUG_BUILD:
        print("warning: this is a debug build of Nuvom; its times mean nothing.", file=sys.stderr)
    # Not in the project's own folder: ruff asks what git ignores.
    tree = (arguments.keep or Path(tempfile.mkdtemp(prefix="nuvom-discovery-"))).resolve()
    try:
        discovery_tree.make_tree(tree, arguments.files, arguments.tasks, arguments.seed)
        lines = races(tree, arguments.runs)
        before, note = old(tree)
        exact = exactness(tree)
    finally:
        if arguments.keep is None:
            shutil.rmtree(tree)
    report(lines, before, note, exact)
    if arguments.json is not None:
        figures = {it.name: asdict(it) for it in (*lines, *filter(None, [before]))}
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        written = {"runs": figures, "old": note, "debug": _nuvom.DEBUG_BUILD, "exactness": asdict(exact)}
        arguments.json.write_text(json.dumps(written, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
