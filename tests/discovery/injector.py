"""Puts tasks into real source: imports of the decorator in many spellings, and the decorator on functions wherever
they stand. What should be found is not said here: the names collide with those that the files have already, so only
a judge can tell.
"""

from __future__ import annotations

import ast
import random
import shutil
import sysconfig
import tokenize
import warnings
from dataclasses import dataclass
from pathlib import Path

LIBRARY = "library"
"""The folder with real files."""

SHARED = {
    "__init__.py": "",
    "app.py": "from nuvom import task\nimport nuvom as nv\njob = task\nfast = task(queue='fast')\n",
    "compat.py": "try:\n    from nuvom import task\nexcept ImportError:\n    from celery import task\n",
    "foreign.py": "# nuvom\nfrom celery import task\n\n\ndef job(function):\n    return function\n",
    "star.py": "from .app import *\n_task = task\n__all__ = ['job', '_task']\n",
    "cycle.py": "from nuvom import task as round\nfrom shared.circle import trip\n",
    "circle.py": "from shared import cycle\nfrom shared.cycle import round as trip\n",
    "deep/again.py": "from ..star import job as unit\nfrom .. import app, foreign\n",
}
"""Modules that hand the decorator on, or another of its name."""

RELATIVE = "_relative"
"""Where relative imports reach the decorator: at the top of the real files."""


@dataclass(frozen=True)
class Spelling:
    """One way to the decorator: what is imported, and what then decorates."""

    imports: str
    decorators: tuple[str, ...]


SPELLINGS = (
    Spelling("from nuvom import task", ("task", "task()", "task(retries=2)", "task(name={name!r})", "task(name=NAME)")),
    Spelling("from nuvom import task as job", ("job", "job(tags=['x'])", "task")),
    Spelling("import nuvom", ("nuvom.task", "nuvom.task(queue='q')", "nuvom.task(name={name!r})", "nuvom.job")),
    Spelling("import nuvom as nv", ("nv.task", "nv.task.task", "nuvom.task")),
    Spelling("import nuvom.task as nt", ("nt.task", "nt")),
    Spelling("from nuvom import *", ("task",)),
    Spelling(
        "from nuvom import task\nquick = task(queue='fast')", ("quick", "task(\n{indent}    retries=1,\n{indent})")
    ),
    Spelling("from shared.app import task", ("task", "task(name={name!r})")),
    Spelling("from shared.app import job as work, fast", ("work", "fast", "work(name={name!r})")),
    Spelling("import shared.app", ("shared.app.task", "shared.app.nv.task", "shared.task")),
    Spelling("import shared.app as sa", ("sa.job", "sa.fast", "sa.missing")),
    Spelling("from shared import app, foreign", ("app.task", "foreign.task")),
    Spelling("from shared.star import *", ("job", "_task", "task", "fast")),
    Spelling("from shared.compat import task", ("task", "task(name={name!r})")),
    Spelling("from shared.circle import trip, cycle", ("trip", "cycle.round", "cycle.trip")),
    Spelling("from shared.deep.again import unit, app", ("unit", "app.task")),
    Spelling("try:\n    from nuvom import task\nexcept ImportError:\n    task = None", ("task", "task(name={name!r})")),
    Spelling("if NAME:\n    import nuvom.task\nelse:\n    nuvom = None", ("nuvom.task",)),
    Spelling("from {dots}_relative import task, app", ("task", "app.job")),
    Spelling("from shared.foreign import task, job", ("task", "job")),
    Spelling("from celery import task", ("task",)),
    Spelling("from nuvom import task\nfrom prefect import task", ("task",)),
)


def copy_library(root: Path, most: int) -> None:
    """Copies files of Python's own library, evenly from all of it."""
    source = Path(sysconfig.get_path("stdlib"))
    left_out = {"site-packages", "test", "tests", "idlelib", "lib2to3", "__pycache__"}
    files = [file for file in sorted(source.rglob("*.py")) if not left_out & {*file.relative_to(source).parts}]
    for number in range(most):
        file = files[number * len(files) // most]
        copy = root / LIBRARY / file.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)


def inject(root: Path, seed: int, tasks: int) -> None:
    """Changes files below the library, until about so many functions have a decorator."""
    draw = random.Random(seed)  # noqa: S311 - it must be the same each time, and need not be a secret
    files = sorted((root / LIBRARY).rglob("*.py"))
    for name, text in SHARED.items():
        _write(root / "shared" / name, text)
    _write(root / LIBRARY / RELATIVE / "__init__.py", "from nuvom import task\nfrom . import app\n")
    _write(root / LIBRARY / RELATIVE / "app.py", "from nuvom import task as job\n")
    draw.shuffle(files)
    done = 0
    for file in files:
        if done >= tasks:
            return
        source = _Source.of(file)
        if source is None:
            continue
        depth = len(file.relative_to(root / LIBRARY).parts)
        decorated = source.changed(draw, "." * depth, done)
        done += decorated


@dataclass
class _Source:
    """A file that is UTF-8 and parses."""

    file: Path
    lines: list[str]
    tree: ast.Module

    @classmethod
    def of(cls, file: Path) -> _Source | None:
        with file.open("rb") as raw:
            try:
                encoding, _ = tokenize.detect_encoding(raw.readline)
                text = file.read_text(encoding="utf-8")
                tree = _parsed(text)
            except (SyntaxError, ValueError, RecursionError):
                return None
        # Python ends lines nowhere else, whatever `splitlines` thinks.
        return cls(file, text.split("\n"), tree) if encoding == "utf-8" else None

    def changed(self, draw: random.Random, dots: str, number: int) -> int:
        """Writes the file with decorators; answers how many."""
        functions = [
            node
            for node in ast.walk(self.tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and self._indent(node) is not None
        ]
        starts = self._statement_starts()
        if not functions or not starts:
            return 0
        inserted: list[tuple[int, str]] = []
        spellings = draw.sample(SPELLINGS, k=draw.choice([1, 1, 2]))
        for spelling in spellings:
            # Mostly at the top, as people do, and sometimes below what would need it.
            line = starts[0] if draw.random() < 0.8 else draw.choice(starts)
            inserted.append((line, spelling.imports.replace("{dots}", dots)))
        if draw.random() < 0.1:
            inserted.append((draw.choice(starts), draw.choice(["task = None", "job = task", "del NAME"])))
        chosen = self._chosen(draw, functions)
        for node in chosen:
            indent = self._indent(node) or ""
            pattern = draw.choice(draw.choice(spellings).decorators)
            name = f"task.{number + len(inserted)}"
            decorator = pattern.format(name=name, indent=indent)
            lines = [node.lineno, *(item.lineno for item in node.decorator_list)]
            inserted.append((draw.choice([min(lines), node.lineno]), f"{indent}@{decorator}"))
        # From the end, so that lines keep their numbers; a decorator comes below an import at its line.
        for line, text in sorted(inserted, key=lambda item: (item[0], item[1].lstrip()[0] == "@"), reverse=True):
            self.lines[line - 1 : line - 1] = text.split("\n")
        changed = "\n".join(self.lines)
        _parsed(changed)
        self.file.write_text(changed, encoding="utf-8", newline="\n")
        return len(chosen)

    def _chosen(
        self, draw: random.Random, functions: list[ast.FunctionDef | ast.AsyncFunctionDef]
    ) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Most functions are methods, so those of the module are drawn on their own."""
        top = [node for node in functions if node.col_offset == 0]
        some = draw.sample(top, k=min(len(top), draw.randint(1, 4)))
        others = [node for node in functions if node not in some]
        return some + draw.sample(others, k=min(len(others), draw.randint(0, 2)))

    def _indent(self, node: ast.stmt) -> str | None:
        """What stands before a statement on its line, if that is only space."""
        before = self.lines[node.lineno - 1].encode()[: node.col_offset].decode()
        return None if before.strip(" \t") else before

    def _statement_starts(self) -> list[int]:
        """The lines at which the module's statements begin, after the docstring and imports from the future."""
        starts = []
        ended = 0
        for number, node in enumerate(self.tree.body):
            first = min([node.lineno, *(item.lineno for item in getattr(node, "decorator_list", []))])
            is_doc = number == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            is_future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
            if first > ended and not (is_doc or is_future):
                starts.append(first)
            ended = node.end_lineno or node.lineno
        return starts


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _parsed(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)
