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


def test_importing_the_package_opens_no_store(tmp_path: Path) -> None:
    folder = str(Path(nuvom.__file__).parent.parent)
    code = f"import sys; sys.path.insert(0, {folder!r}); import nuvom"

    subprocess.run([sys.executable, "-I", "-S", "-c", code], cwd=tmp_path, timeout=30, check=True)

    assert list(tmp_path.iterdir()) == []
