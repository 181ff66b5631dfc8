"""The hash of a signature is the same whether the code runs or is only read."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import nuvom
from nuvom.discovery.walker import discover_tasks

SOURCE = """
from functools import wraps
from nuvom import task

def passing(function):
    @wraps(function)
    def inner(*args, **kwargs): return function(*args, **kwargs)
    return inner

@task
def none(): ...
@task
def plain(a, b): ...
@task
def defaults(a, b=1, c=None): ...
@task
def positional(a, b=2, /, c=3): ...
@task
def keywords(a, *, b, c=1, d): ...
@task
def stars(*args, **kwargs): ...
@task
def everything(a: int, b: "str" = "x", /, c: list[int] = [], *rest: int, d, e=5, **more: str) -> None:
    local = 1
@task
async def coroutine(a, *, b=1): ...
@task
def letters(größe, ﬁ): ...
@task
def generic[T](a: T, b: T | None = None) -> T: ...
@task
@passing
def wrapped(a): ...
"""


def test_code_that_runs_and_code_that_is_read_have_one_hash(tmp_path: Path) -> None:
    source = SOURCE if sys.version_info >= (3, 12) else SOURCE.replace("generic[T]", "generic").replace(": T", "")
    source = source.replace(" | None = None) -> T", "=None)") if sys.version_info < (3, 12) else source
    (tmp_path / "hashed.py").write_text(source, encoding="utf-8")
    found = {task["name"]: task["signature_hash"] for task in discover_tasks(tmp_path)}
    spec = importlib.util.spec_from_file_location("hashed", tmp_path / "hashed.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    arguments: dict[str, tuple[tuple[int, ...], dict[str, int]]] = {
        "plain": ((1, 2), {}),
        "defaults": ((1,), {}),
        "positional": ((1,), {}),
        "keywords": ((1,), {"b": 2, "d": 3}),
        "everything": ((1,), {"d": 2}),
        "coroutine": ((1,), {}),
        "letters": ((1, 2), {}),
        "generic": ((1,), {}),
        "wrapped": ((1,), {}),
    }

    for name, read in found.items():
        task: nuvom.Task[..., object] = getattr(module, name)
        args, kwargs = arguments.get(name, ((), {}))
        assert task.delay(*args, **kwargs).info().signature == read, name

    assert len(found) == 11
    assert found.pop("wrapped") is None
    assert None not in found.values()
    assert len(set(found.values())) == 10
