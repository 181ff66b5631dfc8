"""A job says for which signature it was made: by a hash that the code object, the source and every version of Nuvom
agree on. Here it is made once more, from what `inspect` tells.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from inspect import Parameter
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import nuvom
import pytest
from nuvom import task

MARKS = {
    Parameter.POSITIONAL_ONLY: "/",
    Parameter.POSITIONAL_OR_KEYWORD: ".",
    Parameter.VAR_POSITIONAL: "*",
    Parameter.KEYWORD_ONLY: "=",
    Parameter.VAR_KEYWORD: "&",
}

FORMS = [
    "()",
    "(a)",
    "(a, b)",
    "(a, b=None)",
    "(a=0, b=0)",
    "(a, /)",
    "(a, /, b)",
    "(a, b=0, /, c=0)",
    "(a=0, /)",
    "(*args)",
    "(**kwargs)",
    "(*args, **kwargs)",
    "(a, *args)",
    "(a, b=0, *args, **kwargs)",
    "(*, a)",
    "(*, a, b=0)",
    "(*, a=0, b)",
    "(a, *args, b)",
    "(a, *args, b=0, c, **kwargs)",
    "(a, /, b, c=0, *args, y=0, z, **kwargs)",
    "(self, größe: int, when: 'str' = 'now') -> 'None'",
]


@pytest.fixture(autouse=True)
def memory(project: object) -> None:
    nuvom.configure(queue_backend="memory")


def made(form: str, begin: str = "def") -> Callable[..., Any]:
    """A function of this form, with a variable of its own, which is no parameter."""
    namespace: dict[str, Callable[..., Any]] = {}
    exec(f"{begin} f{form}:\n    own = 1\n    return own", namespace)  # noqa: S102 - of the forms above
    return namespace["f"]


def hash_of(function: Callable[..., Any]) -> str | None:
    """What a job of this function says."""
    parameters = inspect.signature(function).parameters.values()
    required = [parameter for parameter in parameters if parameter.default is Parameter.empty]
    by_position = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    args = [0 for parameter in required if parameter.kind in by_position]
    kwargs = {parameter.name: 0 for parameter in required if parameter.kind is Parameter.KEYWORD_ONLY}
    job: nuvom.Job[Any] = task(name="t")(function).delay(*args, **kwargs)
    return job.info().signature


def as_inspect_has_it(function: Callable[..., Any]) -> str:
    parameters = inspect.signature(function).parameters.values()
    told = (f"{MARKS[p.kind]}{p.name}{',' if p.default is Parameter.empty else '?'}" for p in parameters)
    return uuid5(NAMESPACE_OID, f"nuvom:signature:{''.join(told)}").hex[:16]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("begin", ["def", "async def"])
def test_the_hash_is_of_names_kinds_and_which_have_a_default(form: str, begin: str) -> None:
    function = made(form, begin)

    assert hash_of(function) == as_inspect_has_it(function)


@pytest.mark.parametrize(
    ("form", "expected"), [("()", "d5989ff2b6f757e8"), ("(a, /, b, c=1, *, d, e=2)", "2c2e79fa7f4052d3")]
)
def test_the_hash_is_the_one_that_stores_hold(form: str, expected: str) -> None:
    assert hash_of(made(form)) == expected


@pytest.mark.parametrize("other", ["(to: int, copies=1)", "(to, copies=2)", "(to, copies=1) -> 'str'"])
def test_annotations_and_the_values_of_defaults_make_no_other_signature(other: str) -> None:
    assert hash_of(made(other)) == hash_of(made("(to: str, copies: int = 1)"))


def test_with_options_the_signature_stays() -> None:
    send = task(name="t")(made("(a, b=0)"))

    assert send.with_options(queue="slow").delay(1).info().signature == send.delay(1).info().signature


def with_own_signature(a: int) -> None: ...


with_own_signature.__signature__ = inspect.signature(with_own_signature)  # type: ignore[attr-defined]  # as some set it


class Holder:
    def method(self, a: int) -> None: ...


@pytest.mark.parametrize(
    "function",
    [
        functools.wraps(made("(a)"))(lambda *args: None),
        Holder().method,
        with_own_signature,
    ],
    ids=["wrapped", "method", "with a signature of its own"],
)
def test_what_only_inspect_can_tell_has_no_hash(function: Callable[..., Any]) -> None:
    assert hash_of(function) is None
