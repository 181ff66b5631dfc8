"""`import nuvom` brings nothing slow with it: it is on the way of every command."""

from __future__ import annotations

import subprocess
import sys
from ast import literal_eval
from pathlib import Path

import nuvom
import pytest

SLOW = ["typing", "dataclasses", "asyncio", "inspect", "logging", "re", "json", "pathlib", "datetime", "subprocess"]

# Without -S, what `site` imports for this machine would be there already.
PROBE = """
import sys
sys.path.insert(0, {folder!r})
before = set(sys.modules)
{code}
print(sorted(set(sys.modules) - before))
"""


def imported_by(code: str) -> set[str]:
    """The modules that this code brings into a bare interpreter."""
    folder = str(Path(nuvom.__file__).parent.parent)
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-c", PROBE.format(folder=folder, code=code)],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    return set(literal_eval(ran.stdout))


@pytest.mark.parametrize("module", SLOW)
def test_importing_the_package_does_not_import(module: str) -> None:
    assert module not in imported_by("import nuvom")


def test_a_module_of_tasks_does_not_import_more_than_the_package_needs() -> None:
    added = imported_by("import nuvom\n@nuvom.task(retries=2)\ndef add(x: int) -> int: return x")

    assert added.isdisjoint(SLOW)


def test_the_package_is_itself_imported_by_the_probe() -> None:
    assert {"nuvom", "nuvom._nuvom", "nuvom.task"} <= imported_by("import nuvom")


LATER = """
import os, sys
sys.path.insert(0, {folder!r})
import nuvom, nuvom.config, nuvom.sdk, nuvom.worker

@nuvom.task
def add(x: int) -> int: return x

with open(".env", "w") as dotenv: dotenv.write("NUVOM_LEASE_SECS=12")
os.environ["NUVOM_BATCH_SIZE"] = "13"
with open("pyproject.toml", "w") as pyproject: pyproject.write("tool.nuvom.max_workers = 14")
settings = {{name: (value, origin) for name, value, origin in nuvom._nuvom.settings()}}
print([settings[name] for name in ("NUVOM_LEASE_SECS", "NUVOM_BATCH_SIZE", "NUVOM_MAX_WORKERS")])
"""


def test_importing_the_package_and_defining_a_task_reads_no_setting(tmp_path: Path) -> None:
    folder = str(Path(nuvom.__file__).parent.parent)
    # None of this could be used, and all of it is another when a setting is first needed.
    (tmp_path / ".env").write_text("NUVOM_LEASE_SECS=none", encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text("this is no TOML", encoding="utf-8")

    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-c", LATER.format(folder=folder)],
        cwd=tmp_path,
        env={"NUVOM_BATCH_SIZE": "none"},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )

    assert literal_eval(ran.stdout) == [("12", ".env"), ("13", "environment"), ("14", "pyproject.toml")]
    assert ran.stderr == ""


def test_importing_the_package_opens_no_store(tmp_path: Path) -> None:
    folder = str(Path(nuvom.__file__).parent.parent)
    code = f"import sys; sys.path.insert(0, {folder!r}); import nuvom"

    subprocess.run([sys.executable, "-I", "-S", "-c", code], cwd=tmp_path, timeout=30, check=True)

    assert list(tmp_path.iterdir()) == []
