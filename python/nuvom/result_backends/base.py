"""What a result backend written in Python does. Six methods are needed; with `delete(job_ids)`, what is older than its
retention is forgotten, and jobs of a queue that keeps no records can be retried.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any


class BaseResultBackend(ABC):
    """Keeps how jobs ended. It is called from several threads, and its class is made without arguments, or with the
    settings of its `[plugin.NAME]`.

    What comes later for a job replaces what came before. Times are seconds since the Unix epoch.
    """

    @abstractmethod
    def set_result(
        self,
        job_id: str,
        func_name: str,
        result: Any,
        *,
        args: tuple[Any, ...] | None = None,
        kwargs: dict[str, Any] | None = None,
        retries_left: int | None = None,
        attempts: int | None = None,
        created_at: float | None = None,
        completed_at: float | None = None,
    ) -> None:
        """Keeps the value of a job that succeeded, and its task's name. `attempts` is how often it was given to a
        worker.
        """

    @abstractmethod
    def get_result(self, job_id: str) -> Any:
        """The value of a job, or `None`."""

    @abstractmethod
    def set_error(
        self,
        job_id: str,
        func_name: str,
        error: Exception,
        *,
        args: tuple[Any, ...] | None = None,
        kwargs: dict[str, Any] | None = None,
        retries_left: int | None = None,
        attempts: int | None = None,
        created_at: float | None = None,
        completed_at: float | None = None,
    ) -> None:
        """Keeps a failure. `error` is a `JobFailed`: `error.kind`, `error.reason`, `error.remote_traceback`. It is the
        end of the job if `retries_left` is 0; otherwise the job runs again.
        """

    @abstractmethod
    def get_error(self, job_id: str) -> Any:
        """What went wrong, or `None`."""

    @abstractmethod
    def get_full(self, job_id: str) -> dict[str, Any] | None:
        """All that is kept of a job, or `None`: `job_id`, `func_name`, `status` ("SUCCESS" or "FAILED"), `error` (a
        text, or a dict of `type`, `message` and `traceback`), and what `set_result` and `set_error` were told besides.
        """

    @abstractmethod
    def list_jobs(self) -> list[dict[str, Any]]:
        """All that is kept, a dict a job as `get_full` answers it."""
