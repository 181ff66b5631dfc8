"""Runs the blocks of a document, from top to bottom, in a folder of their own.

    ```python      begins with `# name.py`: written to that file; else run as a program
    ```console     `$ ` begins a command, what follows is its output; `nuvom runworker` goes on in the background
    ```toml        (and other languages) begins with `# name`: written to that file; else left alone
    ```sh          for a machine, not for a project: only the targets of `make` in it are checked

What differs from run to run is compared by its form: times, durations, names of workers. The id of a job in the
document stands for the id that it had in this run, in later commands too. A line `...` stands for any lines.
"""

import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

PROJECT = "/srv/app"
"""The project's folder as documents write it."""

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"# (\.?[\w/.-]*\.\w+|\.env)\n")
_ID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
_VARYING = (
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ"), "TIME"),
    (re.compile(r"^\d\d:\d\d:\d\d\b"), "TIME"),
    (re.compile(r"\b\d+(\.\d+)? (ms|s|min)\b"), "SPAN"),
    (re.compile(r"\b[\w.-]+-\d+-[0-9a-f]{6}\b"), "WORKER"),
    (re.compile(r"\s+"), " "),
)
_PATIENCE = 60


@dataclass(frozen=True, slots=True)
class Block:
    """A block of code, and the line of the document on which it begins."""

    line: int
    language: str
    text: str


def blocks(document: str) -> Iterator[Block]:
    """The blocks of a document, in order."""
    for match in _BLOCK.finditer(document):
        yield Block(document.count("\n", 0, match.start()) + 1, match[1], match[2])


class Mismatch(AssertionError):
    """A block that does not do what the document says."""


class Snippets:
    """A folder in which the blocks of one document run. Leaving it stops the workers that they started."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ids: dict[str, str] = {}
        self._workers: list[subprocess.Popen[str]] = []
        self.ran: Counter[str] = Counter()
        """How many commands, workers, programs and files there were so far."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("NUVOM_")}
        path = f"{Path(sys.executable).parent}{os.pathsep}{environment.get('PATH', '')}"
        self._environment = {
            **environment,
            "PATH": path,
            "NO_COLOR": "1",
            "TZ": "UTC",
            "COLUMNS": "80",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        (folder / ".nuvom").mkdir(mode=0o700)

    def __enter__(self) -> "Snippets":
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.send_signal(signal.SIGTERM)
        for worker in self._workers:
            worker.communicate(timeout=_PATIENCE)

    def run(self, block: Block) -> None:
        """Runs one block; raises `Mismatch` if it fails, or prints something else than the document says."""
        name = _FILE.match(block.text)
        if block.language == "console":
            self._console(block)
        elif name is not None:
            path = self._folder / name[1]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text)
            self.ran["files"] += 1
        elif block.language == "python":
            self._command(block, "python -", block.text, None)

    def _console(self, block: Block) -> None:
        if not block.text.startswith("$ "):
            raise Mismatch(f"line {block.line}: a console block begins with `$ `")
        for part in block.text.removeprefix("$ ").split("\n$ "):
            command, _, output = part.partition("\n")
            command = command.partition("   #")[0].strip()
            if command.startswith("nuvom runworker"):
                self._start_worker(command)
            else:
                self._command(block, command, "", output)

    def _start_worker(self, command: str) -> None:
        worker = subprocess.Popen(
            command.split(),
            cwd=self._folder,
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._workers.append(worker)
        self.ran["workers"] += 1
        assert worker.stderr is not None
        for line in worker.stderr:
            if line.rstrip().endswith("started"):
                return
        raise Mismatch(f"`{command}` ended with exit code {worker.wait()}")

    def _command(self, block: Block, command: str, given: str, expected: str | None) -> None:
        ran = subprocess.run(  # noqa: S602 - a document shows what people type into a shell
            _ID.sub(lambda match: self._ids.get(match[0], match[0]), command),
            shell=True,
            cwd=self._folder,
            env=self._environment,
            input=given,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
        self.ran["programs" if expected is None else "commands"] += 1
        # Data first, talk behind it, as it is written down: on two pipes their order is not known.
        output = (ran.stdout + ran.stderr).replace(str(self._folder), PROJECT)
        if expected is None:
            if ran.returncode != 0:
                raise Mismatch(f"line {block.line}: exit code {ran.returncode}\n{output}")
            return
        self._learn_ids(expected, output)
        wanted, got = _lines(self._with_ids(expected)), _lines(output)
        if not _agree(wanted, got):
            raise Mismatch(f"line {block.line}: `{command}` printed\n\n{output}\ninstead of\n\n{expected}")

    def _learn_ids(self, expected: str, output: str) -> None:
        known = set(self._ids.values())
        written = [id for id in dict.fromkeys(_ID.findall(expected)) if id not in self._ids]
        made = [id for id in dict.fromkeys(_ID.findall(output)) if id not in known]
        self._ids.update(zip(written, made, strict=False))

    def _with_ids(self, text: str) -> str:
        return _ID.sub(lambda match: self._ids.get(match[0], match[0]), text)


def _lines(text: str) -> list[str]:
    lines = text.strip("\n").splitlines()
    for pattern, form in _VARYING:
        lines = [pattern.sub(form, line) for line in lines]
    return [line.strip() for line in lines]


def _agree(wanted: list[str], got: list[str]) -> bool:
    if "..." not in wanted:
        return all(one == other for one, other in zip_longest(wanted, got))
    head = wanted.index("...")
    tail = wanted[head + 1 :]
    if not _agree(wanted[:head], got[:head]):
        return False
    return any(_agree(tail, got[start:]) for start in range(head, len(got) + 1))
