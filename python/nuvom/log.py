"""What a worker tells, through Python's `logging`, so that a program's own set-up wins."""

from __future__ import annotations

import logging
from typing import Any

logger = logging.getLogger("nuvom")


def setup_logging(level: str = "INFO") -> None:
    """Sends the log of a worker to standard error, unless the program has set up logging itself."""
    if logging.getLogger().handlers or logger.handlers:
        return
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S"))
    logger.addHandler(handler)
    logger.setLevel(level)
    logger.propagate = False


def report(events: list[tuple[str, dict[str, Any]]], dropped: int) -> None:
    """Takes a batch of the engine's events."""
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
            return logging.INFO, f"worker {fields['worker']} stops; {fields['running']} jobs still run"
        case "worker_stopped":
            return logging.INFO, f"worker {fields['worker']} stopped; {fields['handed_back']} jobs handed back"
        case "ended":
            return _tell_end(fields)
        case "stale":
            return logging.WARNING, f"job {fields['job_id']} had been taken over; this worker's outcome is dropped"
        case "lease_lost":
            return logging.WARNING, f"job {fields['job_id']} is not ours any more: its lease could not be renewed"
        case "reaped":
            return logging.WARNING, f"job {fields['job_id']} had lost its worker and is {fields['state']} now"
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
        case "PENDING" if reason:
            return logging.WARNING, f"{job} failed and will be tried again: {reason}"
        case "PENDING":
            return logging.INFO, f"{job} was handed back"
        case "CANCELLED":
            return logging.INFO, f"{job} was cancelled"
    return logging.DEBUG, f"{job} succeeded"
