"""What commands say, as snapshots keep it: what differs from one run to the next is made equal."""

from __future__ import annotations

import re
from pathlib import Path
from subprocess import CompletedProcess

_RULES = [
    (r"sha256:[0-9a-f]{64}", "<CHECKSUM>"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d\d:\d\d", "<LOCAL TIME>"),
    (r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?Z", "<TIME>"),
    (r"\b\d+ (s|min|h|d) ago", "<AGE>"),
    (r"\b(in|for) \d+ (d|h|min|s)\b", r"\1 <SPAN>"),
    (r"\b[\d.]+ (ms|s)$", "<SPAN>"),
    (r"(?<=nuvom )\d+\.\d+\.\d+", "<VERSION>"),
    (r"(?<=Python )\d+\.\d+\.\d+\S*", "<VERSION>"),
    (r"(?<=SQLite )\d+\.\d+\.\d+", "<VERSION>"),
    (r"(?<=build )(debug|release)", "<BUILD>"),
    # The marks below a line of a traceback, which each Python sets a little differently.
    (r"^ *\|? *[~^]+ *\n", ""),
    # The widths of columns follow what stands in them.
    (r"(?<=\S) {3,}", "  "),
    (r" +$", ""),
]
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")


def normalised(text: str, project: Path) -> str:
    """The text with ids, times, paths and versions replaced; equal ids stay equal."""
    for folder in {str(project), str(project.resolve())}:
        text = text.replace(folder, "<PROJECT>")
    names: dict[str, str] = {}
    text = _ID.sub(lambda found: names.setdefault(found[0], f"<ID {len(names) + 1}>"), text)
    for pattern, name in _RULES:
        text = re.sub(pattern, name, text, flags=re.MULTILINE)
    return text


def transcript(ran: CompletedProcess[str], project: Path) -> str:
    """A run of a command as a snapshot keeps it."""
    command = " ".join(["nuvom", *ran.args[1:]])
    parts = [f"$ {command}\n", ran.stdout]
    if ran.stderr:
        parts += ["--- stderr\n", ran.stderr]
    parts.append(f"--- exit code {ran.returncode}\n")
    return normalised("".join(parts), project)
