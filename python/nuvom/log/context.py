"""Which job a record comes from."""

from __future__ import annotations

import logging

from nuvom._nuvom import current_job


class JobContext(logging.Filter):
    """Adds `job_id`, `task`, `attempt` and `queue` to each record that comes from inside a job, and lets all pass. What
    a record says of itself (by `extra`) stays.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Adds what is not there."""
        job = current_job()
        if job is not None:
            for name, value in (("job_id", job.id), ("task", job.task), ("attempt", job.attempt), ("queue", job.queue)):
                if not hasattr(record, name):
                    setattr(record, name, value)
        return True
