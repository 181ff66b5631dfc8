"""Writes docs/reference/errors.md to standard output: the exceptions, from their docstrings, and what stands in an
attempt that none of them ended, which is read from standard input.
"""

import ast
import sys
from collections.abc import Iterator

from definitions import definition, module

NAME = "nuvom.errors"

ABOVE = """# Errors

<!-- Made by `make reference` from python/nuvom/errors.py and crates/nuvom-core/src/cause.rs. Change it there. -->

## Exceptions

All are in `nuvom.errors`, under `NuvomError`; those that most programs need are in `nuvom`, too. Where a built-in fits,
an error is also that, so `except ValueError` catches it as well.
"""

BETWEEN = """
## Raised inside a task

They end a running task from outside, under `nuvom.errors.Interruption`, which is no `Exception`: `except Exception`
lets them pass. A task may catch one to clean up, and should let it go on.
"""

BELOW = """
## Why an attempt ended

`nuvom inspect job`, `Job.info()` and `JobFailed.kind` have the class of the exception that the task raised, such as
`ValueError` or `shop.OutOfStock`. Where there was none, a word of Nuvom stands in its place:

"""


def main() -> int:
    """Writes the page."""
    sys.stdout.write(page(sys.stdin.read()))
    return 0


def page(causes: str) -> str:
    """The page as text."""
    return "".join(
        [ABOVE, *_table("NuvomError", "is also"), BETWEEN, *_table("Interruption", ""), BELOW, causes],
    )


def _table(root: str, also: str) -> Iterator[str]:
    yield f"\n| error | {also + ' | ' if also else ''}means |\n| --- |{' --- |' if also else ''} --- |\n"
    for name, bases in _under(root):
        others = ", ".join(f"`{base}`" for base in bases if base != root)
        told = " ".join(definition(NAME, name).doc.split()).replace("|", "\\|")
        yield f"| `{name}` | {others + ' | ' if also else ''}{told} |\n"


def _under(root: str) -> Iterator[tuple[str, list[str]]]:
    """The classes that stand directly under another, with all their bases."""
    for node in module(NAME).body:
        if isinstance(node, ast.ClassDef):
            bases = [ast.unparse(base) for base in node.bases]
            if root in bases:
                yield node.name, bases


if __name__ == "__main__":
    sys.exit(main())
