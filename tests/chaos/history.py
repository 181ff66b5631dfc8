"""What happened in a run, as events, and what the store held at its end, as records.

Events of the driver and its producers go to one file, those of the task bodies to another, the *witness*: a store
cannot be its own witness. Each event is one line, written by one call, so that lines of many processes never mix.
Times of events are nanoseconds of the monotonic clock, which all processes of a machine share; times of records are
microseconds since the Unix epoch, as stores keep them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class EnqueueCall:
    """A client is about to ask. `key` is its own name for the job, which has no id yet."""

    at: int
    key: str
    kind: str
    expects: tuple[str, ...]
    """The states in which it may end."""
    priority: int = 5
    delay: float = 0.0
    retry_delay: float = 0.0


@dataclass(frozen=True, slots=True)
class EnqueueOk:
    """The store has acknowledged the job."""

    at: int
    key: str
    job: str


@dataclass(frozen=True, slots=True)
class EnqueueUnknown:
    """The call failed; the job may or may not be there. A call without any answer means the same."""

    at: int
    key: str
    error: str


@dataclass(frozen=True, slots=True)
class CancelCall:
    """A client is about to ask for the end of a job."""

    at: int
    job: str


@dataclass(frozen=True, slots=True)
class CancelAnswer:
    """`done`, `requested`, the state in which it had ended, or `unknown`."""

    at: int
    job: str
    answer: str


@dataclass(frozen=True, slots=True)
class Fault:
    """Something was broken on purpose, or mended: `kill`, `stop`, `pause`, `lock`, `stall`."""

    at: int
    kind: str
    on: bool
    number: int
    pid: int | None = None


@dataclass(frozen=True, slots=True)
class Process:
    """A process of the run was started, serves, or has ended (with this exit code)."""

    at: int
    role: str
    pid: int
    change: str
    exit: int | None = None
    worker: str | None = None


@dataclass(frozen=True, slots=True)
class Phase:
    """The run enters a phase: `warm`, `faults`, `heal`, `drained` or `overdue`. Ties the two clocks together."""

    at: int
    name: str
    wall: int
    """Microseconds since the Unix epoch."""


@dataclass(frozen=True, slots=True)
class Look:
    """The state and the counters of a job, seen from outside while the run went on."""

    at: int
    job: str
    state: str
    lease: int
    failures: int
    losses: int
    handbacks: int


@dataclass(frozen=True, slots=True)
class ExecStart:
    """A task body has begun."""

    at: int
    job: str
    key: str
    lease: int
    attempt: int
    pid: int
    parent: int = 0
    """The process that started that one: its worker, if it is a child."""


@dataclass(frozen=True, slots=True)
class ExecEnd:
    """A task body has ended: `returned` (with this value), `raised` or `interrupted`."""

    at: int
    job: str
    lease: int
    pid: int
    ending: str
    value: str | None = None


Event = (
    EnqueueCall
    | EnqueueOk
    | EnqueueUnknown
    | CancelCall
    | CancelAnswer
    | Fault
    | Process
    | Phase
    | Look
    | ExecStart
    | ExecEnd
)

_KINDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        EnqueueCall,
        EnqueueOk,
        EnqueueUnknown,
        CancelCall,
        CancelAnswer,
        Fault,
        Process,
        Phase,
        Look,
        ExecStart,
        ExecEnd,
    )
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """A claim that did not end in success, as the store recorded it."""

    lease: int
    ending: str
    kind: str
    worker: str | None
    started_at: int | None
    ended_at: int


@dataclass(frozen=True, slots=True)
class Record:
    """What the store holds of a job at the end. Fields that a source cannot tell are `None`."""

    id: str
    key: str
    task: str
    priority: int
    state: str
    lease: int
    failures: int
    losses: int
    handbacks: int
    max_attempts: int
    max_losses: int | None
    created_at: int
    started_at: int | None
    ended_at: int | None
    worker: str | None
    attempts: tuple[Attempt, ...]
    value: str | None = None
    result_lease: int | None = None


class Journal:
    """A file to which events are appended, by any number of threads and processes."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def write(self, event: Event) -> None:
        os.write(self._file, to_line(event).encode())


def to_line(event: Event) -> str:
    """The event as a line of JSON."""
    return json.dumps({"event": type(event).__name__, **asdict(event)}) + "\n"


def from_line(line: str) -> Event:
    """The event of a line."""
    fields: dict[str, Any] = json.loads(line)
    kind = _KINDS[fields.pop("event")]
    if "expects" in fields:
        fields["expects"] = tuple(fields["expects"])
    event: Event = kind(**fields)
    return event


def read_events(*paths: Path) -> list[Event]:
    """All events of these files, in the order of their times."""
    return sorted((event for path in paths for event in _events(path)), key=lambda event: event.at)


def _events(path: Path) -> Iterator[Event]:
    if not path.exists():
        return
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            # Only the very last write of a process that was killed can be cut short.
            if line.endswith("\n"):
                yield from_line(line)


def write_records(path: Path, records: list[Record]) -> None:
    """Keeps the final records beside the events, for a later look."""
    path.write_text("".join(json.dumps(asdict(record)) + "\n" for record in records), encoding="utf-8")


def read_records(path: Path) -> list[Record]:
    """The records that `write_records` kept."""
    kept = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [
        Record(**{**fields, "attempts": tuple(Attempt(**attempt) for attempt in fields["attempts"])}) for fields in kept
    ]
