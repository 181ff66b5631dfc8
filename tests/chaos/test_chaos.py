"""A short run of chaos on each backend. `make chaos` is the long one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

RUN = Path(__file__).with_name("run.py")

SEED = "2026"
"""The same faults each time, as far as the machine allows; `make chaos` draws a fresh seed."""

PATIENCE = 180.0
"""A run ends by itself long before."""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals belong to POSIX")


@pytest.mark.parametrize(
    ("backend", "pool", "minutes"),
    [
        ("sqlite", "thread", "0.25"),
        ("sqlite", "process", "0.25"),
        ("file", "thread", "0.25"),
        ("memory", "thread", "0.1"),
    ],
)
def test_no_job_is_lost_or_repeated_without_a_cause(
    backend: str, pool: str, minutes: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = subprocess.run(
        [sys.executable, RUN, "--backend", backend, "--pool", pool, "--minutes", minutes, "--seed", SEED, "--brief"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )

    with capsys.disabled():
        print(f"\n{ran.stdout.rstrip()}")
    assert ran.returncode == 0, ran.stdout + ran.stderr
