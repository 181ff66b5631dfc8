"""Records as lines: for machines as JSON, for files and pipes as text."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

from nuvom._nuvom import visible


class JsonLines(logging.Formatter):
    """One record, one line, whatever is in it."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as a JSON object; its job and the fields of Nuvom's events stand beside the message."""
        fields = {name: value for name, value in vars(record).items() if name in _FIELDS}
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


_FIELDS = frozenset(
    {
        "event", "worker", "running", "handed_back", "job_id", "task", "queue", "attempt", "state", "outcome",
        "took_secs", "kind", "reason", "traceback", "lease", "count", "rate", "duty", "stack", "pid", "death", "lost",
        "jobs", "rss", "stuck", "silent_secs", "schedule", "tick", "missed", "skipped", "late_secs", "tasks", "queues",
        "pool", "store", "settings", "plugins",
    }
)  # fmt: skip


class PlainLines(logging.Formatter):
    """Text: the time, the level, the message, and the job that it comes from. Nothing in it can pass for another
    record, or is obeyed by a terminal.
    """

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        """The record; its further lines, such as a traceback, are indented."""
        return safe(super().format(record) + of_job(record))


def of_job(record: logging.LogRecord) -> str:
    """The job that a record of a task comes from, to stand behind its message."""
    if hasattr(record, "event") or not hasattr(record, "job_id"):
        return ""
    return f"  [{record.task} {record.job_id}]"  # type: ignore[attr-defined]  # JobContext adds both


def safe(text: str) -> str:
    """The text with what a terminal would obey written out, and its further lines indented."""
    first, *rest = text.split("\n")
    return "\n".join([visible(first), *(f"    {visible(line)}" for line in rest)])
