"""Schedules: rules that make jobs, once, every so often, or by cron in any time zone."""

from __future__ import annotations

from nuvom.scheduler.backend import SchedulerBackend, get_scheduler_backend
from nuvom.scheduler.handle import Schedule, ScheduleInfo, list_schedules
from nuvom.scheduler.models import ScheduledTaskReference, ScheduleEnvelope
from nuvom.scheduler.rules import Rule, cron, every

__all__ = [
    "Rule",
    "Schedule",
    "ScheduleEnvelope",
    "ScheduleInfo",
    "ScheduledTaskReference",
    "SchedulerBackend",
    "cron",
    "every",
    "get_scheduler_backend",
    "list_schedules",
]
