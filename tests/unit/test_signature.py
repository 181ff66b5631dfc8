"""Whether a call fits is told as Python itself tells it, for every shape of function and of call.

The calls are made to tell: `inspect` of Python 3.11 refuses some that Python accepts, such as `f(a=1)` of
`f(a=0, /, **more)`.
"""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Callable
from typing import Any

import nuvom
import pytest
from nuvom import task
from nuvom.errors import BadArguments


def wrapped(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def around(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return around


class Holder:
    def method(self, a: int, b: int = 0) -> None: ...


def with_own_signature(*args: Any) -> None: ...


with_own_signature.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # what `inspect` looks for
    [inspect.Parameter("a", inspect.Parameter.POSITIONAL_ONLY)]
)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "()": lambda: None,
    "(a)": lambda a: None,
    "(a, b)": lambda a, b: None,
    "(a, b=)": lambda a, b=0: None,
    "(a=, b=)": lambda a=0, b=0: None,
    "(a, /)": lambda a, /: None,
    "(a, /, b)": lambda a, /, b: None,
    "(a, b=, /, c=)": lambda a, b=0, /, c=0: None,
    "(*args)": lambda *args: None,
    "(a, *args)": lambda a, *args: None,
    "(**more)": lambda **more: None,
    "(a, **more)": lambda a, **more: None,
    "(a, /, **more)": lambda a, /, **more: None,
    "(a=, /, **more)": lambda a=0, /, **more: None,
    "(*, a)": lambda *, a: None,
    "(*, a, b=)": lambda *, a, b=0: None,
    "(a, *, b)": lambda a, *, b: None,
    "(a, *args, b)": lambda a, *args, b: None,
    "(a, *args, b=, **more)": lambda a, *args, b=0, **more: None,
    "(a, /, b, c=, *args, z, **more)": lambda a, /, b, c=0, *args, z, **more: None,
    "(self)": lambda self: None,
    "(args, kwargs=)": lambda args, kwargs=0: None,
    "wrapped (a, b=)": wrapped(lambda a, b=0: None),
    "bound method (a, b=)": Holder().method,
}

NAMES = ("a", "b", "c", "z", "self")
CALLS = [
    ((0,) * given, dict.fromkeys(names, 1))
    for given in range(5)
    for count in range(4)
    for names in itertools.combinations(NAMES, count)
]


@pytest.fixture(autouse=True)
def memory(project: object) -> None:
    nuvom.configure(queue_backend="memory")


@pytest.mark.parametrize("shape", FUNCTIONS)
def test_a_call_is_accepted_exactly_when_python_accepts_it(shape: str) -> None:
    function = FUNCTIONS[shape]
    made = task(name="t")(function)

    accepted = [accepts(made, args, kwargs) for args, kwargs in CALLS]

    assert accepted == [fits(function, args, kwargs) for args, kwargs in CALLS]
    assert True in accepted


def accepts(made: nuvom.Task[..., Any], args: tuple[int, ...], kwargs: dict[str, int]) -> bool:
    try:
        made.delay(*args, **kwargs)
    except BadArguments:
        return False
    return True


def fits(function: Callable[..., Any], args: tuple[int, ...], kwargs: dict[str, int]) -> bool:
    """None of the functions does anything, so a `TypeError` can only be about the call."""
    try:
        function(*args, **kwargs)
    except TypeError:
        return False
    return True


def test_a_function_with_a_signature_of_its_own_is_held_to_that() -> None:
    made = task(name="t")(with_own_signature)

    made.delay(1)
    with pytest.raises(BadArguments, match=r"task t\(a, /\) cannot be called so"):
        made.delay(1, 2)


@pytest.mark.parametrize(
    ("args", "kwargs", "told"),
    [
        ((), {}, "missing a required argument: 'a'"),
        ((1, 2, 3), {}, "too many positional arguments"),
        ((1,), {"a": 2}, "multiple values for argument 'a'"),
        ((1,), {"z": 2}, "got an unexpected keyword argument 'z'"),
    ],
)
def test_a_call_that_does_not_fit_is_told_with_the_signature(
    args: tuple[int, ...], kwargs: dict[str, int], told: str
) -> None:
    made = task(name="mail.send")(lambda a, b=0: None)

    with pytest.raises(BadArguments) as refused:
        made.delay(*args, **kwargs)

    assert str(refused.value) == f"task mail.send(a, b=0) cannot be called so: {told}"
    assert isinstance(refused.value, TypeError)
