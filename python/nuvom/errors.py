"""Every error that Nuvom raises, in one tree under `NuvomError`; each is also the built-in that fits it.

At the end stand the interruptions, which are not errors: they end a running task from outside.
"""

from __future__ import annotations


class NuvomError(Exception):
    """Something that Nuvom was asked to do did not work."""


class InvalidValue(NuvomError, ValueError):
    """A value, name or setting that can never be right. The message says where it stands, and what was expected."""


class InvalidOption(NuvomError, TypeError):
    """An option of `@task` that does not exist, or has the wrong type or value; raised when the module is imported.
    The message has the nearest name.
    """


class BadArguments(NuvomError, TypeError):
    """A call that does not fit the task's parameters; raised by `.delay` and the like, so nothing was enqueued."""


class NotSerializable(NuvomError, TypeError):
    """A value that cannot be sent to a worker; the message names its path and type. Pass what it is made of: plain
    data, a dataclass that the parameter is annotated with, or a reference.
    """


class PayloadTooLarge(NuvomError, ValueError):
    """Arguments beyond `NUVOM_MAX_ARGS_BYTES`; nothing was enqueued. Pass a reference to the data, or raise the
    setting.
    """


class DuplicateTask(NuvomError, ValueError):
    """A second task of a name that is taken. Give one of them another `name`."""


class NotFound(NuvomError, LookupError):
    """No job, task or schedule of that name or id: never there, removed after its retention, or in another
    project's store.
    """


class Conflict(NuvomError):
    """The state of the job or schedule does not allow this, such as to retry a job that runs."""


class QueueFull(NuvomError):
    """As many jobs wait in the queue as `NUVOM_QUEUE_MAXSIZE` lets in. Nothing was enqueued; the same call may
    succeed when workers have taken some.
    """


class StoreUnavailable(NuvomError, ConnectionError):
    """The store is busy or cannot be reached; the same call may succeed later."""


class StorePermission(NuvomError, PermissionError):
    """The operating system refuses access to the store. It belongs to one user, so programs and workers run as the
    same one.
    """


class CorruptData(NuvomError, ValueError):
    """Stored data is damaged. `nuvom doctor` shows what was set aside."""


class ForeignData(NuvomError, ValueError):
    """Stored data belongs to another program, or to a newer Nuvom. Upgrade, or point the setting elsewhere."""


class Unsupported(NuvomError, NotImplementedError):
    """The backend does not promise this; docs/reference/capabilities.md has what each promises."""


class PluginError(NuvomError, RuntimeError):
    """A plugin that is needed cannot be loaded or started, or does not keep its contract; `nuvom plugin status`
    says why.
    """


class InternalError(NuvomError, RuntimeError):
    """A defect in Nuvom. Please report it, with the message."""


class JobTimeout(NuvomError, TimeoutError):
    """The job has not ended within the time that `get` was given. It goes on."""


class JobCancelled(NuvomError):
    """The job was cancelled, so it has no value."""


class JobFailed(NuvomError, RuntimeError):
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
    """Raised inside a running task to end it. Not an `Exception`, so that `except Exception` lets it pass; a task
    may catch it to clean up, and should let it go on.
    """


class TimeLimitReached(Interruption):
    """The attempt ran longer than its `timeout_secs`."""


class CancelRequested(Interruption):
    """Somebody cancelled the job."""


class LeaseLost(Interruption):
    """The worker lost its claim: another one may run the job already."""


class WorkerStopping(Interruption):
    """The worker stops, and its grace period is over; the job goes back to its queue."""
