"""Results in LMDB: one file that all processes of a machine share, read without a lock.

# .nuvom_plugins.toml
[plugins]
result_backend = ["lmdb_results:LmdbResults"]
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lmdb
from nuvom._nuvom import decode, encode
from nuvom.result_backends.base import BaseResultBackend


class LmdbResults(BaseResultBackend):
    """A record a job, under its id, which begins with the time: so they lie in the order of their making."""

    name = "lmdb_results"

    def __init__(self, path: str = ".nuvom/results.lmdb", max_gib: float | str = 4) -> None:
        """`max_gib` is how large the file may become, in GiB; it only takes what it needs."""
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._store = lmdb.open(str(folder), map_size=int(float(max_gib) * 2**30), mode=0o600)

    def set_result(self, job_id: str, func_name: str, result: Any, **about: Any) -> None:
        """Replaces what was kept."""
        self._keep(job_id, {"func_name": func_name, "status": "SUCCESS", "result": result, "error": None, **about})

    def set_error(self, job_id: str, func_name: str, error: Any, **about: Any) -> None:
        """Replaces what was kept."""
        told = {"type": error.kind, "message": error.reason, "traceback": error.remote_traceback}
        self._keep(job_id, {"func_name": func_name, "status": "FAILED", "result": None, "error": told, **about})

    def get_result(self, job_id: str) -> Any:
        """The value, or `None`."""
        return (self.get_full(job_id) or {}).get("result")

    def get_error(self, job_id: str) -> Any:
        """What went wrong, or `None`."""
        return (self.get_full(job_id) or {}).get("error")

    def get_full(self, job_id: str) -> dict[str, Any] | None:
        """All that is kept of a job."""
        with self._store.begin() as reading:
            kept = reading.get(job_id.encode())
        return None if kept is None else decode(kept)

    def list_jobs(self) -> list[dict[str, Any]]:
        """All jobs, the newest first."""
        with self._store.begin() as reading:
            return [decode(kept) for _, kept in reading.cursor().iterprev(keys=True, values=True)]

    def delete(self, job_ids: list[str]) -> None:
        """Forgets these."""
        with self._store.begin(write=True) as writing:
            for job_id in job_ids:
                writing.delete(job_id.encode())

    def _keep(self, job_id: str, record: dict[str, Any]) -> None:
        with self._store.begin(write=True) as writing:
            writing.put(job_id.encode(), encode({"job_id": job_id, **record}))
