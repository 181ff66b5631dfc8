"""The names that Nuvom 0.11 showed its users: each works, or UPGRADING.md says what stands in its place."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from harness import Nuvom
from names_of_0_11 import COMMANDS, DIFFERS, GONE, SETTINGS, TASK_OPTIONS, WORKS
from nuvom.config import get_settings
from nuvom.task import task

UPGRADING = Path(__file__).parents[2] / "UPGRADING.md"

ROWS = re.findall(r"^\| (.+?) \| (.+?) \|$", UPGRADING.read_text(encoding="utf-8"), flags=re.MULTILINE)

REPLACED = {name for old, _ in ROWS for name in re.findall(r"`([^`]+)`", old)}
"""What stands on the left of a table there."""


def _found(name: str) -> Any:
    """What is there by this name; raises `LookupError` if nothing is."""
    parts = name.split(".")
    value: Any = import_module(parts[0])
    for count, part in enumerate(parts[1:], start=2):
        try:
            value = import_module(".".join(parts[:count]))
        except ModuleNotFoundError:
            if not hasattr(value, part):
                raise LookupError(name) from None
            value = getattr(value, part)
    return value


@pytest.mark.parametrize(("name", "parameters"), WORKS.items())
def test_a_name_of_0_11_works_and_takes_the_parameters_that_it_took(name: str, parameters: tuple[str, ...]) -> None:
    found = _found(name)

    taken = set(inspect.signature(found).parameters) if parameters else set()
    assert set(parameters) <= taken


@pytest.mark.parametrize("name", GONE)
def test_a_name_of_0_11_that_is_gone_stands_in_upgrading_with_what_replaces_it(name: str) -> None:
    with pytest.raises(LookupError):
        _found(name)

    parts = name.split(".")
    holders = {".".join(parts[:count]) for count in range(2, len(parts) + 1)}
    assert holders & REPLACED


@pytest.mark.parametrize("form", DIFFERS)
def test_a_form_of_0_11_that_is_gone_stands_in_upgrading_with_what_replaces_it(form: str) -> None:
    assert form in REPLACED


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(("option", "value"), TASK_OPTIONS.items())
def test_an_option_of_0_11_is_taken(option: str, value: Any) -> None:
    @task(**{option: value})
    def add(x: int, y: int) -> int:
        return x + y

    assert add.options[option] == value


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("setting", SETTINGS)
def test_a_setting_of_0_11_is_read(setting: str) -> None:
    assert setting in get_settings()


@pytest.mark.parametrize(("line", "flags"), COMMANDS.items())
def test_a_command_of_0_11_takes_the_flags_that_it_took(command: Nuvom, line: str, flags: tuple[str, ...]) -> None:
    ran = command.run(*line.split(), "--help")

    assert ran.returncode == 0
    assert set(flags) <= set(re.findall(r"(?<![\w-])--?[\w-]+", ran.stdout))
