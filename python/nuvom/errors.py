"""Every error that Nuvom raises, in one tree under `NuvomError`; each is also the built-in that fits it.

At the end stand the interruptions, which are not errors: they end a running task from outside.
"""

from __future__ import annotations


class NuvomError(Exception):
    """Something that Nuvom was asked to do did not work."""


class InvalidValue(NuvomError, ValueError):
    """A value, name or setting that can never be right."""


class InvalidOption(NuvomError, TypeError):
    """An option of `@task` that does not exist, or has the wrong type or value."""


class BadArguments(NuvomError, TypeError):
    """A call that does not fit the task's parameters."""


class NotSerializable(NuvomError, TypeError):
    """A value that cannot be sent to a worker; the message names its path and type."""


class PayloadTooLarge(NuvomError, ValueError):
    """Arguments beyond `NUVOM_MAX_ARGS_BYTES`."""


class DuplicateTask(NuvomError, ValueError):
    """A second task of a name that is taken."""


class NotFound(NuvomError, LookupError):
    """No job or task of that name."""


class Conflict(NuvomError):
    """The job's state does not allow this."""


class QueueFull(NuvomError):
    """As many jobs wait in the queue as `NUVOM_QUEUE_MAXSIZE` lets in. Nothing was enqueued; the same call may succeed
    when workers have taken some.
    """


class StoreUnavailable(NuvomError, ConnectionError):
    """The store is busy or cannot be reached; the same call may succeed later."""


class StorePermission(NuvomError, PermissionError):
    """The operating system refuses access to the store."""


class CorruptData(NuvomError, ValueError):
    """Stored data is damaged."""


class ForeignData(NuvomError, ValueError):
    """Stored data belongs to another program, or to a newer Nuvom."""


class Unsupported(NuvomError, NotImplementedError):
    """The backend does not promise this."""


class PluginError(NuvomError, RuntimeError):
    """A plugin that is needed cannot be loaded or started, or does not keep its contract."""


class InternalError(NuvomError, RuntimeError):
    """A defect in Nuvom."""


class JobTimeout(NuvomError, TimeoutError):
    """The job has not ended within the time that `get` was given. It goes on."""


class JobCancelled(NuvomError):
    """The job was cancelled, so it has no value."""


class JobFailed(NuvomError):
    """The job failed. The message ends with the worker's traceback.

    `kind` is the class of the exception that the task raised, `reason` what it said, `remote_traceback` where.
    """

    def __init__(self, job_id: str, kind: str, reason: str, remote_traceback: str) -> None:
        self.job_id = job_id
        self.kind = kind
        self.reason = reason
        self.remote_traceback = remote_traceback
        message = f"job {job_id} failed: {kind}: {reason}"
        if remote_traceback:
            message += f"\n\nIn the worker:\n{remote_traceback.rstrip()}"
        super().__init__(message)

    def __reduce__(self) -> tuple[type[JobFailed], tuple[str, str, str, str]]:
        return type(self), (self.job_id, self.kind, self.reason, self.remote_traceback)


class Interruption(BaseException):
    """Raised inside a running task to end it. Not an `Exception`, so that `except Exception` lets it pass;
    a task may catch it to clean up, and should let it go on.
    """


class TimeLimitReached(Interruption):
    """The attempt ran longer than its `timeout_secs`."""


class CancelRequested(Interruption):
    """Somebody cancelled the job."""


class LeaseLost(Interruption):
    """The worker lost its claim: another one may run the job already."""


class WorkerStopping(Interruption):
    """The worker stops, and its grace period is over; the job goes back to its queue."""
