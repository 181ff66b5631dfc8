"""The options of `@task`: one row each, from which checking and its messages are made."""

from __future__ import annotations

from nuvom.errors import InvalidOption

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Check = Callable[[Any], bool]


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 1_000_000


def _is_seconds(value: Any) -> bool:
    # A NaN fails both comparisons.
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 10**9


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= 200 and value.isprintable()


def _is_names(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(_is_name(item) for item in value)


def _is_exceptions(value: Any) -> bool:
    classes = value if isinstance(value, tuple) else (value,)
    return all(isinstance(item, type) and issubclass(item, BaseException) for item in classes)


def _is_priority(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 9


def _one_of(*words: str) -> Check:
    return lambda value: value in words


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


_OPTIONS: dict[str, tuple[Check, str]] = {
    "name": (_is_name, "a name of 1 to 200 printable characters"),
    "retries": (_is_count, "a whole number, 0 or more"),
    "retry_delay_secs": (_is_seconds, "seconds, 0 or more"),
    "retry_backoff": (_one_of("constant", "exponential"), "'constant' or 'exponential'"),
    "retry_on": (_is_exceptions, "an exception class or a tuple of them"),
    "timeout_secs": (_is_seconds, "seconds; 0 means no limit"),
    "timeout_policy": (_one_of("fail", "retry", "ignore"), "'fail', 'retry' or 'ignore'"),
    "store_result": (_is_flag, "True or False"),
    "queue": (_is_name, "a name of 1 to 200 printable characters"),
    "priority": (_is_priority, "a whole number from 0 (first) to 9 (last)"),
    "on_lost": (_one_of("retry", "fail"), "'retry' or 'fail'"),
    "run_in": (_one_of("thread", "process"), "'thread' or 'process'"),
    "schedule": (lambda value: hasattr(value, "plan"), "every(…) or cron(…)"),
    "tags": (_is_names, "a list of words"),
    "description": (_is_text, "text"),
    "category": (_is_text, "text"),
    "aliases": (_is_names, "a list of names"),
    "before_job": (callable, "a function without parameters"),
    "after_job": (callable, "a function of the result"),
    "on_error": (callable, "a function of the exception"),
}

# What `with_options` takes besides: they belong to a job, not to a task.
_JOB_OPTIONS: dict[str, tuple[Check, str]] = {
    "in_": (_is_seconds, "seconds from now, 0 or more"),
    "at": (lambda value: hasattr(value, "timestamp"), "a datetime"),
}

START = frozenset({"in_", "at"})
"""The two ways to name a start."""

# What a job made by `with_options` cannot change: the worker looks these up by the task's name.
_TASK_ONLY = frozenset(
    {
        "name",
        "aliases",
        "retry_on",
        "before_job",
        "after_job",
        "on_error",
        "description",
        "category",
        "run_in",
        "schedule",
    }
)


def check_task_options(options: dict[str, Any]) -> dict[str, Any]:
    """The options, without those that are `None`; raises `InvalidOption` for one that is unknown or wrong."""
    return _check("@task", options, _OPTIONS)


def check_job_options(options: dict[str, Any]) -> dict[str, Any]:
    """The same for `with_options`."""
    known = {name: row for name, row in _OPTIONS.items() if name not in _TASK_ONLY} | _JOB_OPTIONS
    checked = _check("with_options", options, known)
    if checked.keys() >= START:
        raise InvalidOption("with_options takes in_ or at, not both")
    return checked


def _check(where: str, options: dict[str, Any], known: dict[str, tuple[Check, str]]) -> dict[str, Any]:
    checked = {}
    for name, value in options.items():
        if name not in known:
            raise InvalidOption(f"{where} has no option {name!r}{_nearest(name, known)}")
        if value is None:
            continue
        check, expected = known[name]
        if not check(value):
            raise InvalidOption(f"{where}({name}={value!r}): expected {expected}")
        checked[name] = value
    return checked


def _nearest(name: str, known: dict[str, tuple[Check, str]]) -> str:
    # Only a mistake needs it.
    from difflib import get_close_matches

    nearest = get_close_matches(name, known, n=1)
    return f"; did you mean {nearest[0]!r}?" if nearest else f". It knows: {', '.join(sorted(known))}"
