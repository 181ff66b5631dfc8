"""One task: read one Python source file and say what is in it."""

import ast
import re
import tokenize
from time import perf_counter
from typing import TypedDict

from nuvom import task


class Survey(TypedDict):
    """What is in one file."""

    path: str
    lines: int
    functions: int
    classes: int
    documented: int
    """Functions and classes with a docstring."""
    todos: int
    imports: list[str]
    """Top-level packages, each once."""
    longest: tuple[int, str]
    """The longest function: its lines and its name."""
    problem: str | None
    """Why the file is not valid Python, if it is not."""
    seconds: float


_TODO = re.compile(r"#.*\b(?:TODO|FIXME|XXX)\b")


@task(retries=1, retry_delay_secs=0.2, timeout_secs=30, tags=["survey"])
def survey(path: str) -> Survey:
    """Counts what is in a source file."""
    started = perf_counter()
    found = Survey(
        path=path,
        lines=0,
        functions=0,
        classes=0,
        documented=0,
        todos=0,
        imports=[],
        longest=(0, ""),
        problem=None,
        seconds=0.0,
    )
    try:
        with tokenize.open(path) as file:  # knows the encodings that Python knows
            text = file.read()
        found["lines"] = text.count("\n")
        found["todos"] = len(_TODO.findall(text))
        _count(ast.parse(text, path), found)
    except (SyntaxError, ValueError) as error:
        # Not a failure: the standard library ships broken files, to test its own parser with.
        found["problem"] = f"{type(error).__name__}: {error}"
    found["seconds"] = perf_counter() - started
    return found


def _count(tree: ast.Module, found: Survey) -> None:
    imports: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                found["functions"] += 1
                found["documented"] += ast.get_docstring(node, clean=False) is not None
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                found["longest"] = max(found["longest"], (lines, node.name))
            case ast.ClassDef():
                found["classes"] += 1
                found["documented"] += ast.get_docstring(node, clean=False) is not None
            case ast.Import(names=names):
                imports.update(alias.name.partition(".")[0] for alias in names)
            case ast.ImportFrom(module=str(module), level=0):
                imports.add(module.partition(".")[0])
    found["imports"] = sorted(imports)
