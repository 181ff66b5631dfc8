"""The tasks of a process by name: one function for each, from any thread."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from nuvom import Task, task
from nuvom.errors import DuplicateTask, NotFound
from nuvom.registry import get_task_registry

pytestmark = pytest.mark.usefixtures("project")

registry = get_task_registry()


def first() -> int:
    return 1


def second() -> int:
    return 2


def unregistered(function: Callable[[], int], name: str, *aliases: str) -> Task[[], int]:
    made = task(name=f"{name} for now", aliases=None)(function)
    registry.clear()
    made.name = name
    made.options = {"name": name, "aliases": aliases}
    return made


def test_a_task_is_found_by_name_and_alias_and_listed_once() -> None:
    made = task(name="new", aliases=["old", "older"])(first)

    assert registry.get("new") is registry.get("old") is registry.get("older") is made
    assert registry.all() == {"new": made}
    assert (list(registry), len(registry)) == (["new"], 1)
    assert "old" in registry
    assert "other" not in registry


def test_a_second_function_of_one_name_is_refused_with_both_places() -> None:
    task(name="same")(first)

    with pytest.raises(DuplicateTask) as refused:
        task(name="same")(second)

    message = str(refused.value)
    assert message.startswith("two tasks are named 'same': ")
    assert f"{__name__}.first ({__file__}:" in message
    assert f"{__name__}.second ({__file__}:" in message
    assert registry.get("same").function is first


def test_an_alias_that_is_taken_is_refused_and_nothing_is_registered() -> None:
    task(name="taken")(first)

    with pytest.raises(DuplicateTask):
        task(name="free", aliases=["taken"])(second)

    assert list(registry) == ["taken"]


def test_the_same_function_again_replaces_itself_as_a_reload_does() -> None:
    task(name="same")(first)

    again = task(name="same", retries=2)(first)

    assert registry.get("same") is again


def test_force_replaces_and_silent_leaves_the_first() -> None:
    other = unregistered(second, "same")
    made = task(name="same")(first)

    registry.register(other, silent=True)
    assert registry.get("same") is made

    registry.register(other, force=True)
    assert registry.get("same") is other


def test_a_name_that_is_not_known_is_not_found_and_the_known_are_listed() -> None:
    task(name="b")(first)
    task(name="a")(second)

    with pytest.raises(NotFound, match="no task is named 'c'; known are: a, b"):
        registry.get("c")


def test_a_copy_of_the_registry_is_not_the_registry() -> None:
    task(name="a")(first)

    registry.all().clear()

    assert "a" in registry


def test_tasks_of_a_module_that_failed_are_forgotten() -> None:
    task(name="ours", aliases=["old"])(first)
    theirs = task(name="theirs")(lambda: 3)
    theirs.function.__module__ = "elsewhere"

    registry.forget_module(__name__)

    assert registry.all() == {"theirs": theirs}
    assert "old" not in registry


def test_threads_that_register_at_once_lose_nothing_and_one_of_each_name_wins() -> None:
    begin = threading.Barrier(8)
    refused: list[int] = []

    def register_all(number: int) -> None:
        begin.wait()
        for name in range(200):
            function = eval("lambda: None", {"__name__": f"module{number}"})  # noqa: S307 - eight different functions
            try:
                task(name=f"task{name}")(function)
            except DuplicateTask:
                refused.append(number)

    threads = [threading.Thread(target=register_all, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(registry) == 200
    assert len(refused) == 7 * 200
