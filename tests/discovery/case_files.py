"""Reads the cases: small projects, each in one text file with what discovery must find in it.

    What the case shows.
    --- shop/app.py
    from nuvom import task
    --- shop/mail.py
    from shop.app import task
    @task
    def send(): ...  # => task
    @task(name="mail.post")
    def post(): ...  # => task mail.post
    class Mail:
        @task
        def send(self): ...  # => refused: method
    --- my-tasks.py: bad module name

An arrow stands in the line that must be told. A line `--- path` begins a file; ` as shop.mail` after the path says
what an import calls it, where that is not simply the path with dots, and ` escaped` that the text holds escapes
such as `\\xe9` for its bytes. `...100 lines...` stands for so many lines. A case for newer syntax says `needs 3.12`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

from reference import Judgement, Refusal, Task

CASES = Path(__file__).parent / "cases"

_HEADING = re.compile(r"--- (?P<path>\S+?)(?: as (?P<module>\S+))?(?P<escaped> escaped)?(?:: (?P<refused>.+))?")
_ARROW = re.compile(r"# => (?:task(?: (?P<name>\S+))?|refused: (?P<why>.+?))\s*$")
_DEF = re.compile(r"\s*(?P<asynchronous>async )?def (?P<function>\w+)")
_FILLER = re.compile(r"^\.\.\.(\d+) lines\.\.\.$", re.MULTILINE)


@dataclass
class CaseFile:
    """One file of a case."""

    path: str
    module: str
    content: bytes
    refused: str | None


@dataclass
class Case:
    """A small project, and what discovery must find in it."""

    name: str
    needs: tuple[int, int] = (3, 11)
    """The Python whose own parser can read it."""
    files: list[CaseFile] = field(default_factory=list)

    def unpack(self, folder: Path) -> None:
        """Writes the project."""
        for file in self.files:
            path = folder / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.content)

    def expectation(self) -> Judgement:
        """What the arrows and headings say."""
        tasks: list[Task] = []
        refused: list[Refusal] = []
        for file in self.files:
            if file.refused is not None:
                refused.append(Refusal(file.path, 0, file.refused))
            for number, line in enumerate(re.split(rb"\r\n|\r|\n", file.content), start=1):
                text = line.decode("utf-8", "replace")
                arrow = _ARROW.search(text)
                if arrow is None:
                    continue
                if arrow["why"]:
                    refused.append(Refusal(file.path, number, arrow["why"]))
                    continue
                defined = _DEF.search(text)
                assert defined is not None, f"{self.name}: {file.path}:{number} is no line of a `def`"
                function = unicodedata.normalize("NFKC", defined["function"])
                is_async = defined["asynchronous"] is not None
                tasks.append(Task(file.path, number, arrow["name"] or function, file.module, function, is_async))
        return Judgement(tuple(sorted(tasks)), tuple(sorted(refused)))


def cases() -> list[Case]:
    """All of them."""
    return [_read(path) for path in sorted(CASES.glob("*.case"))]


def _read(path: Path) -> Case:
    text = path.read_text(encoding="utf-8")
    told, *sections = re.split(r"^(?=--- )", text, flags=re.MULTILINE)
    case = Case(path.stem)
    if needs := re.search(r"^needs (\d+)\.(\d+)$", told, re.MULTILINE):
        case.needs = (int(needs[1]), int(needs[2]))
    for section in sections:
        line, _, content = section.partition("\n")
        heading = _HEADING.fullmatch(line)
        assert heading is not None, f"{path.name}: cannot read {line!r}"
        content = _FILLER.sub(lambda match: "\n".join(f"line_{n} = {n}" for n in range(int(match[1]))), content)
        as_bytes = content.encode("latin-1").decode("unicode_escape").encode("latin-1") if heading["escaped"] else None
        module = heading["module"] or heading["path"].removesuffix(".py").replace("/", ".")
        encoded = content.encode() if as_bytes is None else as_bytes
        case.files.append(CaseFile(heading["path"], module, encoded, heading["refused"]))
    return case
