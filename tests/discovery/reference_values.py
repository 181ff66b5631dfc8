"""What a name may stand for, as far as Nuvom's decorator is concerned.

A name has several values where it is bound in one way here and in another there: what any branch binds to Nuvom
may be Nuvom's.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path


class Plain(Enum):
    """What needs no more than to be told apart."""

    UNBOUND = "no value here"
    OTHER = "something that is not Nuvom's"


@dataclass(frozen=True)
class FromNuvom:
    """Nuvom itself, or something in it, by its full path."""

    path: str


@dataclass(frozen=True)
class Configured:
    """The decorator with its options: `task(queue="fast")`."""

    name: str | None = None
    """The task's name, where the options give one."""
    computed: bool = False
    """Whether they give one that only running the code would tell."""


@dataclass(frozen=True)
class Module:
    """A module of the project."""

    file: Path | None
    """Nothing for a folder without `__init__.py`."""
    folders: tuple[Path, ...]
    """Where its submodules are; none for a module that is no package."""


@dataclass(frozen=True)
class Listed:
    """A literal list of names, as `__all__` has one."""

    names: frozenset[str]


Value = Plain | FromNuvom | Configured | Module | Listed
Values = tuple[Value, ...]
Names = Mapping[str, Values]

UNBOUND: Values = (Plain.UNBOUND,)
OTHER: Values = (Plain.OTHER,)

DECORATOR = {"nuvom.task", "nuvom.task.task"}
"""The module and the decorator share a name, so both paths are it."""


def union(*ways: Iterable[Value]) -> Values:
    """Each value once, in the order of the first mention."""
    return tuple(dict.fromkeys(value for values in ways for value in values))


def joined(*ways: Names) -> dict[str, Values]:
    """The names at a point to which several ways lead."""
    names = {name: None for way in ways for name in way}
    return {name: union(*(way.get(name, UNBOUND) for way in ways)) for name in names}


def without_unbound(values: Values) -> Values:
    return tuple(value for value in values if value is not Plain.UNBOUND)


def as_decorator(values: Values) -> Configured | None:
    """The options with which a value decorates, if any of the values is Nuvom's decorator."""
    for value in values:
        if isinstance(value, Configured):
            return value
        if isinstance(value, FromNuvom) and value.path in DECORATOR:
            return Configured()
    return None


def configured_by(call: ast.Call) -> Configured:
    """The options that a call gives to the decorator."""
    for keyword in call.keywords:
        if keyword.arg == "name":
            match keyword.value:
                case ast.Constant(value=None):
                    return Configured()
                case ast.Constant(value=str(name)) if name:
                    return Configured(name)
                case _:
                    return Configured(computed=True)
    return Configured()


def literal_names(expression: ast.expr | None) -> frozenset[str] | None:
    """The texts of a literal list or tuple that holds nothing else."""
    if not isinstance(expression, ast.List | ast.Tuple):
        return None
    texts = [item.value for item in expression.elts if isinstance(item, ast.Constant) and isinstance(item.value, str)]
    return frozenset(texts) if len(texts) == len(expression.elts) else None
