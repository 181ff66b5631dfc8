"""The demo runs as its README says, keeps what it promises, and leaves nothing behind."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

RUN = Path(__file__).parents[2] / "examples/stdlib_report/run.py"
FILES = 200


@pytest.fixture
def temporary(tmp_path: Path) -> dict[str, str]:
    """An environment whose temporary files can be looked at, and whose settings would lead the demo astray."""
    return {**os.environ, "TMPDIR": str(tmp_path), "NUVOM_SQLITE_PATH": str(tmp_path / "not-yours.db")}


def test_every_job_of_the_demo_is_accounted_for(temporary: dict[str, str], tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, str(RUN), "--limit", str(FILES)],
        env=temporary,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    assert f"{FILES + 1} jobs enqueued" in ran.stdout
    assert f"{FILES + 1} of {FILES + 1} files" in ran.stderr
    assert re.search(r"^State +FAILED$", ran.stdout, re.MULTILINE)
    assert "FileNotFoundError" in ran.stdout
    assert re.search(r"^\$ nuvom status \S+\nSUCCESS$", ran.stdout, re.MULTILINE)
    assert f"{FILES + 1} jobs, every one done and accounted for." in ran.stdout
    assert "2 attempts failed, none was lost." in ran.stdout
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_demo_stops_its_workers_and_leaves_nothing(temporary: dict[str, str], tmp_path: Path) -> None:
    demo = subprocess.Popen([sys.executable, str(RUN)], env=temporary, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert demo.stderr is not None
    for line in demo.stderr:
        if b" files" in line and b" of " in line:
            break

    # The demo treats it as Ctrl-C, which a shell may have set to be ignored by everything in the background.
    demo.send_signal(signal.SIGTERM)
    demo.communicate(timeout=60)

    assert demo.returncode == 130
    assert list(tmp_path.iterdir()) == []


def test_a_demo_without_files_is_refused() -> None:
    ran = subprocess.run([sys.executable, str(RUN), "--limit", "0"], capture_output=True, text=True, check=False)

    assert ran.returncode == 2
    assert "--limit is 1 or more" in ran.stderr
