"""The judge of discovery: what it must find in a project, worked out with Python's own `ast`, slowly and plainly.

It shares no code and no idea with the Rust crate. It reads every file twice: first to learn what the modules give
each other, then to find tasks.
"""

from __future__ import annotations

import ast
import sys
import tokenize
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from reference_findings import Findings
from reference_flow import Flow, OutsideBindings
from reference_imports import Exports
from reference_modules import Project
from reference_values import Names


@dataclass(frozen=True, order=True)
class Task:
    """A task that a worker can import and run."""

    file: str
    line: int
    """Of the `def`."""
    name: str
    module: str
    function: str
    is_async: bool


@dataclass(frozen=True, order=True)
class Refusal:
    """A place that asks to be a task and cannot, or a file that hides what it holds."""

    file: str
    line: int
    """0 where the whole file is meant."""
    why: str


@dataclass(frozen=True)
class Judgement:
    """What discovery must find."""

    tasks: tuple[Task, ...]
    refused: tuple[Refusal, ...]


def judge(root: Path) -> Judgement:
    """Reads a project."""
    project = Project(root.resolve())
    tasks: list[Task] = []
    refused: list[Refusal] = []
    taken: set[str] = set()
    with _deep_recursion():
        exports = _exports(project)
        for file in project.files:
            shown = project.shown(file)
            tree = _parsed(file)
            if tree is None:
                refused.append(Refusal(shown, 0, "syntax error"))
                continue
            findings = _walked(project, file, tree, exports).findings
            refused += [Refusal(shown, line, why) for line, why in findings.refused]
            _claim(project, file, findings, taken, tasks, refused)
    return Judgement(tuple(sorted(tasks)), tuple(sorted(refused)))


def _claim(
    project: Project, file: Path, findings: Findings, taken: set[str], tasks: list[Task], refused: list[Refusal]
) -> None:
    """Gives each name to its first task."""
    shown, module = project.shown(file), project.importable_name(file)
    found = findings.tasks()
    if module is None and found:
        refused.append(Refusal(shown, 0, "bad module name"))
        return
    for task in found:
        if task.name in taken:
            refused.append(Refusal(shown, task.line, "duplicate"))
        else:
            taken.add(task.name)
            tasks.append(Task(shown, task.line, task.name, module or "", task.function, task.is_async))


def _exports(project: Project) -> Exports:
    """The names of all modules at their ends. Modules import each other, even in cycles, so those whose sources
    changed are walked again until nothing changes.
    """
    trees: dict[Path, ast.Module] = {}
    for file in project.files:
        tree = _parsed(file)
        if tree is None:
            project.broken.add(file)
        else:
            trees[file] = _without_functions(tree)
    exports: dict[Path, Names] = {}
    sources: dict[Path, set[Path]] = {}
    waiting = set(trees)
    # A chain of stars settles one module a round; a cycle of them may not settle, and then no answer is the right one.
    for _ in range(len(trees) + 2):
        changed = set()
        for file in sorted(waiting):
            flow = _walked(project, file, trees[file], exports)
            module = flow.module
            names = {name: module.read(name) for name in module.now.keys() | module.outside.keys()}
            sources[file] = flow.imports.asked
            if exports.get(file) != names:
                exports[file] = names
                changed.add(file)
        waiting = {file for file in trees if sources[file] & changed}
        if not waiting:
            break
    return exports


def _walked(project: Project, file: Path, tree: ast.Module, exports: Exports) -> Flow:
    """Walks until it is known what functions bind outside of themselves."""
    outside: OutsideBindings = {}
    while True:
        before = {key: dict(names) for key, names in outside.items()}
        flow = Flow(project, file, exports, outside)
        flow.walk(tree)
        if {key: dict(names) for key, names in outside.items() if names} == {k: n for k, n in before.items() if n}:
            return flow


def _parsed(file: Path) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # `compile` lets bytes pass that are no text as long as they stand in comments; PEP 263 does not.
            with tokenize.open(file) as source:
                return ast.parse(source.read())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _without_functions(tree: ast.Module) -> ast.Module:
    """The tree without what says nothing about the module's names, which is most of it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            binds_outside = any(isinstance(inner, ast.Global) for inner in ast.walk(node))
            if not binds_outside:
                node.body = [ast.Pass()]
    return tree


@contextmanager
def _deep_recursion() -> Iterator[None]:
    """Long sums are deep trees."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, 20_000))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)
