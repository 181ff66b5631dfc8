"""What mypy and pyright say of the public face."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
GOOD, BAD = HERE / "good_calls.py", HERE / "bad_calls.py"
SETTINGS = HERE.parents[1] / "pyproject.toml"

Check = Callable[[Path], dict[int, str]]
"""Runs a type checker over a file; answers its errors by line."""


def mypy(path: Path) -> dict[int, str]:
    ran = run("mypy", "--strict", "--config-file", str(SETTINGS), "--no-error-summary", "--output", "json", str(path))
    found = [json.loads(line) for line in ran.splitlines()]
    return {error["line"]: error["message"] for error in found if error["severity"] == "error"}


def pyright(path: Path) -> dict[int, str]:
    found = json.loads(run("pyright", "--outputjson", "--pythonpath", sys.executable, str(path)))
    assert found["summary"]["filesAnalyzed"] == 1
    return {
        error["range"]["start"]["line"] + 1: error["message"]
        for error in found["generalDiagnostics"]
        if error["severity"] == "error"
    }


def run(tool: str, *arguments: str) -> str:
    """What a tool writes; it ends with 1 when it finds something, and with more when it could not look."""
    ran = subprocess.run(
        [sys.executable, "-m", tool, *arguments],
        cwd=SETTINGS.parent,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert ran.returncode in (0, 1), ran.stdout + ran.stderr
    return ran.stdout


both = pytest.mark.parametrize("check", [mypy, pyright])


@both
def test_right_calls_have_no_error(check: Check) -> None:
    assert check(GOOD) == {}


@both
def test_wrong_calls_have_an_error_each_and_no_other_line_has(check: Check) -> None:
    lines = BAD.read_text(encoding="utf-8").splitlines()
    marked = [number for number, line in enumerate(lines, 1) if re.search(r"# error: \w", line)]

    found = check(BAD)

    assert sorted(found) == marked, found
