"""The stub of the extension module says what the module has, and the package is typed throughout."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=180, check=False
    )


def test_the_stub_agrees_with_the_module_that_was_built() -> None:
    ran = run("mypy.stubtest", "nuvom._nuvom")

    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_package_passes_strict_type_checks() -> None:
    ran = run("mypy", "--strict", "python/nuvom")

    assert ran.returncode == 0, ran.stdout + ran.stderr
