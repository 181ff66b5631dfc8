"""What is said of each event of the engine, and how loudly."""

from __future__ import annotations

import logging
from typing import Any


def told(name: str, fields: dict[str, Any]) -> tuple[int, str]:
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
        case "jobs_done":
            return logging.INFO, (
                f"{fields['count']:,} jobs done in {fields['took_secs']:.1f} s ({fields['rate']:,.0f}/s)"
            )
        case "jobs_failed":
            return logging.ERROR, (
                f"{fields['count']:,} more attempts failed within {fields['took_secs']:.1f} s and are not told one by "
                "one: `nuvom history recent` has the jobs, `nuvom inspect job` each traceback"
            )
        case "ended":
            return _told_end(fields)
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


def _told_end(fields: dict[str, Any]) -> tuple[int, str]:
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
    return logging.INFO, f"{job} succeeded in {_span(fields['took_secs'])}"


def _span(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
