"""The options of a run, and the settings that follow from them."""

from __future__ import annotations

import os
import sys
import sysconfig
from dataclasses import asdict, dataclass
from pathlib import Path
from shutil import which

from evidence import Rules

HERE = Path(__file__).parent

TIMES = {"LEASE_SECS": "2", "BEAT_SECS": "0.6", "REAP_SECS": "0.3", "STOP_GRACE_SECS": "1"}
"""Short, so that hundreds of recoveries fit in a minute."""

RULES = Rules(clock_slack=0.05)


@dataclass(frozen=True, slots=True)
class Options:
    """What a run is asked to be. The same options and seed ask for the same jobs and the same faults."""

    seed: int
    minutes: float
    backend: str
    pool: str
    workers: int = 3
    slots: int = 4
    rate: float = 30.0
    """Jobs a second, over all producers."""

    def __str__(self) -> str:
        said = {**asdict(self), **TIMES}
        return " ".join(f"{name.lower()}={value}" for name, value in said.items())

    @property
    def seconds(self) -> float:
        return self.minutes * 60

    def settings(self, max_losses: int) -> dict[str, str]:
        """The environment variables of Nuvom."""
        settings = {
            **TIMES,
            "QUEUE_BACKEND": self.backend,
            "MAX_WORKERS": str(self.slots),
            "MAX_LOSSES": str(max_losses),
            "SQLITE_DURABILITY": "process",
            "FILE_DURABILITY": "process",
        }
        return {f"NUVOM_{name}": value for name, value in settings.items()}

    def environment(self, folder: Path, max_losses: int) -> dict[str, str]:
        """The environment of a process of the run."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("NUVOM_")}
        paths = {"PYTHONPATH": str(HERE), "CHAOS_WITNESS": str(folder / "witness.jsonl")}
        return {**kept, **self.settings(max_losses), **paths, "PYTHONDONTWRITEBYTECODE": "1"}

    def worker_command(self) -> list[str]:
        """Only a pool that is not the default is named."""
        pool = [] if self.pool == "thread" else ["--pool", self.pool]
        return [nuvom_command(), "runworker", *pool]


def nuvom_command() -> str:
    path = which("nuvom", path=sysconfig.get_path("scripts"))
    assert path is not None, f"the package is not installed for {sys.executable}"
    return path
