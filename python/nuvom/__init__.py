"""Nuvom: background jobs that can be trusted, without a server to run.

A task, and a job of it:

    from nuvom import task

    @task(retries=2)
    def add(x: int, y: int) -> int:
        return x + y

    print(add.delay(5, 7).get(timeout=10))  # while `nuvom runworker` runs
"""

from nuvom._nuvom import __version__ as __version__

# `nuvom.task` is both this decorator and the module that holds it. Importing the module sets the name to the
# module, so the decorator must be imported right after, here, before anyone can ask for either.
from nuvom.task import task as task

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nuvom._nuvom import CurrentJob as CurrentJob
    from nuvom._nuvom import current_job as current_job
    from nuvom.config import configure as configure
    from nuvom.config import get_settings as get_settings
    from nuvom.errors import BadArguments as BadArguments
    from nuvom.errors import JobCancelled as JobCancelled
    from nuvom.errors import JobFailed as JobFailed
    from nuvom.errors import JobTimeout as JobTimeout
    from nuvom.errors import NotSerializable as NotSerializable
    from nuvom.errors import NuvomError as NuvomError
    from nuvom.errors import PayloadTooLarge as PayloadTooLarge
    from nuvom.errors import QueueFull as QueueFull
    from nuvom.job import Job as Job
    from nuvom.log import get_logger as get_logger
    from nuvom.scheduler.handle import Schedule as Schedule
    from nuvom.scheduler.rules import cron as cron
    from nuvom.scheduler.rules import every as every
    from nuvom.task import AsyncTask as AsyncTask
    from nuvom.task import Task as Task
    from nuvom.worker import Worker as Worker

__all__ = [
    "AsyncTask",
    "BadArguments",
    "CurrentJob",
    "Job",
    "JobCancelled",
    "JobFailed",
    "JobTimeout",
    "NotSerializable",
    "NuvomError",
    "PayloadTooLarge",
    "QueueFull",
    "Schedule",
    "Task",
    "Worker",
    "__version__",
    "configure",
    "cron",
    "current_job",
    "every",
    "get_logger",
    "get_settings",
    "task",
]

# Everything but the decorator is imported when it is first asked for: `import nuvom` is on the way of every
# command line and every test run.
_HOMES = {
    "AsyncTask": "nuvom.task",
    "BadArguments": "nuvom.errors",
    "CurrentJob": "nuvom._nuvom",
    "Job": "nuvom.job",
    "JobCancelled": "nuvom.errors",
    "JobFailed": "nuvom.errors",
    "JobTimeout": "nuvom.errors",
    "NotSerializable": "nuvom.errors",
    "NuvomError": "nuvom.errors",
    "PayloadTooLarge": "nuvom.errors",
    "QueueFull": "nuvom.errors",
    "Schedule": "nuvom.scheduler.handle",
    "Task": "nuvom.task",
    "Worker": "nuvom.worker",
    "configure": "nuvom.config",
    "cron": "nuvom.scheduler.rules",
    "current_job": "nuvom._nuvom",
    "every": "nuvom.scheduler.rules",
    "get_logger": "nuvom.log",
    "get_settings": "nuvom.config",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'nuvom' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
