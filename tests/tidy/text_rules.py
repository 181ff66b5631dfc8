"""What must hold for the text of files, a function a rule. Each answers what is wrong, as `path:line: what`."""

import ast
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import PurePosixPath

from project_files import File

Complaints = list[str]

MOST_LINES = 400
"""Of code: past that, a file has usually taken on a second duty."""

DRAWERS = {"util", "utils", "common", "misc", "helper", "helpers", "types", "shared", "stuff"}

BACKENDS = "sqlite|memory|file|postgres|redis"
KNOWS_BACKENDS = ("crates/nuvom-runtime/src/",)
"""Where the table of backends is, besides each backend's own crate."""


def too_long(files: Iterable[File], excused: Collection[str]) -> Complaints:
    """Files with more than 400 lines of code, and excuses that nobody needs any more."""
    long = {file.path: count for file in files if (count := lines_of_code(file)) > MOST_LINES}
    needless = [f"{path}: needs no excuse any more" for path in sorted(set(excused) - long.keys())]
    return [f"{path}: {count} lines of code" for path, count in long.items() if path not in excused] + needless


def lines_of_code(file: File) -> int:
    """Lines that are neither empty nor comment. Zero for what is not code."""
    comment = {".rs": "//", ".py": "#", ".pyi": "#", ".sql": "--"}.get(file.suffix)
    if comment is None:
        return 0
    lines = (line.strip() for line in file.text.splitlines())
    return sum(1 for line in lines if line and not line.startswith(comment))


def drawers(files: Iterable[File]) -> Complaints:
    """Modules and folders whose name says that their content has no home."""
    return [
        f"{file.path}: no module is called {part}"
        for file in files
        if file.suffix in {".rs", ".py"}
        for part in PurePosixPath(file.path).with_suffix("").parts
        if part.strip("_") in DRAWERS
    ]


# A path from the project's folder, or the name of a document.
_PATH = re.compile(r"(?<![\w./*}-])(?:(?:docs|crates|python|tests|examples|benches)/[\w./-]*\w|[\w./-]+\.md)\b")
_URL = re.compile(r"\w+://\S+")
_COMMENT = {
    ".rs": re.compile(r"//.*"),
    ".py": re.compile(r"#.*|\"\"\".*|^\s*[^#\"']*\.md.*"),
    ".sql": re.compile(r"--.*"),
    ".toml": re.compile(r"#.*"),
}


def dead_paths(files: Iterable[File], existing: Collection[str]) -> Complaints:
    """Paths in documents and comments that lead nowhere. `existing` holds all files of the project."""
    names = {PurePosixPath(path).name for path in existing}
    folders = {str(parent) for path in existing for parent in PurePosixPath(path).parents}
    complaints = []
    for file in files:
        here = PurePosixPath(file.path).parent
        for number, line in enumerate(file.text.splitlines(), start=1):
            for path in _named_paths(file, line):
                ways = {path, str(_joined(here, path))}
                if not ways & (folders | set(existing)) and ("/" in path or path not in names):
                    complaints.append(f"{file.path}:{number}: there is no {path}")
    return complaints


def _named_paths(file: File, line: str) -> Iterator[str]:
    if file.suffix != ".md":
        comment = _COMMENT.get(file.suffix)
        found = comment.search(line) if comment else None
        if found is None:
            return
        line = found.group()
    for match in _PATH.finditer(_URL.sub("", line)):
        yield match.group().rstrip("/")


def _joined(folder: PurePosixPath, path: str) -> PurePosixPath:
    parts: list[str] = list(folder.parts)
    for part in PurePosixPath(path).parts:
        if part == ".." and parts:
            parts.pop()
        elif part != ".":
            parts.append(part)
    return PurePosixPath(*parts)


_MACHINE = re.compile(r"(?<![\w.*])(?:/(?:home|root|work|Users)/|[A-Z]:\\+Users\b)")


def machine_paths(files: Iterable[File]) -> Complaints:
    """Paths of somebody's own machine."""
    return _lines(files, lambda line: "a path of one machine" if _MACHINE.search(line) else None)


_UNSAFE = re.compile(r"\bunsafe\s*(?:\{|fn\b|impl\b|extern\b)")


def careless_unsafe(files: Iterable[File]) -> Complaints:
    """`unsafe` outside the crate that may have it, or without its reason and its proof."""
    complaints = []
    for file in files:
        lines = file.text.splitlines() if file.suffix == ".rs" else []
        for index, line in enumerate(lines):
            if not _UNSAFE.search(line.partition("//")[0]):
                continue
            above = "\n".join(lines[max(0, index - 8) : index])
            if not file.path.startswith("crates/nuvom-py/"):
                complaints.append(f"{file.path}:{index + 1}: unsafe outside nuvom-py")
            elif "// SAFETY:" not in above or "expect(unsafe_code, reason" not in file.text:
                complaints.append(f"{file.path}:{index + 1}: unsafe without a reason or a SAFETY comment")
    return complaints


_NAME_COMPARED = re.compile(
    rf"""[=!]=\s*["'](?:{BACKENDS})["']"""
    rf"""|["'](?:{BACKENDS})["']\s*(?:=>|[=!]=|\|(?!\|))"""
    rf"""|\bcase\s+["'](?:{BACKENDS})["']"""
    rf"""|\bin\s*[\(\[{{][^)\]}}]*["'](?:{BACKENDS})["']"""
)


def compared_backends(files: Iterable[File]) -> Complaints:
    """Code that asks which backend it has, where it should ask what the backend promises."""
    code = [file for file in files if file.suffix in {".rs", ".py"} and not file.is_test]
    foreign = [file for file in code if not file.path.startswith(KNOWS_BACKENDS)]

    def fault(path: str, line: str) -> str | None:
        found = _NAME_COMPARED.search(line)
        if found is None:
            return None
        name = re.search(BACKENDS, found.group())
        own = f"crates/nuvom-{name.group() if name else ''}/"
        return None if path.startswith(own) else f"compares the name of a backend: {found.group()}"

    return [
        f"{file.path}:{number}: {told}"
        for file in foreign
        for number, line in enumerate(file.text.splitlines(), start=1)
        if (told := fault(file.path, line))
    ]


RUNS_DATA = {"pickle", "_pickle", "marshal", "shelve", "dill", "cloudpickle", "jsonpickle", "yaml"}


def runs_data(files: Iterable[File]) -> Complaints:
    """Modules of the package that could make code out of data."""
    complaints = []
    for file in files:
        if not (file.path.startswith("python/nuvom/") and file.suffix == ".py"):
            continue
        for node in ast.walk(ast.parse(file.text)):
            match node:
                case ast.Import(names=names):
                    used = {alias.name.partition(".")[0] for alias in names} & RUNS_DATA
                case ast.ImportFrom(module=str(module)):
                    used = {module.partition(".")[0]} & RUNS_DATA
                case ast.Call(func=ast.Name(id="eval" | "exec" | "compile" | "__import__" as name)):
                    used = {name}
                case _:
                    continue
            complaints += [f"{file.path}:{node.lineno}: {name}" for name in sorted(used)]
    return complaints


_STATEMENT = re.compile(r"\b(?:SELECT|INSERT|UPDATE|DELETE|REPLACE|CREATE|DROP|ALTER|PRAGMA|WHERE)\b")
_PUT_TOGETHER = re.compile(r"\b(?:format|write|writeln)!\s*\(((?:[^()]|\([^()]*\))*)\)")


def made_statements(files: Iterable[File]) -> Complaints:
    """SQL that is put together from text, in a crate that ships."""
    complaints = []
    for file in files:
        is_shipped = re.match(r"crates/[\w-]+/src/", file.path) and file.suffix == ".rs" and not file.is_test
        if not is_shipped or file.path.endswith("_tests.rs"):
            continue
        for match in _PUT_TOGETHER.finditer(file.text):
            if _STATEMENT.search(match.group(1)):
                line = file.text.count("\n", 0, match.start()) + 1
                complaints.append(f"{file.path}:{line}: a statement put together from text")
    return complaints


_NAMED_TEST = re.compile(r"`((?:tests|crates)/[\w./-]+\.(?:py|rs))::(\w+)`")


def missing_tests(page: File, files: Iterable[File]) -> Complaints:
    """Tests that a page names and that are not there, and rows of its tables of risks that name none."""
    texts = {file.path: file.text for file in files}
    complaints = []
    for number, line in enumerate(page.text.splitlines(), start=1):
        named = _NAMED_TEST.findall(line)
        complaints += [
            f"{page.path}:{number}: there is no {name} in {path}"
            for path, name in named
            if not re.search(rf"\b(?:def|fn) {name}\b", texts.get(path, ""))
        ]
        if line.startswith("| ") and not line.startswith(("| ---", "| risk")) and not named:
            complaints.append(f"{page.path}:{number}: names no test")
    return complaints


def _lines(files: Iterable[File], fault: Callable[[str], str | None]) -> Complaints:
    return [
        f"{file.path}:{number}: {told}"
        for file in files
        for number, line in enumerate(file.text.splitlines(), start=1)
        if (told := fault(line))
    ]
