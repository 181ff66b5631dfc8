"""The files of examples/production: what they call exists, and what they say about time fits the worker."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import signal
import subprocess
import sysconfig
from configparser import RawConfigParser
from pathlib import Path

import pytest
from harness import Nuvom

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "production"
UNIT = EXAMPLE / "nuvom-worker@.service"
GUIDE = (ROOT / "docs/guides/production.md").read_text(encoding="utf-8")
NUVOM = shutil.which("nuvom", path=sysconfig.get_path("scripts"))
TASKS = "from nuvom import task\n\n\n@task\ndef report(day: str) -> str:\n    return day\n"

CLEANING_UP = 3
"""Seconds in which interrupted tasks clean up after the grace of a stop."""
PLUGINS = 5
"""Seconds that plugins have to stop."""


def unit() -> RawConfigParser:
    parser = RawConfigParser(strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # systemd tells Type from type
    parser.read_string(UNIT.read_text(encoding="utf-8"))
    return parser


def lists_of(key: str) -> list[list[str]]:
    """The values of a key of compose.yaml that are written as JSON."""
    text = (EXAMPLE / "compose.yaml").read_text(encoding="utf-8")
    return [json.loads(value) for value in re.findall(rf"^ +{key}: (\[\".*\])$", text, re.MULTILINE)]


def instructions(word: str) -> list[str]:
    text = (EXAMPLE / "Dockerfile").read_text(encoding="utf-8")
    return re.findall(rf"^{word} (.*)$", text, re.MULTILINE)


@pytest.mark.parametrize("path", sorted(EXAMPLE.iterdir()), ids=lambda path: path.name)
def test_the_guide_shows_the_file_as_it_is(path: Path) -> None:
    assert path.read_text(encoding="utf-8") in GUIDE


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    assert NUVOM is not None
    copy = tmp_path / "nuvom-worker@0.service"
    copy.write_text(UNIT.read_text(encoding="utf-8").replace("/srv/app/.venv/bin/nuvom", NUVOM), encoding="utf-8")

    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(copy)],
        capture_output=True,
        text=True,
        check=False,
    )

    # It also looks at units of the machine, which are none of ours.
    complaints = [line for line in verified.stderr.splitlines() if copy.name in line]
    assert (complaints, verified.returncode) == ([], 0), verified.stderr


def test_every_option_of_the_worker_exists(command: Nuvom) -> None:
    called = [shlex.split(unit()["Service"]["ExecStart"]), *map(json.loads, instructions("CMD"))]
    told = command.run("runworker", "--help").stdout

    options = {word for words in called for word in words if word.startswith("--")}

    assert options != set()
    assert options - set(re.findall(r"--[a-z-]+", told)) == set()


def test_the_supervisor_waits_longer_than_a_stop_takes(command: Nuvom) -> None:
    settings = {row["name"]: row["value"] for row in json.loads(command.run("config", "--json").stdout)}
    needed = float(settings["NUVOM_STOP_GRACE_SECS"]) + CLEANING_UP + PLUGINS
    compose = (EXAMPLE / "compose.yaml").read_text(encoding="utf-8")

    waits = [unit()["Service"]["TimeoutStopSec"], *re.findall(r"stop_grace_period: (\d+)s", compose)]

    assert len(waits) == 2
    assert all(float(wait) > needed for wait in waits)


def test_the_image_is_made_and_its_worker_stops_in_order(command: Nuvom) -> None:
    command.write("tasks.py", TASKS)
    manifest = command.project / "manifest.json"
    settings = dict(instruction.split("=", 1) for instruction in instructions("ENV"))
    assert settings == {"NUVOM_MANIFEST_PATH": "/srv/app/manifest.json"}

    made = [
        command.run(*shlex.split(run)[1:], manifest_path=str(manifest))
        for run in instructions("RUN")
        if run.startswith("nuvom ")
    ]
    [[program, what, *options]] = map(json.loads, instructions("CMD"))
    worker = command.start_worker(*options, manifest_path=str(manifest))
    worker.wait_until_it_serves()
    worker.signal(signal.SIGTERM)

    assert [step.returncode for step in made] == [0, 0], made
    assert (program, what, manifest.exists()) == ("nuvom", "runworker", True)
    assert worker.exit_code() == 0


def test_every_command_of_compose_exists(command: Nuvom) -> None:
    called = [words for words in lists_of("command") if words[0] == "nuvom"]

    assert called != []
    assert [command.run(*words[1:], "--help").returncode for words in called] == [0] * len(called)


def test_the_health_check_of_compose_is_a_program(command: Nuvom) -> None:
    [[how, interpreter, option, program]] = lists_of("test")

    assert (how, interpreter, option) == ("CMD", "python", "-c")
    assert "ConnectionRefusedError" in command.python(program.replace(":9150", ":1")).stderr
