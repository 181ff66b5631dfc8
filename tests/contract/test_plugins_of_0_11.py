"""Plugins as projects wrote them for Nuvom 0.11 start and work; what they call differently stands in UPGRADING.md."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nuvom
import pytest
from harness import PATIENCE
from nuvom.errors import InvalidValue
from nuvom.plugins.command import answer
from nuvom.plugins.loader import load_plugins
from nuvom.plugins.registry import REGISTRY

QUEUE = """
import json
from collections import deque

from nuvom.plugins.contracts import Plugin
from nuvom.plugins.registry import register_queue_backend
from nuvom.queue_backends.base import BaseJobQueue, QueuedJob

seen = []
lines = deque()


class Lines(BaseJobQueue):
    def enqueue(self, job):
        seen.append((job.func_name, job.args, job.kwargs, job.priority))
        lines.append(json.dumps(job.to_dict()))

    def dequeue(self, timeout=1):
        return next(iter(self.pop_batch(1)), None)

    def pop_batch(self, n, timeout=1):
        return [QueuedJob.from_dict(json.loads(lines.popleft())) for _ in range(min(n, len(lines)))]

    def qsize(self):
        return len(lines)

    def clear(self):
        lines.clear()


class LinesPlugin(Plugin):
    api_version = "1.0"
    name = "lines_plugin"
    provides = ["queue_backend"]
    requires = []

    def start(self, settings):
        register_queue_backend("lines", Lines)

    def stop(self): ...


class Broken(LinesPlugin):
    name = "broken"

    def start(self, settings):
        raise OSError("no such host")


class Unmade(LinesPlugin):
    name = "unmade"

    def __init__(self):
        raise OSError("no such host")
"""

RESULTS = """
from nuvom.result_backends.base import BaseResultBackend

kept = {}


class Kept(BaseResultBackend):
    name = "kept"

    def set_result(self, job_id, func_name, result, *, args=None, kwargs=None, retries_left=None, attempts=None,
                   created_at=None, completed_at=None):
        kept[job_id] = {"job_id": job_id, "func_name": func_name, "status": "SUCCESS", "result": result, "args": args,
                        "kwargs": kwargs, "attempts": attempts, "created_at": created_at, "completed_at": completed_at}

    def set_error(self, job_id, func_name, error, *, args=None, kwargs=None, retries_left=None, attempts=None,
                  created_at=None, completed_at=None):
        kept[job_id] = {"job_id": job_id, "func_name": func_name, "status": "FAILED", "error": str(error)}

    def get_result(self, job_id):
        return kept.get(job_id, {}).get("result")

    def get_error(self, job_id):
        return kept.get(job_id, {}).get("error")

    def get_full(self, job_id):
        return kept.get(job_id)

    def list_jobs(self):
        return list(kept.values())
"""

MONITORS = """
from nuvom.plugins.contracts import Plugin

told = []


class Bare(Plugin):
    api_version = "1.0"
    name = "bare"
    provides = ["monitoring"]
    requires = []

    def start(self, settings):
        told.append(("bare", settings))

    def stop(self):
        told.append(("bare", "stop"))


class Extras(Bare):
    name = "extras"

    def start(self, settings, extras=None):
        told.append(("extras", sorted(extras)))

    def update_runtime(self, extras):
        told.append(("extras", sorted(extras)))

    def stop(self): ...


class Runtime(Bare):
    name = "runtime"

    def start(self, settings, **runtime):
        told.append(("runtime", sorted(runtime)))

    def update_runtime(self, metrics_provider=None):
        told.append(("runtime", metrics_provider))

    def stop(self): ...
"""

FILE = """
[plugins]
queue_backend = ["{queue}"]
result_backend = ["old.results:Kept"]
monitoring = ["old.monitors:Bare", "old.monitors:Extras", "old.monitors:Runtime"]

[plugin.bare]
port = 9150
"""

Write = Callable[..., None]


@pytest.fixture
def write(project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Writes the plugins, in a folder of the project, and the file that names them."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    (project / "old").mkdir()
    for name, source in {"__init__": "", "queue": QUEUE, "results": RESULTS, "monitors": MONITORS}.items():
        (project / "old" / f"{name}.py").write_text(source, encoding="utf-8")

    def write(queue: str = "old.queue:LinesPlugin") -> None:
        (project / ".nuvom_plugins.toml").write_text(FILE.format(queue=queue), encoding="utf-8")

    yield write
    REGISTRY.clear()
    for name in [name for name in sys.modules if name.partition(".")[0] == "old"]:
        del sys.modules[name]


def _module(name: str) -> Any:
    return sys.modules[f"old.{name}"]


@pytest.mark.parametrize(("queue", "name"), [("old.queue:LinesPlugin", "lines"), ("old.queue:Lines", "lines")])
def test_a_queue_of_0_11_carries_jobs_and_its_result_backend_keeps_what_came_of_them(
    write: Write, queue: str, name: str
) -> None:
    write(queue)
    nuvom.configure(queue_backend=name, result_backend="kept")

    @nuvom.task(priority=3)
    def add(x: int, y: int) -> int:
        return x + y

    @nuvom.task
    def fail() -> None:
        raise ValueError("no")

    with nuvom.Worker(threads=1, scheduler=False):
        job = add.delay(5, y=7)
        assert job.get(timeout=PATIENCE) == 12
        with pytest.raises(nuvom.JobFailed, match="no"):
            fail.delay().get(timeout=PATIENCE)

    assert _module("queue").seen[0] == ("add", (5,), {"y": 7}, 3)
    kept = _module("results").kept[job.id]
    assert (kept["func_name"], kept["result"], kept["args"], kept["kwargs"]) == ("add", 12, (5,), {"y": 7})


@pytest.mark.parametrize("queue", ["Broken", "Unmade"])
def test_a_plugin_that_cannot_register_its_queue_says_why(write: Write, queue: str) -> None:
    write(f"old.queue:{queue}")
    nuvom.configure(queue_backend="lines", result_backend="memory")

    @nuvom.task
    def add(x: int, y: int) -> int:
        return x + y

    with pytest.raises(
        InvalidValue, match=f"{queue.lower()} cannot register its backend: it raised OSError: no such host"
    ):
        add.delay(5, 7)


def test_plugins_of_0_11_are_given_what_they_take_of_the_runtime(write: Write, project: Path) -> None:
    write()
    plugins = load_plugins(project, ["monitoring"])

    plugins.start(role="worker", metrics_provider=None)
    plugins.update(worker="press", metrics_provider="metrics")
    plugins.stop()

    assert [plugin.trouble for plugin in plugins.loaded] == [None, None, None]
    assert _module("monitors").told == [
        ("bare", {"port": 9150}),
        ("extras", ["metrics_provider", "role"]),
        ("runtime", ["metrics_provider", "role"]),
        ("extras", ["metrics_provider", "worker"]),
        ("runtime", "metrics"),
        ("bare", "stop"),
    ]


def test_the_commands_on_plugins_take_those_of_0_11_for_what_they_are(write: Write, project: Path) -> None:
    write()

    states = {row["target"]: row["state"] for row in json.loads(answer(str(project), "status", []))}
    tests = [
        case["verdict"]
        for target in ("old.queue:LinesPlugin", "old.monitors:Bare", "old.monitors:Extras")
        for case in json.loads(answer(str(project), "test", [target, ""]))["cases"]
    ]
    shown = json.loads(answer(str(project), "inspect", ["lines_plugin"]))

    assert (set(states.values()), len(states)) == ({"ok"}, 5)
    assert tests == ["holds"] * 6
    assert (shown["kind"], shown["provides"]) == ("queue_backend", ["queue_backend"])
