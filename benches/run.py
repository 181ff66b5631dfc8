"""`make bench`: yardsticks and figures of one run, side by side. An absolute time says little, since machines
differ by a factor of two to five from one day to the next; the ratio to a yardstick of the same run does.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import bench_tasks
import commands
import files
import logs
import measures
import nuvom
import recoveries
import schedules
from nuvom import _nuvom
from processes import NUVOM, beside_python, median_millis

HERE = Path(__file__).parent
PYTHON = sys.executable


@dataclass
class Figure:
    """One line of the report."""

    name: str
    value: str
    yardstick: str
    ratio: str
    goal: str
    met: bool


@contextmanager
def fresh_project() -> Iterator[Path]:
    """A folder with the tasks, as the working directory, and nothing in its store."""
    folder = Path(tempfile.mkdtemp(prefix="nuvom-bench-"))
    shutil.copy(HERE / "bench_tasks.py", folder)
    (folder / ".nuvom").mkdir()
    before = Path.cwd()
    os.chdir(folder)
    nuvom.configure()
    try:
        measures.discover(folder)
        yield folder
    finally:
        os.chdir(before)
        nuvom.configure()
        shutil.rmtree(folder)


def yardsticks(floor: str, jobs: int) -> dict[str, float]:
    """What bare statements, a bare interpreter and the fastest Python queue reach."""
    folder = Path(tempfile.mkdtemp(prefix="nuvom-bench-"))
    try:
        bare = subprocess.run([floor, str(folder), str(jobs), "2000"], check=True, capture_output=True, text=True)
        huey = subprocess.run(
            [PYTHON, str(HERE / "huey_drain.py"), str(folder), "5000"], check=True, capture_output=True, text=True
        )
        startup = median_millis([PYTHON, "-c", "pass"], folder)
    finally:
        shutil.rmtree(folder)
    measured: dict[str, float] = json.loads(bare.stdout)
    return {**measured, "huey": float(huey.stdout), "python_start_ms": startup}


def build_floor(crate: str = "nuvom-sqlite", example: str = "floor") -> str:
    """Builds the bare loops of a backend, and answers where they are."""
    command = f"cargo build --release --locked --quiet -p {crate} --example {example} --message-format json"
    built = subprocess.run(command.split(), cwd=HERE.parent, check=True, stdout=subprocess.PIPE, text=True)
    messages = [json.loads(line) for line in built.stdout.splitlines()]
    return str(
        next(m["executable"] for m in messages if m.get("target", {}).get("name") == example and m["executable"])
    )


def at_least(name: str, value: float, yard: str, yard_value: float, goal: float) -> Figure:
    """A rate that should reach a part of its yardstick."""
    ratio = value / yard_value
    return Figure(name, f"{value:,.0f}/s", f"{yard} {yard_value:,.0f}/s", f"{ratio:.2f}", f">= {goal}", ratio >= goal)


def at_most(name: str, value: float, unit: str, yard: str, yard_value: float, goal: float) -> Figure:
    """A time that should stay within a multiple of its yardstick."""
    ratio = value / yard_value
    return Figure(
        name, f"{value:.2f} {unit}", f"{yard} {yard_value:.2f} {unit}", f"{ratio:.2f}", f"<= {goal}", ratio <= goal
    )


def figures(yard: dict[str, float], jobs: int, history: int) -> Iterator[Figure]:
    """Measures one figure after the other."""
    f = yard["finish_and_claim"]
    with fresh_project() as folder:
        small = measures.drain(folder, jobs)
    yield at_least("drain, one worker process", small, "F", f, 0.7)
    yield at_least("drain, against Huey", small, "H", yard["huey"], 50)
    with fresh_project() as folder:
        two = measures.drain(folder, jobs, workers=2)
    yield at_least("drain, two worker processes", two, "one", small, 0.9)
    with fresh_project() as folder:
        one_busy = measures.drain(folder, jobs // 20, task=bench_tasks.millisecond)
    with fresh_project() as folder:
        two_busy = measures.drain(folder, jobs // 20, workers=2, task=bench_tasks.millisecond)
    yield at_least("drain of 1 ms jobs, two processes", two_busy, "one", one_busy, 1.8)
    with fresh_project() as folder:
        large = measures.drain_with_history(folder, jobs, history, history)
    yield at_least(f"drain, {history:,} waiting and {history:,} ended", large, "empty", small, 0.8)
    with fresh_project():
        yield at_least(
            ".delay, durability full", measures.delay("full", 2000), "C-full", yard["single_commits_full"], 0.75
        )
    with fresh_project():
        process = yard["single_commits_process"]
        yield at_least(".delay, durability process", measures.delay("process", 20_000), "C-process", process, 0.75)
    with fresh_project():
        rate, share = measures.bulk(jobs)
        name = f".map of {jobs:,} (binding and encoding: {share:.0%})"
        yield at_least(name, rate, "B", yard["bulk_insert"], 0.7)
    yield from pools(jobs // 2)
    yield monitoring(jobs)
    yield from logged(jobs)
    yield plugin_queue(jobs // 2)
    yield from on_files(jobs // 2)
    yield from recovery()
    yield from ticks()
    yield from times(yard)
    yield from at_the_prompt()


def pools(jobs: int) -> Iterator[Figure]:
    """Two child processes beside two threads."""
    rates = {}
    for pool in ("thread", "process"):
        with fresh_project() as folder:
            rates[pool] = measures.drain(folder, jobs, options=["--pool", pool, "--workers", "2"])
    yield at_least("drain, two children", rates["process"], "two threads", rates["thread"], 0)
    for pool in ("thread", "process"):
        with fresh_project() as folder:
            burning = bench_tasks.burn.map([(1_000_000,)] * 40)
            last = [job.id for job in burning]
            rates[pool] = measures.drained(folder, 1, last, 40, options=["--pool", pool, "--workers", "2"])
    yield at_least("jobs bound by the processor, two children", rates["process"], "two threads", rates["thread"], 1.8)


def on_files(jobs: int) -> Iterator[Figure]:
    """The file backend beside bare calls that write and rename as many files. Its goals are those of a backend that is
    chosen for what can be read of it, and not for its speed.
    """
    yard = files.floor(build_floor("nuvom-file", "file_floor"), jobs)
    for name, value in yard.items():
        print(f"     {name:<52} {value:>14,.2f}")
    with fresh_project() as folder, files.in_files(folder) as place:
        one = files.drain(folder, place, jobs)
    yield at_least("files: drain, one worker process", one, "renames", yard["renames_drained"], 0.3)
    with fresh_project() as folder, files.in_files(folder) as place:
        two = files.drain(folder, place, jobs, workers=2)
    yield at_least("files: drain, two worker processes", two, "one", one, 0.8)
    with fresh_project() as folder, files.in_files(folder):
        yield at_least("files: .map", files.bulk(jobs), "files", yard["bulk_files"], 0.4)
    with fresh_project() as folder, files.in_files(folder):
        rate = files.delay(1000)
    yield at_least("files: .delay, durability full", rate, "journal", yard["single_files_full"], 0.5)
    with fresh_project() as folder, files.in_files(folder, "process"):
        rate = files.delay(10_000)
    yield at_least("files: .delay, durability process", rate, "journal", yard["single_files_process"], 0.4)
    with fresh_project() as folder, files.in_files(folder):
        bench_tasks.noop.map((number,) for number in range(jobs))
        full = files.delay(1000)
    with fresh_project() as folder, files.in_files(folder):
        empty = files.delay(1000)
    yield at_least(f"files: .delay beside {jobs:,} waiting", full, "beside none", empty, 0.7)


PAIRS = 8
LOG_PAIRS = 5


def monitoring(jobs: int) -> Figure:
    """What metrics cost that nobody asks for: the median over pairs of drains, one right after the other, of which
    each kind goes first as often. Single drains of one machine differ by more than what is looked for.
    """
    ratios, rates = [], []
    for pair in range(PAIRS):
        measured = {}
        for monitored in (pair % 2 == 0, pair % 2 != 0):
            with fresh_project() as folder:
                measured[monitored] = measures.drain_in_program(folder, jobs, monitored)
        ratios.append(measured[True] / measured[False])
        rates.append(measured)
    with_metrics = statistics.median(rate[True] for rate in rates)
    without = statistics.median(rate[False] for rate in rates)
    name = f"drain with idle metrics ({min(ratios):.2f} to {max(ratios):.2f} of {PAIRS} pairs)"
    ratio = statistics.median(ratios)
    yardstick = f"without {without:,.0f}/s"
    return Figure(name, f"{with_metrics:,.0f}/s", yardstick, f"{ratio:.3f}", ">= 0.97", ratio >= 0.97)


def logged(jobs: int) -> Iterator[Figure]:
    """What the log costs: successes, of which a second is a line, and failures, each with its traceback."""
    for task, count in ((bench_tasks.noop, jobs), (bench_tasks.fail, jobs // 5)):
        for form in logs.FORMS:
            pairs = []
            for pair in range(LOG_PAIRS):
                rates = {}
                for told in (pair % 2 == 0, pair % 2 != 0):
                    with fresh_project() as folder:
                        rates[told] = logs.drain(folder, count, task, form if told else None)
                pairs.append(rates)
            ratio = statistics.median(rates[True] / rates[False] for rates in pairs)
            with_log, without = (statistics.median(rates[told] for rates in pairs) for told in (True, False))
            name = f"drain of `{task.name}`, log {form}"
            yield Figure(name, f"{with_log:,.0f}/s", f"no log {without:,.0f}/s", f"{ratio:.2f}", ">= 0.9", ratio >= 0.9)


def plugin_queue(jobs: int) -> Figure:
    """What a queue of five methods of Python costs, beside the built-in queue in memory."""
    measured: dict[str, list[float]] = {"my_queue": [], "memory": []}
    for _ in range(3):
        for queue, rates in measured.items():
            with fresh_project() as folder:
                rates.append(measures.drain_of_plugin(folder, queue, jobs))
    plugin, built_in = map(statistics.median, measured.values())
    yardstick = f"memory {built_in:,.0f}/s"
    return Figure(
        "drain of a five-method queue", f"{plugin:,.0f}/s", yardstick, f"{plugin / built_in:.2f}", "reported", True
    )


def recovery() -> Iterator[Figure]:
    """How soon work goes on."""
    with fresh_project() as folder:
        found = recoveries.after_a_workers_death(folder, 8)
    bound = 2 + 2 / 6 + 1
    value = f"{statistics.median(found):.2f} s"
    name = f"after a worker's death, lease 2 s: p50 (max {max(found):.2f} s)"
    yield Figure(name, value, "lease + reap + poll", "", f"<= {bound:.2f} s", max(found) <= bound)
    with fresh_project() as folder:
        found = recoveries.after_a_childs_death(folder, 20)
    name = f"after a child's death: p50 (max {max(found) * 1000:.0f} ms)"
    yield Figure(name, f"{statistics.median(found) * 1000:.1f} ms", "", "", "<= 1 s", max(found) <= 1)
    grace = recoveries.GRACE
    for name, pool, task, goal in (
        ("thread, can be interrupted", "thread", bench_tasks.spin, 0.1),
        ("thread, cannot", "thread", bench_tasks.block, grace + 1),
        ("child, can be interrupted", "process", bench_tasks.spin, 0.1),
        ("child, cannot", "process", bench_tasks.block, grace + 1),
        ("event loop", "thread", bench_tasks.wait_forever, 0.1),
    ):
        with fresh_project() as folder:
            free = recoveries.from_limit_to_free_slot(folder, pool, task)
        yield Figure(
            f"from limit to free slot, {name}",
            f"{free * 1000:.1f} ms",
            f"grace {grace} s",
            "",
            f"<= {goal} s",
            free <= goal,
        )


STORED = 100_000


def ticks() -> Iterator[Figure]:
    """Schedules: fired once, on time, and at no cost while nothing is due."""
    with fresh_project() as folder:
        ten = schedules.exactly_once(folder, schedulers=10, seconds=30)
    name = f"ten schedulers, 30 ticks a second apart (p99 {ten.p99:.1f} ms late)"
    yield Figure(name, f"{ten.jobs} jobs", f"{ten.ticks} ticks", "", "30", (ten.jobs, ten.ticks) == (30, 30))
    late = {}
    for stored in (0, STORED):
        with fresh_project() as folder:
            late[stored] = schedules.punctuality(folder, 300, stored)
        name = f"a tick's job in the store, {stored:,} others stored: p50 (p99 {late[stored].p99:.2f} ms)"
        yield Figure(name, f"{late[stored].p50:.2f} ms", "", "", "p99 <= 5 ms", late[stored].p99 <= 5)
    name = f"the same with {STORED:,} stored, p50"
    yield at_most(name, late[STORED].p50, "ms", "none stored", late[0].p50, 1.25)
    with fresh_project() as folder:
        idle = schedules.idle(folder, STORED, 20)
    yield Figure(f"idle scheduler, {STORED:,} stored, of a core", f"{idle:.3f} %", "", "", "< 0.2 %", idle < 0.2)


def times(yard: dict[str, float]) -> Iterator[Figure]:
    """Latencies, start-up and rest."""
    commits = yard["rested_commit_full_ms"] + yard["rested_commit_process_ms"]
    with fresh_project() as folder:
        pick_up, result = measures.latencies(folder, 300)
    p50, p99 = statistics.median(pick_up), statistics.quantiles(pick_up, n=100)[98]
    yield at_most("idle pick-up, p50", p50, "ms", "commits + 0.15 ms =", commits + 0.15, 1)
    yield Figure("idle pick-up, p99", f"{p99:.2f} ms", "", "", "<= 3 ms", p99 <= 3)
    wait = statistics.median(result)
    limit = p50 + yard["rested_commit_process_ms"] + 0.2
    yield at_most("value in hand, p50", wait, "ms", "pick-up + commit + 0.2 ms =", limit, 1)
    start = yard["python_start_ms"]
    with fresh_project() as folder:
        yield at_most("worker start to first job done", measures.start_to_first_job(folder), "ms", "S", start, 7)
    with fresh_project() as folder:
        memory, cpu = measures.idle(folder, 20)
    yield Figure("idle worker, resident", f"{memory:.1f} MiB", "", "", "<= 30 MiB", memory <= 30)
    yield Figure("idle worker, of a core", f"{cpu:.2f} %", "", "", "< 0.2 %", cpu < 0.2)


ENDED = 1_000_000


def at_the_prompt() -> Iterator[Figure]:
    """How long commands take, and what a first-time user needs."""
    with fresh_project() as folder:
        plain: list[tuple[str, list[str], float]] = [
            ("import nuvom", [PYTHON, "-c", "import nuvom"], 2),
            ("nuvom --help", [NUVOM, "--help"], 2.5),
            ("nuvom version", [NUVOM, "version"], 2.5),
        ]
        for name, command, goal in plain:
            millis, start = beside_python(command, folder)
            yield at_most(name, millis, "ms", "S", start, goal)
        for name, (millis, start) in commands.in_large_store(folder, ENDED).items():
            yield at_most(f"{name}; {ENDED:,} ended", millis, "ms", "S", start, 2.5)
        both, own = commands.imported_modules()
        yield Figure("modules that `import nuvom` loads", f"{both}", f"Nuvom's own: {own}", "", "reported", True)
    folder = Path(tempfile.mkdtemp(prefix="nuvom-bench-"))
    try:
        used = commands.first_use(folder)
    finally:
        shutil.rmtree(folder)
    name = f"first use: {used.commands} commands; pip install of a wheel of {used.wheel_mib:.1f} MiB"
    yield Figure(name, f"{used.install_secs:.1f} s", "", "", "reported", True)
    yield Figure("first use: from there to the first result", f"{used.result_secs:.2f} s", "", "", "reported", True)


def show(figure: Figure) -> None:
    """Prints a line of the report."""
    mark = "ok  " if figure.met else "MISS"
    print(
        f"{mark} {figure.name:<52} {figure.value:>14}  {figure.ratio:>6} {figure.goal:<9} {figure.yardstick}",
        flush=True,
    )


def main() -> int:
    """Measures everything and writes it down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=100_000)
    parser.add_argument("--history", type=int, default=1_000_000)
    names = ("pools", "monitoring", "log", "plugins", "file", "recovery", "schedules", "prompt")
    parser.add_argument("--only", choices=names, help="measure a part")
    parser.add_argument("--output", type=Path, default=Path("bench-results/latest.json"))
    arguments = parser.parse_args()
    if _nuvom.DEBUG_BUILD:
        print("warning: this is a debug build of Nuvom; its figures mean nothing. Use `make bench`.", file=sys.stderr)
    if arguments.only is not None:
        parts: dict[str, Callable[[], Iterator[Figure]]] = {
            "pools": lambda: pools(arguments.jobs // 2),
            "monitoring": lambda: iter([monitoring(arguments.jobs)]),
            "log": lambda: logged(arguments.jobs),
            "plugins": lambda: iter([plugin_queue(arguments.jobs // 2)]),
            "recovery": recovery,
            "schedules": ticks,
            "prompt": at_the_prompt,
            "file": lambda: on_files(arguments.jobs // 2),
        }
        for figure in parts[arguments.only]():
            show(figure)
        return 0
    yard = yardsticks(build_floor(), arguments.jobs)
    for name, value in yard.items():
        print(f"     {name:<52} {value:>14,.2f}")
    measured: list[Figure] = []
    for figure in figures(yard, arguments.jobs, arguments.history):
        show(figure)
        measured.append(figure)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    report = {"yardsticks": yard, "figures": [asdict(figure) for figure in measured]}
    arguments.output.write_text(json.dumps(report, indent=2) + "\n")
    print(f"written to {arguments.output}; {sum(figure.met for figure in measured)} of {len(measured)} goals met")
    return 0


if __name__ == "__main__":
    sys.exit(main())
