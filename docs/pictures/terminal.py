"""A terminal for pictures: what a program prints to people, and how that is made the same each time."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping
from pathlib import Path

COLUMNS = 90
ROWS = 50
PATIENCE = 60.0

PROJECT = "/srv/app/orders"
"""The project's folder in the pictures; as long as that of a run, since programs break lines by length."""

_STYLE = re.compile(r"(\x1b\[[0-9;]*m)")
_ID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
_SAME = (
    (re.compile(r"\b\d{4}-\d\d-\d\d\b"), "2026-06-10"),
    (re.compile(r"\b\d\d:\d\d:\d\d(?!\d)"), "14:20:07"),
    (re.compile(r"\b\d+(?:\.\d+)? s ago"), "2 s ago"),
    (re.compile(r"\b\d+(?:\.\d+)? (?:ms|s)\b(?! ago)"), "3 ms"),
    (re.compile(r"\b[\w.-]+-\d+-[0-9a-f]{6}\b"), "host-4711-3fa9c1"),
)


class Terminal:
    """A program in a pseudo-terminal of its own."""

    def __init__(self, arguments: list[str], folder: Path, environment: Mapping[str, str]) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.program = subprocess.Popen(  # noqa: S603 - a command of a scene
            arguments,
            cwd=folder,
            env=dict(environment),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)
        self.printed = ""

    def wait_for(self, shown: Callable[[str], bool]) -> None:
        """Reads on until what was printed is such, or the program has ended."""
        deadline = time.monotonic() + PATIENCE
        while not shown(self.printed):
            if not self._read(deadline):
                raise TimeoutError(f"the program ended, or printed too little:\n{self.printed}")

    def wait_for_end(self) -> str:
        """Everything that it printed."""
        deadline = time.monotonic() + PATIENCE
        while self._read(deadline):
            pass
        self.program.wait(timeout=PATIENCE)
        os.close(self._master)
        return self.printed

    def _read(self, deadline: float) -> bool:
        ready, _, _ = select.select([self._master], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            return False
        try:
            data = os.read(self._master, 65_536)
        except OSError:  # on Linux, that nobody holds the other side any more
            return False
        self.printed += data.decode().replace("\r\n", "\n")
        return bool(data)


class Sameness:
    """What differs from run to run, written as it is in each picture: ids by their order, folders, times, names."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        if len(self._folder) != len(PROJECT):
            raise ValueError(f"{self._folder} is not as long as {PROJECT}")
        self._ids: dict[str, str] = {}

    def __call__(self, printed: str) -> str:
        # Between two changes of style: the end of one would pass for the beginning of a word.
        return "".join(part if _STYLE.match(part) else self._text(part) for part in _STYLE.split(printed))

    def _text(self, text: str) -> str:
        text = _ID.sub(self._id, text.replace(self._folder, PROJECT))
        for pattern, written in _SAME:
            text = pattern.sub(written, text)
        return text

    def _id(self, match: re.Match[str]) -> str:
        return self._ids.setdefault(match[0], f"019eb34c-56b1-7c3f-a0e1-5b1d5f3a9c{len(self._ids) + 1:02x}")
