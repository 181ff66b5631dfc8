"""What a worker tells, through Python's `logging`, so that a program's own set-up wins."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

logger = logging.getLogger("nuvom")


class JsonLines(logging.Formatter):
    """One record, one line, whatever is in it."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as a JSON object; fields of Nuvom's events stand beside the message."""
        fields = {name: value for name, value in vars(record).items() if name in _EVENT_FIELDS}
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **fields,
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


_EVENT_FIELDS = frozenset(
    {
        "event", "worker", "running", "handed_back", "job_id", "task", "queue", "attempt", "state", "outcome",
        "took_secs", "kind", "reason", "traceback", "lease", "count", "duty", "stack", "pid", "death", "lost", "jobs",
        "rss", "stuck", "silent_secs", "schedule", "tick", "missed", "skipped", "late_secs",
    }
)  # fmt: skip


def setup_logging(level: str = "INFO", format: str = "plain") -> None:
    """Sends the log of a worker to standard error, as text for people (`plain`) or JSON lines (`json`), unless
    the program has set up logging itself.
    """
    if logging.getLogger().handlers or logger.handlers:
        return
    handler = logging.StreamHandler()
    plain = logging.Formatter("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S")
    handler.setFormatter(JsonLines() if format == "json" else plain)
    logger.addHandler(handler)
    logger.setLevel(level)
    logger.propagate = False


listeners: list[Callable[[list[tuple[str, dict[str, Any]]]], object]] = []
"""Called with each batch of events that the log tells, before it does; they must return at once."""


def report(events: list[tuple[str, dict[str, Any]]], dropped: int) -> None:
    """Takes a batch of the engine's events."""
    for listener in tuple(listeners):
        listener(events)
    if dropped:
        logger.warning("%d events were not logged: the log could not keep up", dropped)
    for name, fields in events:
        level, message = _tell(name, fields)
        # `message` is a name that log records keep for themselves.
        extra = {("reason" if key == "message" else key): value for key, value in fields.items()}
        logger.log(level, "%s", message, extra={"event": name, **extra})


def _tell(name: str, fields: dict[str, Any]) -> tuple[int, str]:
    match name:
        case "worker_started":
            return logging.INFO, f"worker {fields['worker']} started"
        case "worker_stopping":
            return logging.INFO, f"worker {fields['worker']} stops; jobs still running: {fields['running']}"
        case "worker_stopped":
            return (
                logging.INFO,
                f"worker {fields['worker']} stopped; jobs cut off and handed back: {fields['handed_back']}",
            )
        case "ended":
            return _tell_end(fields)
        case "stale":
            return logging.WARNING, f"job {fields['job_id']} had been taken over; this worker's outcome is dropped"
        case "lease_lost":
            return logging.WARNING, f"job {fields['job_id']} is not ours any more: its lease could not be renewed"
        case "reaped":
            return logging.WARNING, f"job {fields['job_id']} had lost its worker and is {fields['state']} now"
        case "stuck":
            place = f", at:\n{fields['stack'].rstrip()}" if fields["stack"] else "; where it is cannot be found out"
            return logging.ERROR, (
                f"job {fields['job_id']} ({fields['task']}) is stuck: it was told to end and did not. "
                f"Nobody else runs it until it ends{place}"
            )
        case "child_died":
            lost = f"; jobs lost with it: {fields['lost']}" if fields["lost"] else ""
            return logging.ERROR, f"child process {fields['pid']}: {fields['death']}{lost}"
        case "child_retired":
            size = f", {fields['rss'] / 2**20:.0f} MiB" if fields["rss"] else ""
            return logging.INFO, f"child process {fields['pid']} is replaced after {fields['jobs']} jobs{size}"
        case "pool_failed":
            return logging.CRITICAL, f"{fields['message']}; the worker ends"
        case "overrun":
            return logging.CRITICAL, f"{fields['stuck']} jobs are stuck, as many as the pool has slots; the worker ends"
        case "stalled":
            return logging.CRITICAL, (
                f"the worker gave no sign of life for {fields['silent_secs']:.0f} s ({fields['duty']}); it ends"
            )
        case "tick_fired" if fields["missed"] or fields["skipped"]:
            return logging.WARNING, (
                f"schedule {fields['schedule']} ({fields['task']}): ticks missed: {fields['missed']}, "
                f"skipped: {fields['skipped']}; jobs made: {fields['jobs']}"
            )
        case "tick_fired":
            return logging.DEBUG, f"schedule {fields['schedule']} made a job of {fields['task']}"
        case "schedule_broken":
            return logging.ERROR, f"schedule {fields['schedule']} makes no jobs any more: {fields['message']}"
        case "pruned":
            return logging.DEBUG, f"{fields['count']} old jobs removed"
        case "store_failed":
            return logging.ERROR, f"{fields['duty']}: {fields['message']}"
    return logging.DEBUG, name


def _tell_end(fields: dict[str, Any]) -> tuple[int, str]:
    job = f"job {fields['job_id']} ({fields['task']}), attempt {fields['attempt']}"
    reason = f"{fields['kind']}: {fields['message']}" if "kind" in fields else ""
    match fields["state"]:
        case "FAILED":
            return logging.ERROR, f"{job} failed: {reason}\n{fields.get('traceback', '')}".rstrip()
        case "PENDING" if fields["outcome"] == "lost":
            return logging.WARNING, f"{job} was lost with its process and will run again: {reason}"
        case "PENDING" if reason:
            return logging.WARNING, f"{job} {fields['outcome']} and will be tried again: {reason}"
        case "PENDING":
            return logging.INFO, f"{job} was handed back"
        case "CANCELLED":
            return logging.INFO, f"{job} was cancelled"
    return logging.DEBUG, f"{job} succeeded"
