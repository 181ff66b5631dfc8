"""Writes docs/reference/python.md to standard output: the public names of the package, from their docstrings."""

import re
import sys
from collections.abc import Iterator

from definitions import Definition, definition, docstring, home, offered

SECTIONS = {
    "nuvom": "What most programs need.",
    "nuvom.errors": "",
    "nuvom.scheduler": "",
    "nuvom.sdk": "",
    "nuvom.testing": "",
    "nuvom.log": "",
    "nuvom.plugins.contracts": "",
    "nuvom.plugins.lifecycle": "",
    "nuvom.plugins.middleware": "",
    "nuvom.queue_backends.base": "",
    "nuvom.result_backends.base": "",
}
"""The modules, and what stands above each where that is not the module's own docstring."""

BESIDES = {"nuvom": ["JobInfo", "AttemptInfo"]}
"""Names that a module does not offer, but whose objects it hands out."""
BESIDES_HOME = "nuvom.info"

FIRST = [
    "task",
    "Task",
    "AsyncTask",
    "Job",
    "JobInfo",
    "AttemptInfo",
    "current_job",
    "CurrentJob",
    "Worker",
    "configure",
]
"""What people look for first; the rest follows as the module lists it."""

INTRODUCTION = """# Python

Made from the docstrings of the package by `make reference`: the modules for programs and plugins. What begins with an
underscore is for nobody to rely on. The package is typed: type checkers see all of this.
"""


def main() -> int:
    """Writes the page."""
    sys.stdout.write(page())
    return 0


def page() -> str:
    """The page as text."""
    parts = [INTRODUCTION]
    owners = _owners()
    for name, said in SECTIONS.items():
        parts.append(f"## {name}\n")
        parts += list(_prose(said or docstring(name)))
        names = [*offered(name), *BESIDES.get(name, [])]
        shown = [one for one in names if owners.get(_place(name, one)) == name]
        elsewhere: dict[str, list[str]] = {}
        for one in names:
            owner = owners.get(_place(name, one), name)
            if owner != name:
                elsewhere.setdefault(owner, []).append(one)
        for owner, others in elsewhere.items():
            listed = ", ".join(f"`{one}`" for one in others)
            parts.append(f"Also here: {listed} of [{owner}](#{owner.replace('.', '')}).\n")
        for one in sorted(shown, key=lambda one: FIRST.index(one) if one in FIRST else len(FIRST)):
            parts += list(_shown(definition(*_place(name, one))))
    return "\n".join(parts)


def _place(module_name: str, name: str) -> tuple[str, str]:
    return (BESIDES_HOME if name in BESIDES.get(module_name, []) else home(module_name, name)), name


def _owners() -> dict[tuple[str, str], str]:
    """The section in which each definition is shown: that of its own module, else the first that offers it."""
    owners: dict[tuple[str, str], str] = {}
    for section in SECTIONS:
        for name in [*offered(section), *BESIDES.get(section, [])]:
            place = _place(section, name)
            inside = next((one for one in SECTIONS if one != "nuvom" and place[0].startswith(one)), section)
            if not name.startswith("_"):
                owners.setdefault(place, inside)
    return owners


def _shown(found: Definition) -> Iterator[str]:
    yield f"### {found.name}\n"
    yield f"```python\n{found.signature}\n```\n"
    yield from _prose(found.doc)
    values = [one for one in found.members if one.kind in {"value", "property"}]
    if values:
        yield "| attribute | |\n| --- | --- |"
        for one in values:
            yield f"| `{_cell(one.signature)}` | {_cell(_sentence(one.doc))} |"
        yield ""
    for one in found.members:
        if one.kind == "function":
            yield f"#### {found.name}.{one.name}\n"
            yield f"```python\n{one.signature}\n```\n"
            yield from _prose(one.doc)


def _prose(doc: str) -> Iterator[str]:
    """A docstring as Markdown: what is indented in it is code, or a table that is meant to be read as it stands."""
    for paragraph in re.split(r"\n\s*\n", doc):
        if not paragraph.strip():
            continue
        lines = paragraph.split("\n")
        head = [line for line in lines if not line.startswith("  ")]
        block = [line for line in lines if line.startswith("  ")]
        if head:
            yield "\n".join(head) + "\n"
        if block:
            indent = min(len(line) - len(line.lstrip()) for line in block)
            text = "\n".join(line[indent:] for line in block)
            yield f"```{'python' if _is_code(text) else 'text'}\n{text}\n```\n"


def _is_code(text: str) -> bool:
    try:
        compile(text, "docstring", "exec")
    except SyntaxError:
        return False
    return True


def _sentence(doc: str) -> str:
    return " ".join(doc.split())


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main())
