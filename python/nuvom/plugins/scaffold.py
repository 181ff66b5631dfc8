"""Writes a plugin that works as it is, to begin with."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nuvom.errors import InvalidValue
from nuvom.plugins.contracts import KINDS

if TYPE_CHECKING:
    from pathlib import Path

QUEUE = '''"""A queue backend. Name it in .nuvom_plugins.toml and set NUVOM_QUEUE_BACKEND to "{name}"."""

from collections import deque
from threading import Condition

from nuvom.queue_backends.base import BaseJobQueue, QueuedJob


class {class_name}(BaseJobQueue):
    """Keeps jobs in the memory of one process. More methods make more promises: see nuvom.queue_backends.base."""

    name = "{name}"

    def __init__(self) -> None:
        self._jobs: deque[QueuedJob] = deque()
        self._changed = Condition()

    def enqueue(self, job: QueuedJob) -> None:
        with self._changed:
            self._jobs.append(job)
            self._changed.notify()

    def dequeue(self, timeout: float | None = None) -> QueuedJob | None:
        with self._changed:
            self._changed.wait_for(lambda: self._jobs, timeout or 0)
            return self._jobs.popleft() if self._jobs else None

    def pop_batch(self, batch_size: int = 1) -> list[QueuedJob]:
        with self._changed:
            return [self._jobs.popleft() for _ in range(min(batch_size, len(self._jobs)))]

    def qsize(self) -> int:
        return len(self._jobs)

    def clear(self) -> int:
        with self._changed:
            count = len(self._jobs)
            self._jobs.clear()
            return count
'''

RESULTS = '''"""A result backend. Name it in .nuvom_plugins.toml and set NUVOM_RESULT_BACKEND to "{name}"."""

from typing import Any

from nuvom.result_backends.base import BaseResultBackend


class {class_name}(BaseResultBackend):
    """Keeps how jobs ended in the memory of one process."""

    name = "{name}"

    def __init__(self) -> None:
        self._kept: dict[str, dict[str, Any]] = {{}}

    def set_result(self, job_id: str, func_name: str, result: Any, **about: Any) -> None:
        self._keep(job_id, func_name, about, status="SUCCESS", result=result, error=None)

    def set_error(self, job_id: str, func_name: str, error: Any, **about: Any) -> None:
        told = {{"type": error.kind, "message": error.reason, "traceback": error.remote_traceback}}
        self._keep(job_id, func_name, about, status="FAILED", result=None, error=told)

    def get_result(self, job_id: str) -> Any:
        return self._kept.get(job_id, {{}}).get("result")

    def get_error(self, job_id: str) -> Any:
        return self._kept.get(job_id, {{}}).get("error")

    def get_full(self, job_id: str) -> dict[str, Any] | None:
        return self._kept.get(job_id)

    def list_jobs(self) -> list[dict[str, Any]]:
        return list(self._kept.values())

    def delete(self, job_ids: list[str]) -> None:
        for job_id in job_ids:
            self._kept.pop(job_id, None)

    def _keep(self, job_id: str, func_name: str, about: dict[str, Any], **end: Any) -> None:
        self._kept[job_id] = {{"job_id": job_id, "func_name": func_name, **about, **end}}
'''

SCHEDULES = '''"""A scheduler backend. Name it in .nuvom_plugins.toml and set NUVOM_SCHEDULER_BACKEND to "{name}"."""

from threading import Lock

from nuvom.scheduler import ScheduledTaskReference, ScheduleEnvelope, SchedulerBackend


class {class_name}(SchedulerBackend):
    """Keeps schedules in the memory of one process. Nuvom decides what is due; this keeps what it is given."""

    name = "{name}"

    def __init__(self) -> None:
        self._kept: dict[str, ScheduleEnvelope] = {{}}
        self._lock = Lock()

    def enqueue(self, ref: ScheduledTaskReference) -> ScheduleEnvelope:
        envelope = ScheduleEnvelope.of(ref)
        with self._lock:
            self._kept[envelope.id] = envelope
        return envelope

    def get(self, schedule_id: str) -> ScheduleEnvelope | None:
        return self._kept.get(schedule_id)

    def due(self, now_ts: float | None = None, limit: int | None = None) -> list[ScheduleEnvelope]:
        with self._lock:
            due = [envelope for envelope in self._kept.values() if envelope.is_due(now_ts)]
        return sorted(due, key=lambda envelope: envelope.next_run_ts or 0.0)[:limit]

    def ack_dispatched(self, schedule_id: str) -> None:
        """A tick has made its job; `enqueue` has said by now when the next one is due."""

    def reschedule(self, schedule_id: str, next_run_ts: float) -> None:
        raise NotImplementedError("Nuvom says by enqueue when a schedule is due next")

    def cancel(self, schedule_id: str) -> None:
        with self._lock:
            self._kept.pop(schedule_id, None)

    def list(self) -> list[ScheduleEnvelope]:
        with self._lock:
            return [*self._kept.values()]
'''

HOOK = '''"""Hooks on jobs and workers."""

from typing import Any

from nuvom.plugins.contracts import Plugin
from nuvom.plugins.lifecycle import JobContext, LifecycleHook


class {class_name}(Plugin, LifecycleHook):
    """Counts how attempts end."""

    name = "{name}"
    provides = ("lifecycle_hook",)

    def start(self, settings: Any, **runtime: Any) -> None:
        self.succeeded = self.failed = 0

    def stop(self) -> None:
        pass

    def after_job(self, context: JobContext, result: Any) -> None:
        self.succeeded += 1

    def on_error(self, context: JobContext, error: BaseException) -> None:
        self.failed += 1
'''

MIDDLEWARE = '''"""Stands around enqueueing and running."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from nuvom.plugins.contracts import Plugin
from nuvom.plugins.lifecycle import JobContext
from nuvom.plugins.middleware import Enqueueing, Middleware

tenant: ContextVar[str] = ContextVar("tenant", default="")


class {class_name}(Plugin, Middleware):
    """Carries a context variable from the caller into the task."""

    name = "{name}"
    provides = ("middleware",)

    def start(self, settings: Any, **runtime: Any) -> None:
        pass

    def stop(self) -> None:
        pass

    @contextmanager
    def enqueueing(self, enqueueing: Enqueueing) -> Iterator[None]:
        if tenant.get():
            enqueueing.headers["tenant"] = tenant.get()
        yield

    @contextmanager
    def running(self, context: JobContext) -> Iterator[None]:
        token = tenant.set(context.headers.get("tenant", ""))
        try:
            yield
        finally:
            tenant.reset(token)
'''

MONITORING = '''"""Watches a worker."""

from typing import Any

from nuvom.plugins.contracts import Plugin


class {class_name}(Plugin):
    """Has the figures of the worker: `self.figures()`."""

    name = "{name}"
    provides = ("monitoring",)

    def start(self, settings: Any, **runtime: Any) -> None:
        self._metrics = runtime["metrics_provider"]

    def figures(self) -> Any:
        """By the name of a metric its samples, as labels and number."""
        return self._metrics.snapshot()

    def stop(self) -> None:
        self._metrics = None
'''

TEST_OF_BACKEND = '''"""Holds {class_name} to the suite that every backend passes."""

from {module} import {class_name}

from nuvom.testing import conformance

test_{name} = conformance({class_name})
'''

TEST_OF_PLUGIN = '''"""Whether {class_name} begins and ends in good order."""

from {module} import {class_name}

from nuvom.testing import Metrics


def test_it_starts_and_stops() -> None:
    plugin = {class_name}()

    plugin.start({{}}, role="worker", worker="test", metrics_provider=Metrics())
    plugin.stop()
'''

TEMPLATES = {
    "queue_backend": (QUEUE, TEST_OF_BACKEND),
    "result_backend": (RESULTS, TEST_OF_BACKEND),
    "scheduler_backend": (SCHEDULES, TEST_OF_BACKEND),
    "lifecycle_hook": (HOOK, TEST_OF_PLUGIN),
    "middleware": (MIDDLEWARE, TEST_OF_PLUGIN),
    "monitoring": (MONITORING, TEST_OF_PLUGIN),
}


def scaffold(kind: str, name: str, folder: Path) -> list[str]:
    """Writes `NAME.py` and `test_NAME.py` into a folder; answers their paths. Raises `InvalidValue` if the kind or the
    name will not do, or a file is there.
    """
    if kind not in TEMPLATES:
        raise InvalidValue(f"{kind} is no kind of plugin; the kinds are {', '.join(KINDS)}")
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,59}", name):
        raise InvalidValue(
            f"{name!r} cannot name a plugin: expected lower-case letters, digits and _, such as my_queue"
        )
    class_name = "".join(part.capitalize() for part in name.split("_"))
    files = [folder / f"{name}.py", folder / f"test_{name}.py"]
    for path in files:
        if path.exists():
            raise InvalidValue(f"{path} exists, and is left as it is")
    folder.mkdir(parents=True, exist_ok=True)
    for path, template in zip(files, TEMPLATES[kind], strict=True):
        path.write_text(template.format(name=name, class_name=class_name, module=name), encoding="utf-8")
    return [str(path) for path in files]
