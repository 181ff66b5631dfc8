"""One contract for all ways to run a job: in a thread or a child process, as a function or on an event loop."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Literal, NamedTuple

import nuvom
import pytest
from harness import PATIENCE, Events
from nuvom.errors import JobFailed

pytestmark = pytest.mark.usefixtures("backend")

Pool = Literal["thread", "process"]
Load = Callable[[str], ModuleType]


class Way(NamedTuple):
    pool: Pool
    form: str


WAYS = [Way(pool, form) for pool in ("thread", "process") for form in ("def", "async def")]


@pytest.fixture(params=WAYS, ids=lambda way: f"{way.pool}-{way.form.replace(' ', '-')}")
def way(request: pytest.FixtureRequest) -> Way:
    way: Way = request.param
    return way


BEHAVE = """
import dataclasses
import os
import sys
import threading
from pathlib import Path

import nuvom
from nuvom import task


@dataclasses.dataclass
class Point:
    x: int
    y: int


@task
{form} add(x: int, y: int = 1) -> int:
    return x + y


@task
{form} fail() -> None:
    raise ValueError("on purpose")  # here


@task(retries=2, retry_delay_secs=0)
{form} flaky() -> tuple[int, int]:
    current = nuvom.current_job()
    if current.attempt < 3:
        raise ConnectionError(f"down at {{current.attempt}}")
    return current.attempt, current.lease


@task(retries=3)
{form} look() -> dict[str, object]:
    current = nuvom.current_job()
    names = ("id", "task", "queue", "attempt", "max_attempts", "lease", "cancel_requested")
    return {{name: getattr(current, name) for name in names}}


def note(word: str) -> None:
    with Path("told.txt").open("a") as told:
        told.write(f"{{os.getpid()}} {{word}}\\n")


@task(before_job=lambda: note("before"), after_job=lambda value: note(f"after {{value}}"))
{form} with_hooks(x: int) -> int:
    note("task")
    return 2 * x


@task(on_error=lambda error: note(f"error {{error}}"))
{form} with_hooks_that_fails() -> None:
    raise ValueError("no")


@task(store_result=False)
{form} keep_nothing() -> object:
    return threading.Lock()


@task(retries=3, retry_delay_secs=0)
{form} return_a_lock() -> object:
    note("ran")
    return {{"lock": threading.Lock()}}


@task(retries=3, retry_delay_secs=0)
{form} return_much() -> bytes:
    note("ran")
    return bytes(10_000)


@task
{form} mirror(point: Point) -> Point:
    return Point(point.y, point.x)


@task
{form} leave() -> None:
    raise SystemExit("out")


@task
{form} shout() -> str:
    print("to standard output")
    print("to standard error", file=sys.stderr)
    os.write(1, b"straight to descriptor 1\\n")
    sys.stdout.flush()
    return sys.stdin.read()


@task
{form} whereabouts() -> tuple[int, str]:
    return os.getpid(), threading.current_thread().name
"""


@pytest.fixture
def tasks(load: Load, way: Way) -> ModuleType:
    return load(BEHAVE.format(form=way.form))


def worker(way: Way, threads: int = 1) -> nuvom.Worker:
    return nuvom.Worker(threads=threads, pool=way.pool)


def test_values_and_failures_come_back(tasks: ModuleType, way: Way) -> None:
    with worker(way):
        assert tasks.add.delay(5, y=7).get(timeout=PATIENCE) == 12
        assert tasks.add.delay(5).get(timeout=PATIENCE) == 6
        with pytest.raises(JobFailed) as failed:
            tasks.fail.delay().get(timeout=PATIENCE)
        with pytest.raises(JobFailed) as left:
            tasks.leave.delay().get(timeout=PATIENCE)

    assert (failed.value.kind, failed.value.reason) == ("ValueError", "on purpose")
    assert 'raise ValueError("on purpose")  # here' in failed.value.remote_traceback
    assert (left.value.kind, left.value.reason) == ("SystemExit", "out")


def test_a_traceback_begins_with_the_task(tasks: ModuleType, way: Way) -> None:
    with worker(way), pytest.raises(JobFailed) as failed:
        tasks.fail.delay().get(timeout=PATIENCE)

    assert "execution" not in failed.value.remote_traceback


def test_a_job_is_tried_again_and_each_claim_has_a_greater_lease(tasks: ModuleType, way: Way) -> None:
    with worker(way):
        job = tasks.flaky.delay()
        assert job.get(timeout=PATIENCE) == (3, 3)

    info = job.info()
    assert (info.failures, info.losses, info.handbacks) == (2, 0, 0)
    assert [attempt.message for attempt in info.attempts] == ["down at 1", "down at 2"]
    assert [attempt.outcome for attempt in info.attempts] == ["failed", "failed"]


def test_a_task_knows_its_job(tasks: ModuleType, way: Way) -> None:
    with worker(way):
        job = tasks.look.with_options(queue="q1").delay()
        seen = job.get(timeout=PATIENCE)

    assert seen == {
        "id": job.id,
        "task": "look",
        "queue": "q1",
        "attempt": 1,
        "max_attempts": 4,
        "lease": 1,
        "cancel_requested": False,
    }


def test_hooks_run_in_the_process_of_the_task(tasks: ModuleType, way: Way, project: Path) -> None:
    with worker(way):
        assert tasks.with_hooks.delay(21).get(timeout=PATIENCE) == 42
        with pytest.raises(JobFailed):
            tasks.with_hooks_that_fails.delay().get(timeout=PATIENCE)

    told = [line.split(maxsplit=1) for line in (project / "told.txt").read_text().splitlines()]
    assert [word for _, word in told] == ["before", "task", "after 42", "error no"]
    (pid,) = {int(pid) for pid, _ in told}
    assert (pid == os.getpid()) == (way.pool == "thread")


def test_values_that_cannot_be_kept_fail_the_job_without_another_attempt(
    tasks: ModuleType, way: Way, project: Path
) -> None:
    nuvom.configure(max_result_bytes=5_000)
    with worker(way):
        with pytest.raises(JobFailed, match=r"\['lock'\] has type _thread.lock"):
            tasks.return_a_lock.delay().get(timeout=PATIENCE)
        with pytest.raises(JobFailed, match="NUVOM_MAX_RESULT_BYTES allows 5000"):
            tasks.return_much.delay().get(timeout=PATIENCE)
        assert tasks.keep_nothing.delay().get(timeout=PATIENCE) is None

    assert len((project / "told.txt").read_text().splitlines()) == 2


def test_values_of_annotated_classes_are_rebuilt(tasks: ModuleType, way: Way) -> None:
    with worker(way):
        answer = tasks.mirror.delay(tasks.Point(1, 2)).get(timeout=PATIENCE)

    assert answer == tasks.Point(2, 1)


@pytest.mark.parametrize(
    ("now", "kind"),
    [("send(to: str)", "OtherSignature"), ("other(to: str, copies: int)", "UnknownTask")],
    ids=["another signature", "an unknown task"],
)
def test_a_job_that_only_another_version_takes_goes_back_without_using_its_budget(
    load: Load, way: Way, events: Events, now: str, kind: str
) -> None:
    source = f"from nuvom import task\n\n@task\n{way.form} {{}} -> None: ...\n"
    job = load(source.format("send(to: str, copies: int)")).send.delay("ada", 2)
    load(source.format(now))

    with worker(way):
        events.wait_for("ended", job_id=job.id, state="PENDING")

    info = job.info()
    assert (info.state, info.failures, info.losses, info.handbacks) == ("PENDING", 0, 0, 1)
    assert info.attempts[0].kind == kind


OPAQUE = """
from inspect import signature

from nuvom import task


{form} send({parameters}) -> None: ...


# From here on only `inspect` can tell what it takes.
send.__signature__ = signature(send)
send = task(retries=3)(send)
"""


def test_a_call_that_does_not_fit_fails_at_once_and_shows_the_signature(load: Load, way: Way) -> None:
    job = load(OPAQUE.format(form=way.form, parameters="to: str, copies: int")).send.delay("ada", 2)
    load(OPAQUE.format(form=way.form, parameters="to: str"))

    with worker(way), pytest.raises(JobFailed) as failed:
        job.get(timeout=PATIENCE)

    assert failed.value.kind == "nuvom.errors.BadArguments"
    assert "task send(to: " in failed.value.reason
    assert job.info().failures == 1


@pytest.mark.parametrize("way", [way for way in WAYS if way.pool == "process"], indirect=True)
def test_what_a_task_prints_in_a_child_goes_to_standard_error_and_breaks_nothing(
    tasks: ModuleType, way: Way, capfd: pytest.CaptureFixture[str]
) -> None:
    with worker(way):
        assert tasks.shout.delay().get(timeout=PATIENCE) == ""
        assert tasks.add.delay(1).get(timeout=PATIENCE) == 2

    told = capfd.readouterr()
    assert told.out == ""
    lines = {"to standard output", "to standard error", "straight to descriptor 1"}
    assert lines <= set(told.err.splitlines())


def test_a_pool_runs_its_tasks_where_it_says(tasks: ModuleType, way: Way) -> None:
    with worker(way):
        pid, thread = tasks.whereabouts.delay().get(timeout=PATIENCE)

    names = {"thread-def": "nuvom-task-1", "process-def": "MainThread"}
    assert (pid == os.getpid()) == (way.pool == "thread")
    assert thread == names.get("-".join(way), "nuvom-loop")
