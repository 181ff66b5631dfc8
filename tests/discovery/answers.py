"""Nuvom's answer in the words of the judge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nuvom.discovery.walker import discover_problems, discover_tasks
from reference import Judgement, Refusal, Task

OF_WHOLE_FILES = {"syntax_error": "syntax error", "unreadable": "syntax error", "bad_module_name": "bad module name"}
"""Kinds of problems that say something of a file, wherever in it. What cannot be decoded is no Python either."""
OF_PLACES = {"not_a_task": "not a task", "duplicate_name": "duplicate"}


@dataclass(frozen=True)
class Answer:
    """What can be compared: the tasks exactly; the places exactly too, but of why only the kind."""

    tasks: tuple[Task, ...]
    refused: tuple[Refusal, ...]


def discovered(root: Path) -> Judgement:
    """Asks Nuvom."""
    return judgement_of(discover_tasks(root), discover_problems(root))


def judgement_of(tasks: Iterable[Mapping[str, Any]], problems: Iterable[Mapping[str, Any]]) -> Judgement:
    """Reads what Nuvom says, as Python has it or as `--json` writes it."""
    found = [Task(it["file"], it["line"], it["name"], it["module"], it["function"], it["is_async"]) for it in tasks]
    return Judgement(tuple(sorted(found)), tuple(sorted(map(_refusal, problems))))


def _refusal(problem: Mapping[str, Any]) -> Refusal:
    kind = problem["kind"]
    if kind in OF_WHOLE_FILES:
        return Refusal(problem["file"], 0, OF_WHOLE_FILES[kind])
    return Refusal(problem["file"], problem["line"], OF_PLACES.get(kind, kind))


def comparable(judgement: Judgement, root: Path) -> Answer:
    """Leaves out what both may say in their own way."""
    refused = {_by_kind(it) for it in judgement.refused if not _may_be_silent(it, root)}
    return Answer(tuple(sorted(judgement.tasks)), tuple(sorted(refused)))


def _by_kind(refusal: Refusal) -> Refusal:
    known = {*OF_WHOLE_FILES.values(), *OF_PLACES.values()}
    return refusal if refusal.why in known else replace(refusal, why="not a task")


def _may_be_silent(refusal: Refusal, root: Path) -> bool:
    """Nobody need read a broken file that does not speak of Nuvom: it may be a template, or for another Python."""
    return refusal.why == "syntax error" and b"nuvom" not in (root / refusal.file).read_bytes()
