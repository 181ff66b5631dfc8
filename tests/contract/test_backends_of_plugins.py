"""Any queue with any result backend: those of Nuvom, and those that `nuvom plugin scaffold` writes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import nuvom
import pytest
from harness import PATIENCE
from nuvom import sdk
from nuvom.errors import InvalidValue, PayloadTooLarge, Unsupported
from nuvom.plugins.scaffold import scaffold

PLUGINS = """
[plugins]
queue_backend = ["own_queue:OwnQueue"]
result_backend = ["own_results:OwnResults"]
"""


@pytest.fixture
def plugins(project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project that names a queue and a result backend of its own."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    scaffold("queue_backend", "own_queue", project)
    scaffold("result_backend", "own_results", project)
    (project / ".nuvom_plugins.toml").write_text(PLUGINS, encoding="utf-8")
    yield project
    for module in ("own_queue", "own_results"):
        sys.modules.pop(module, None)


PAIRS = [
    ("own_queue", "own_results"),
    ("own_queue", "memory"),
    ("own_queue", "sqlite"),
    ("memory", "own_results"),
    ("sqlite", "own_results"),
    ("sqlite", "memory"),
    ("memory", "sqlite"),
]


@pytest.fixture(params=PAIRS, ids="-".join)
def pair(request: pytest.FixtureRequest, plugins: Path) -> tuple[str, str]:
    """Each of them in turn."""
    queue, results = request.param
    nuvom.configure(queue_backend=queue, result_backend=results, sqlite_durability="process")
    return queue, results


@pytest.mark.usefixtures("pair")
def test_a_job_has_the_value_of_its_task() -> None:
    @nuvom.task
    def add(x: int, y: int) -> int:
        return x + y

    with nuvom.Worker(threads=2):
        jobs = add.map([(number, 1) for number in range(50)])
        values = [job.get(timeout=PATIENCE) for job in jobs]

    assert values == [number + 1 for number in range(50)]
    assert jobs[0].status == "SUCCESS"


@pytest.mark.usefixtures("pair")
def test_none_is_a_value() -> None:
    @nuvom.task
    def nothing() -> None:
        return None

    with nuvom.Worker(threads=1):
        assert nothing.delay().get(timeout=PATIENCE) is None


@pytest.mark.usefixtures("pair")
def test_a_failure_tells_what_the_task_raised() -> None:
    @nuvom.task
    def break_down() -> None:
        raise ValueError("no")

    with nuvom.Worker(threads=1), pytest.raises(nuvom.JobFailed) as failed:
        break_down.delay().get(timeout=PATIENCE)

    assert (failed.value.kind, failed.value.reason) == ("ValueError", "no")
    assert "break_down" in failed.value.remote_traceback


@pytest.mark.usefixtures("pair")
def test_an_attempt_inside_the_budget_is_made() -> None:
    @nuvom.task(retries=1, retry_delay_secs=0.01)
    def come_right() -> int:
        current = nuvom.current_job()
        assert current is not None
        if current.attempt == 1:
            raise ValueError("not yet")
        return current.attempt

    with nuvom.Worker(threads=1):
        assert come_right.delay().get(timeout=PATIENCE) == 2


def test_a_result_backend_is_told_of_failures_though_the_queue_keeps_them_too(
    plugins: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(plugins)

    @nuvom.task(retries=1, retry_delay_secs=0)
    def break_down(x: int) -> None:
        raise ValueError(x)

    made: list[Any] = []
    own_results = import_module("own_results")

    def noted(cls: type) -> object:
        made.append(object.__new__(cls))
        return made[-1]

    monkeypatch.setattr(own_results.OwnResults, "__new__", noted)
    nuvom.configure(queue_backend="memory", result_backend="own_results")
    with nuvom.Worker(threads=1), pytest.raises(nuvom.JobFailed):
        break_down.delay(7).get(timeout=PATIENCE)

    [kept] = made[0].list_jobs()
    assert (kept["func_name"], kept["status"], kept["args"], kept["retries_left"]) == ("break_down", "FAILED", (7,), 0)
    assert (kept["error"]["type"], kept["error"]["message"], kept["attempts"]) == ("ValueError", "7", 2)


def test_a_name_that_no_plugin_has_is_refused_with_those_that_exist(plugins: Path) -> None:
    nuvom.configure(queue_backend="other_queue", result_backend="memory")

    with pytest.raises(InvalidValue, match=r"there is no queue_backend 'other_queue'.*own_queue"):
        nuvom.Worker(threads=1).start()


def test_the_module_of_a_backend_may_set_settings_while_it_is_imported(plugins: Path) -> None:
    source = (plugins / "own_queue.py").read_text(encoding="utf-8")
    configured = source + "\nimport nuvom\nnuvom.configure(max_args_bytes=64)\n"
    (plugins / "own_queue.py").write_text(configured, encoding="utf-8")

    @nuvom.task
    def add(text: str) -> None: ...

    nuvom.configure(queue_backend="own_queue", result_backend="memory")

    with pytest.raises(PayloadTooLarge):
        add.delay("x" * 100)


def test_the_module_of_a_backend_that_asks_for_jobs_is_refused(plugins: Path) -> None:
    source = (plugins / "own_queue.py").read_text(encoding="utf-8")
    asking = source + "\nimport nuvom\nnuvom.Job('01890a5d-ac96-774b-bcce-b302099a8057').status\n"
    (plugins / "own_queue.py").write_text(asking, encoding="utf-8")
    nuvom.configure(queue_backend="own_queue", result_backend="memory")

    with pytest.raises(InvalidValue, match="a plugin asked for jobs while the backend that it brings was being opened"):
        nuvom.Worker(threads=1).start()


def test_a_class_that_lacks_a_method_is_refused_by_its_names(plugins: Path) -> None:
    (plugins / "own_queue.py").write_text("class OwnQueue:\n    def enqueue(self, job): ...\n", encoding="utf-8")
    nuvom.configure(queue_backend="own_queue", result_backend="memory")

    with pytest.raises(InvalidValue, match="OwnQueue is no queue backend: it lacks dequeue, pop_batch"):
        nuvom.Worker(threads=1).start()


def test_a_job_for_later_is_refused_by_a_queue_that_cannot_keep_it(plugins: Path) -> None:
    @nuvom.task
    def add() -> None: ...

    nuvom.configure(queue_backend="own_queue", result_backend="memory")

    with pytest.raises(Unsupported, match="cannot keep a job for later"):
        add.with_options(in_=60).delay()


def test_a_job_in_a_queue_without_records_cannot_be_cancelled(plugins: Path) -> None:
    @nuvom.task
    def add() -> None: ...

    nuvom.configure(queue_backend="own_queue", result_backend="memory")

    with pytest.raises(Unsupported, match="keeps no records"):
        add.delay().cancel()


def test_a_queue_that_gives_its_jobs_out_by_itself_cannot_be_paused(plugins: Path) -> None:
    nuvom.configure(queue_backend="own_queue", result_backend="memory")

    with pytest.raises(Unsupported, match="cannot be paused"):
        sdk.pause_queues("default")
    assert [queue.paused for queue in sdk.list_queues()] == [False]


@pytest.mark.usefixtures("plugins")
def test_the_workers_of_a_queue_are_listed_by_the_store_of_its_results_if_that_can() -> None:
    nuvom.configure(queue_backend="own_queue", result_backend="sqlite", sqlite_durability="process")

    with nuvom.Worker(name="press", scheduler=False):
        workers = sdk.list_workers()

    assert [worker.name for worker in workers] == ["press"]
    assert sdk.list_workers() == []


@pytest.mark.usefixtures("plugins")
def test_where_workers_are_listed_nowhere_nobody_says_that_there_are_none() -> None:
    nuvom.configure(queue_backend="own_queue", result_backend="own_results")

    with nuvom.Worker(scheduler=False), pytest.raises(Unsupported, match="no roster"):
        sdk.list_workers()
