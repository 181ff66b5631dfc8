# The extension module, by hand; `python -m mypy.stubtest nuvom._nuvom` holds it to what is built.

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import Any, Literal, Required, TypedDict, final, type_check_only

from nuvom.execution.event_loop import EventLoop
from nuvom.task import Task

__all__ = [
    "DEBUG_BUILD",
    "Attempt",
    "Blueprint",
    "Coroutines",
    "CurrentJob",
    "Metrics",
    "QueuedJob",
    "SchedulerHandle",
    "Slot",
    "SourceWatch",
    "WorkerHandle",
    "__version__",
    "_after_fork",
    "_at_exit",
    "attempts",
    "backend_promises",
    "call_back",
    "cancel",
    "cancel_schedule",
    "check_id",
    "close",
    "configure",
    "conformance_cases",
    "count_jobs",
    "cron_ticks",
    "current_job",
    "decode",
    "encode",
    "enqueue",
    "enqueue_many",
    "judge_case",
    "list_jobs",
    "list_queues",
    "list_workers",
    "load_manifest",
    "note_kind",
    "pause_queues",
    "pause_schedule",
    "preview_schedule",
    "project",
    "record",
    "reschedule",
    "result",
    "resume_schedule",
    "retry",
    "run_command_line",
    "save_manifest",
    "scan_tasks",
    "schedule_record",
    "schedule_records",
    "serve_child",
    "settings",
    "status",
    "store_place",
    "sync_schedules",
    "trigger_schedule",
    "visible",
    "wait",
    "write_schedule",
]

__version__: str
DEBUG_BUILD: bool

_State = Literal["PENDING", "RUNNING", "SUCCESS", "FAILED", "CANCELLED"]
_Ending = Literal["failed", "timed out", "cancelled", "handed back", "lost"]

# What `record` answers. Times are seconds since the Unix epoch.
class _Record(TypedDict):
    id: str
    task: str
    signature: str | None
    queue: str
    priority: int
    state: _State
    attempt: int
    created_at: float
    run_at: float
    started_at: float | None
    ended_at: float | None
    worker: str | None
    failures: int
    losses: int
    handbacks: int
    max_attempts: int
    cancel_requested: bool
    tags: list[str]
    schedule: str | None
    tick_at: float | None
    missed_ticks: int
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    undecodable: str | None

# What `attempts` lists.
class _Attempt(TypedDict):
    attempt: int
    outcome: _Ending
    kind: str
    message: str
    traceback: str
    worker: str | None
    started_at: float | None
    ended_at: float

@final
class Blueprint:
    # `options` are those that `nuvom._options` has checked, always with "tags", and `at` as "at_micros".
    def __new__(
        cls,
        name: str,
        function: Callable[..., Any],
        queue: str,
        priority: int,
        options: Mapping[str, Any],
    ) -> Blueprint: ...
    # Raises unless the task could have this schedule in its code.
    def check_declared(self, id: str, plan: Plan) -> None: ...

@final
class CurrentJob:
    @property
    def id(self) -> str: ...
    @property
    def task(self) -> str: ...
    @property
    def queue(self) -> str: ...
    @property
    def lease(self) -> int: ...
    @property
    def attempt(self) -> int: ...
    @property
    def max_attempts(self) -> int: ...
    @property
    def cancel_requested(self) -> bool: ...
    @property
    def schedule(self) -> str | None: ...
    @property
    def tick_at(self) -> datetime | None: ...
    @property
    def missed_ticks(self) -> int: ...
    @property
    def headers(self) -> dict[str, str]: ...

@final
class QueuedJob:
    @property
    def id(self) -> str: ...
    @property
    def task(self) -> str: ...
    @property
    def func_name(self) -> str: ...
    @property
    def queue(self) -> str: ...
    @property
    def priority(self) -> int: ...
    @property
    def attempt(self) -> int: ...
    @property
    def run_at(self) -> float: ...
    @property
    def args(self) -> tuple[Any, ...]: ...
    @property
    def kwargs(self) -> dict[str, Any]: ...
    # How often the queue has given it out; the queue sets it if it counts.
    deliveries: int | None
    # Whatever the queue needs to find it again.
    receipt: Any
    def to_bytes(self) -> bytes: ...
    @classmethod
    def from_bytes(cls, data: bytes) -> QueuedJob: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> QueuedJob: ...

# The suite that every backend passes, over one that `make()` makes.
def conformance_cases(kind: str) -> list[str]: ...
def judge_case(kind: str, make: Callable[[], object], case: str) -> tuple[str, str]: ...
def backend_promises(kind: str, backend: object) -> list[tuple[str, bool]]: ...

@final
class Slot:
    # The target of a pool's thread; only the extension makes slots.
    def serve(self) -> None: ...

@final
class Coroutines:
    # What an event loop takes its attempts from; only the extension makes them.
    def take(self) -> list[Attempt]: ...

@final
class Attempt:
    # One attempt on an event loop; it ends by `succeeded` or `failed`.
    @property
    def current(self) -> CurrentJob: ...
    @property
    def task(self) -> Task[..., Any]: ...
    def arguments(self) -> tuple[tuple[Any, ...], dict[str, Any]]: ...
    def runs_as(self, task: asyncio.Task[None], event_loop: EventLoop) -> None: ...
    def succeeded(self, value: object) -> None: ...
    def failed(self, error: BaseException) -> None: ...

@type_check_only
class Places(TypedDict):
    path: list[str]
    modules: list[str]
    script: str | None
    root: str

@type_check_only
class WorkerOptions(TypedDict):
    queues: Sequence[str]
    slots: int | None
    pool: str | None
    stop_grace_secs: float | None
    owns_process: bool
    scheduler: bool
    places: Places
    host: str
    metrics: Metrics | None

@type_check_only
class WorkerRow(TypedDict):
    name: str
    status: Literal["running", "stopping", "silent"]
    queues: list[str]
    busy: int
    slots: int
    stuck: int
    pool: str
    host: str
    pid: int
    version: str
    started_at: float
    seen_at: float

@final
class Metrics:
    # Counts what a worker tells that is started with it.
    def __new__(cls) -> Metrics: ...
    def openmetrics(self) -> str: ...
    # By the name of a metric its samples, as labels and number.
    def snapshot(self) -> dict[str, list[tuple[dict[str, str], float]]]: ...
    # Whether the worker can go on; no before it was started, and once it is gone.
    @property
    def healthy(self) -> bool: ...
    def hook_failed(self, plugin: str, hook: str) -> None: ...
    def hook_slow(self, plugin: str, hook: str) -> None: ...

@final
class WorkerHandle:
    # Starts to claim.
    def __new__(cls, name: str, options: WorkerOptions) -> WorkerHandle: ...
    @property
    def name(self) -> str: ...
    @property
    def broken(self) -> bool: ...
    @property
    def metrics(self) -> Metrics | None: ...
    def drain(self) -> None: ...
    def cut(self) -> None: ...
    # The exit code, and how many running jobs were cut off and handed back.
    def wait(self) -> tuple[int, int]: ...

# A scheduler without a worker.
@final
class SchedulerHandle:
    # Starts to fire.
    def __new__(cls, name: str, metrics: Metrics | None = None) -> SchedulerHandle: ...
    @property
    def name(self) -> str: ...
    @property
    def broken(self) -> bool: ...
    def drain(self) -> None: ...
    def cut(self) -> None: ...
    def wait(self) -> tuple[int, int]: ...

# What the engine is told of a schedule's rule: one of the first four. A moment is microseconds since 1970, or a date
# and time without a zone as ISO text.
@type_check_only
class Plan(TypedDict, total=False):
    at: int | str
    in_secs: float
    interval_secs: float
    cron: str
    timezone_name: Required[str]
    misfire: str
    overlap: str
    starts_at: int | str
    ends_at: int | str
    max_runs: int
    jitter_secs: float

# What `schedule_record` answers. Times are seconds since the Unix epoch.
@type_check_only
class ScheduleRecord(TypedDict):
    id: str
    task: str
    at: float | None
    interval_secs: float | None
    cron: str | None
    timezone_name: str | None
    misfire: str
    overlap: str
    starts_at: float | None
    ends_at: float | None
    max_runs: int | None
    jitter_secs: float
    declared: bool
    queue: str
    priority: int
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    undecodable: str | None
    next_run_at: float | None
    paused: bool
    runs: int
    skipped: int
    last_run_at: float | None
    last_job: str | None
    created_at: float
    changed_at: float

# Answers the id, and what was done.
def write_schedule(
    blueprint: Blueprint, args: tuple[Any, ...], kwargs: dict[str, Any] | None, id: str | None, plan: Plan
) -> tuple[str, str]: ...
def sync_schedules(
    declared: Sequence[tuple[str, Blueprint, Plan]], retires: bool, is_dry: bool
) -> list[tuple[str, str]]: ...

# Like all below, raises `NotFound` if there is no such schedule; only to cancel is happy with that.
def schedule_record(id: str) -> ScheduleRecord: ...
def schedule_records() -> list[ScheduleRecord]: ...
def pause_schedule(id: str) -> bool: ...
def resume_schedule(id: str) -> bool: ...
def cancel_schedule(id: str) -> bool: ...
def trigger_schedule(id: str) -> str: ...
def reschedule(id: str, next_micros: int) -> None: ...
def preview_schedule(id: str, count: int) -> list[float]: ...
def cron_ticks(expression: str, timezone_name: str, after: int, count: int) -> list[int]: ...

# How a task of this name wants to run.
def note_kind(name: str, is_async: bool, run_in: str | None = None) -> None: ...

# Serves a worker over two descriptors; ends the process afterwards.
def serve_child(input: int, output: int, terms: Mapping[str, Any]) -> None: ...
def configure(settings: Sequence[tuple[str, str | None]]) -> None: ...
def close() -> None: ...
def _after_fork() -> None: ...
def _at_exit() -> None: ...
def settings() -> list[tuple[str, str, str]]: ...

# Where jobs are kept, for people.
def store_place() -> str: ...
def project() -> tuple[Path, Path, list[Path]]: ...
def enqueue(blueprint: Blueprint, args: tuple[Any, ...], kwargs: dict[str, Any] | None) -> str: ...
def enqueue_many(blueprint: Blueprint, calls: Iterable[Sequence[Any] | Mapping[str, Any]]) -> list[str]: ...

# `timeout` is in seconds. Like all below, raises `NotFound` if there is no such job.
def wait(id: str, timeout: float | None) -> _State: ...
def call_back(id: str, callback: Callable[[_State | None, BaseException | None], object]) -> None: ...
def status(id: str) -> _State: ...
def result(id: str) -> Any: ...
def record(id: str) -> _Record: ...
def attempts(id: str) -> list[_Attempt]: ...

# Which jobs; an empty list does not restrict.
@type_check_only
class Wanted(TypedDict):
    states: Sequence[str]
    tasks: Sequence[str]
    queues: Sequence[str]
    tags: Sequence[str]
    text: str | None
    # In microseconds since the Unix epoch.
    since: int | None
    until: int | None

# Newest first, older than the job `before`.
def list_jobs(wanted: Wanted, before: str | None, limit: int) -> list[_Record]: ...
def count_jobs(wanted: Wanted) -> dict[str, int]: ...

# Name, waiting, running, the earliest time for which one waits, in seconds since the Unix epoch, whether it is paused,
# and how many jobs a minute are made and end in it.
def list_queues() -> list[tuple[str, int, int, float | None, bool, int | None, int | None]]: ...

# Whether that changed anything, in order.
def pause_queues(names: Sequence[str], paused: bool) -> list[bool]: ...
def list_workers() -> list[WorkerRow]: ...
def cancel(id: str) -> Literal["done", "requested", "SUCCESS", "FAILED", "CANCELLED"]: ...
def retry(id: str) -> Literal["done", "PENDING", "RUNNING", "SUCCESS"]: ...
def check_id(id: str) -> str: ...
def current_job() -> CurrentJob | None: ...
def encode(value: Any) -> bytes: ...
def decode(payload: bytes) -> Any: ...

# JSON texts: the tasks, and the problems.
def scan_tasks(root: str | PathLike[str] | None = None) -> tuple[str, str]: ...
def load_manifest(path: str | PathLike[str]) -> str: ...
def save_manifest(path: str | PathLike[str], tasks: str) -> None: ...

@final
class SourceWatch:
    def __new__(cls) -> SourceWatch: ...
    def wait(self, at_most_secs: float) -> bool: ...

# The text with everything that a terminal would obey written out.
def visible(text: str) -> str: ...
def run_command_line(arguments: Sequence[str]) -> int: ...
