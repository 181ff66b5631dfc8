"""What `nuvom check` says of options in source is what `@task` and `with_options` say of them when they run."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from nuvom._options import _JOB_OPTIONS, _OPTIONS, check_job_options, check_task_options
from nuvom.errors import InvalidOption

LITERALS = [
    "None", "True", "False", "...",
    "0", "-0", "+1", "1", "-1", "2", "9", "10", "1_000_000", "1_000_001", "0x10", "999_999_999", "1_000_000_000",
    "1_000_000_001", "10_000_000_000_000_000_000_000", "-10_000_000_000_000_000_000_000", "0xFFFF_FFFF_FFFF_FFFF_FFFF",
    "0.0", "-0.0", "1.0", "1.5", "-0.5", "5e-324", "-5e-324", "1e9", "1000000000.5", "1e10", "1e400", "-1e400", "1j",
    "''", "' '", "'a'", "'a' 'b'", "r'\\d'", "'" + "x" * 200 + "'", "'" + "x" * 201 + "'", "'" + "ß" * 200 + "'",
    "'" + "🐍" * 201 + "'", "'a b'", "'a\\nb'", "'\\t'", "'\\0'", "'\\x1b[31m'", "'\\x7f'", "'\\x85'", "'é'",
    "'e\\u0301'", "'\\u0301'", "'任务'", "'\\xa0'", "'\\u3000'", "'\\xad'", "'\\u200b'", "'\\u200d'", "'\\u202e'",
    "'\\u2028'", "'\\u2029'", "'\\ufeff'", "'\\ue000'", "'\\ufff9'", "'\\U000e0001'", "'\\U0010ffff'",
    "'\\ufffd'", "'\\ud800'",
    "'\\\\'", "'\"'", '"\'"', "'''a\\\nb'''",
    "'constant'", "'exponential'", "'fail'", "'retry'", "'ignore'", "'thread'", "'process'", "'Fail'", "'fail '",
    "b''", "b'x'", "b'fail'",
    "[]", "['a']", "['a', 'b']", "[1]", "['a', 1]", "['']", "['a\\nb']", "[None]", "[True]", "[['a']]", "[b'a']",
    "['fail']", "[" + "'a', " * 201 + "]",
    "()", "('a',)", "('a', 'b')", "(1,)", "(None,)", "('',)", "((),)", "([],)", "('fail',)",
    "{}", "{'a'}", "{'a': 'b'}", "{1: 2}", "{1}",
]  # fmt: skip
"""What can be written down as a value. Of text: all sorts of letters that a name may not have."""

UNSEEN: dict[str, str] = {
    "...": "nobody writes it as a value, and it stands for what is still to be written",
    "'\\ud800'": "half of a pair has no place in the text that the reader keeps",
}
"""Literals that are refused when they run, and of which the check says nothing, each with the reason."""

REFUSED = {"NUV101", "NUV102"}
REFUSED_AS_NAME = REFUSED | {"NUV003"}
"""Without a name that is a text there is no task, and that is what discovery says."""

Case = tuple[str, str]
"""An option, and the source of its value."""

OPTIONS = [*_OPTIONS, *_JOB_OPTIONS, "retriess", "unknown"]
CASES: list[Case] = [(option, literal) for option in OPTIONS for literal in LITERALS]


@pytest.fixture
def told(tmp_path: Path) -> Callable[[str], dict[Case, set[str]]]:
    """Checks a project in which every case is written in this form; answers the codes that are told of each."""

    def check(form: str) -> dict[Case, set[str]]:
        lines = ["from nuvom import task", "", "@task", "def base(): ...", ""]
        case_at: dict[int, Case] = {}
        for number, (option, literal) in enumerate(CASES):
            written = form.format(option=option, literal=literal, number=number).splitlines()
            case_at |= dict.fromkeys(range(len(lines) + 1, len(lines) + 1 + len(written)), (option, literal))
            lines += written
        (tmp_path / "tasks.py").write_text("\n".join(lines) + "\n", encoding="utf-8")

        codes: dict[Case, set[str]] = {case: set() for case in CASES}
        for finding in _findings(tmp_path):
            codes[case_at[finding["line"]]].add(finding["code"])
        return codes

    return check


def test_the_check_and_a_task_refuse_the_same_literals(told: Callable[[str], dict[Case, set[str]]]) -> None:
    codes = told("@task({option}={literal})\ndef task_{number}(): ...")

    assert list(_contradictions(codes, check_task_options)) == []


def test_the_check_and_with_options_refuse_the_same_literals(told: Callable[[str], dict[Case, set[str]]]) -> None:
    codes = told("base.with_options({option}={literal})")

    assert list(_contradictions(codes, check_job_options)) == []


@pytest.mark.parametrize(
    "starts", ["in_=1, at=1", "in_=1, at=None", "in_=None, at=None", "in_=-1, at=None", "in_=None, at='now'"]
)
def test_the_check_and_with_options_agree_on_two_starts(starts: str, tmp_path: Path) -> None:
    text = f"from nuvom import task\n\n@task\ndef base(): ...\n\nbase.with_options({starts})\n"
    (tmp_path / "tasks.py").write_text(text, encoding="utf-8")
    given = {name: ast.literal_eval(value) for name, value in (part.split("=") for part in starts.split(", "))}

    assert bool(_findings(tmp_path)) == _is_refused(check_job_options, given)


@pytest.mark.parametrize("literal", UNSEEN)
def test_an_excuse_is_needed(literal: str, told: Callable[[str], dict[Case, set[str]]]) -> None:
    codes = told("base.with_options({option}={literal})")
    refused = {option for option in OPTIONS if _is_refused(check_job_options, {option: ast.literal_eval(literal)})}

    assert any(not codes[option, literal] & REFUSED for option in refused)


def _contradictions(codes: dict[Case, set[str]], runs: Callable[[dict[str, Any]], object]) -> Iterator[str]:
    for (option, literal), said in codes.items():
        refused = _is_refused(runs, {option: ast.literal_eval(literal)})
        is_told = bool(said & (REFUSED_AS_NAME if option == "name" else REFUSED))
        if is_told and not refused:
            yield f"{option}={literal} runs, and the check says {sorted(said)}"
        if refused and not is_told and literal not in UNSEEN:
            yield f"{option}={literal} is refused, and the check says {sorted(said) or 'nothing'}"


def _is_refused(check: Callable[[dict[str, Any]], object], options: dict[str, Any]) -> bool:
    try:
        check(options)
    except InvalidOption:
        return True
    return False


def _findings(project: Path) -> list[dict[str, Any]]:
    ran = subprocess.run(
        [sys.executable, "-m", "nuvom", "check", "--format", "json"],
        cwd=project,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert ran.returncode in {0, 1}, ran.stderr
    findings: list[dict[str, Any]] = json.loads(ran.stdout)["findings"]
    return findings
