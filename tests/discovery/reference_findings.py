"""What stands in one file: tasks, and places that are refused."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from reference_scopes import Function
from reference_values import Configured

Branch = tuple[tuple[ast.AST, int], ...]
"""The statements with branches around a place, and which of its branches it is in, from the outside inwards."""


class Place(Enum):
    """Where a function stands; the value is why it is refused there."""

    MODULE = ""
    LOOP = "loop"
    CLASS = "method"
    FUNCTION = "nested"

    def in_loop(self) -> Place:
        return Place.LOOP if self is Place.MODULE else self


@dataclass(frozen=True)
class FoundInFile:
    """A task, still without the name of its module."""

    name: str
    function: str
    line: int
    is_async: bool
    branch: Branch


class Findings:
    """Collects; a place that is walked twice, as in a loop, counts once."""

    def __init__(self) -> None:
        self._tasks: dict[ast.AST, FoundInFile] = {}
        self.refused: dict[tuple[int, str], None] = {}

    def function(self, node: Function, options: Configured, place: Place, branch: Branch) -> None:
        """Notes a function with Nuvom's decorator."""
        if place is not Place.MODULE:
            self.refuse(node.lineno, place.value)
        elif _yields(node.body):
            self.refuse(node.lineno, "generator")
        elif options.computed:
            self.refuse(node.lineno, "computed name")
        else:
            is_async = isinstance(node, ast.AsyncFunctionDef)
            found = FoundInFile(options.name or node.name, node.name, node.lineno, is_async, branch)
            self._tasks.setdefault(node, found)

    def refuse(self, line: int, why: str) -> None:
        self.refused[line, why] = None

    def tasks(self) -> list[FoundInFile]:
        """The tasks by line. Of the same function in branches that exclude each other only the first counts."""
        kept: list[FoundInFile] = []
        by_line = sorted(self._tasks.values(), key=lambda task: task.line)
        for number, task in enumerate(by_line):
            if not any(_is_same(task, other) for other in by_line[:number]):
                kept.append(task)
        return kept


def _is_same(task: FoundInFile, other: FoundInFile) -> bool:
    alike = (task.name, task.function) == (other.name, other.function)
    return alike and any(
        node is other_node and number != other_number
        for (node, number), (other_node, other_number) in zip(task.branch, other.branch, strict=False)
    )


def _yields(nodes: Iterable[ast.AST]) -> bool:
    """Whether a function's own body yields, and not only what is defined in it."""
    for node in nodes:
        match node:
            case ast.Yield() | ast.YieldFrom():
                return True
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                inside: list[ast.AST] = [*node.decorator_list, node.args]
            case ast.ClassDef():
                inside = [*node.decorator_list, *node.bases, *node.keywords]
            case ast.Lambda():
                inside = [node.args]
            case _:
                inside = list(ast.iter_child_nodes(node))
        if _yields(inside):
            return True
    return False
