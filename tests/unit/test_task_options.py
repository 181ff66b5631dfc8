"""The options of `@task` are refused where they are written."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any

import pytest
from nuvom import task
from nuvom.errors import InvalidOption

pytestmark = pytest.mark.usefixtures("project")


def work() -> None:
    """Does the work."""


GOOD: dict[str, Any] = {
    "name": "mail.send",
    "retries": 3,
    "retry_delay_secs": 0.5,
    "retry_backoff": "exponential",
    "retry_on": (OSError, ValueError),
    "timeout_secs": 0,
    "timeout_policy": "ignore",
    "store_result": False,
    "queue": "mail",
    "priority": 0,
    "on_lost": "fail",
    "tags": ["a", "b"],
    "description": "",
    "category": "mail",
    "aliases": ("old",),
    "before_job": work,
    "after_job": print,
    "on_error": print,
}

WRONG: list[tuple[str, Any]] = [
    ("name", ""), ("name", 7), ("name", "x" * 201), ("name", "a\nb"), ("name", "\x1b[31m"),
    ("retries", -1), ("retries", 1.5), ("retries", True), ("retries", "3"), ("retries", 1_000_001),
    ("retry_delay_secs", -0.1), ("retry_delay_secs", float("nan")), ("retry_delay_secs", float("inf")),
    ("retry_delay_secs", "5"), ("retry_delay_secs", False),
    ("retry_backoff", "linear"), ("retry_backoff", True),
    ("retry_on", "ValueError"), ("retry_on", [ValueError]), ("retry_on", (ValueError, int)), ("retry_on", ValueError()),
    ("timeout_secs", -1), ("timeout_secs", "1"), ("timeout_secs", True),
    ("timeout_policy", "crash"), ("timeout_policy", None.__class__),
    ("store_result", 1), ("store_result", "yes"),
    ("queue", ""), ("queue", "a\0b"), ("queue", ["mail"]),
    ("priority", -1), ("priority", 10), ("priority", 5.0), ("priority", True),
    ("on_lost", "ignore"),
    ("tags", "mail"), ("tags", [1]), ("tags", [""]), ("tags", {"mail"}),
    ("description", 7), ("category", b"mail"),
    ("aliases", "old"), ("aliases", [7]),
    ("before_job", "function"), ("after_job", 7), ("on_error", [print]),
]  # fmt: skip


def test_every_option_is_accepted_and_kept() -> None:
    made = task(**GOOD)(work)

    assert made.options == GOOD
    assert made.name == "mail.send"


@pytest.mark.parametrize(("option", "value"), WRONG, ids=lambda part: repr(part)[:24])
def test_a_wrong_value_is_refused_with_what_was_expected(option: str, value: Any) -> None:
    with pytest.raises(InvalidOption) as refused:
        task(**{option: value})

    assert str(refused.value).startswith(f"@task({option}={value!r}): expected ")
    assert isinstance(refused.value, TypeError)


@pytest.mark.parametrize("option", GOOD)
def test_none_is_an_option_that_was_not_given(option: str) -> None:
    assert task(**{option: None})(work).options == {}


@pytest.mark.parametrize(
    ("written", "meant"),
    [("retires", "retries"), ("timeout", "timeout_secs"), ("Queue", "queue"), ("on_loss", "on_lost")],
)
def test_a_misspelt_option_is_refused_with_the_nearest_name(written: str, meant: str) -> None:
    with pytest.raises(InvalidOption, match=f"^@task has no option '{written}'; did you mean '{meant}'"):
        task(**{written: 1})  # type: ignore[call-overload]  # what is tested here


def test_an_option_like_no_other_is_refused_with_all_names() -> None:
    with pytest.raises(InvalidOption, match=r"It knows: after_job, aliases, .*, timeout_secs$"):
        task(xyzzy=1)  # type: ignore[call-overload]  # what is tested here


def test_options_are_refused_before_there_is_a_function() -> None:
    with pytest.raises(InvalidOption):
        task(retries="many")  # type: ignore[call-overload]  # what is tested here


def test_options_by_position_are_refused() -> None:
    with pytest.raises(InvalidOption, match="takes its options by keyword"):
        task("mail.send")  # type: ignore[call-overload]  # what is tested here


def generates() -> Iterator[int]:
    yield 1


async def generates_later() -> AsyncIterator[int]:
    yield 1


@pytest.mark.parametrize(
    "thing", [generates, generates_later, partial(print, 1)], ids=["generator", "async generator", "partial"]
)
def test_what_has_no_one_result_or_no_name_cannot_be_a_task(thing: Any) -> None:
    with pytest.raises(InvalidOption):
        task(thing)


def test_a_task_looks_like_its_function() -> None:
    made = task(work)

    assert (made.__name__, made.__doc__, made.__module__) == ("work", "Does the work.", __name__)  # type: ignore[attr-defined]  # set by update_wrapper
    assert repr(made) == f"<Task work of {__name__}.work>"
    assert made.function is work
