"""`queue list`, `queue pause` and `queue resume`."""

from __future__ import annotations

from collections.abc import Callable

import nuvom
import pytest
from harness import PATIENCE, Nuvom

Matches = Callable[..., None]

TASKS = """
from nuvom import task


@task(queue="mail")
def send(to):
    return f"sent to {to}"


@task
def add(x, y):
    return x + y
"""


@pytest.fixture
def waiting(command: Nuvom, sqlite: object) -> str:
    """Of three jobs, one has ended; answers the id of the one that waits in the queue `mail`."""
    tasks = command.tasks(TASKS)
    with nuvom.Worker(threads=1, name="w1", scheduler=False):
        tasks.send.delay("ada").get(timeout=PATIENCE)
    tasks.add.delay(5, 7)
    waits: nuvom.Job[str] = tasks.send.delay("bob")
    return waits.id


def test_queues_are_paused_and_listed(command: Nuvom, waiting: str, matches: Matches) -> None:
    paused = command.run("queue", "pause", "mail", "mial", "night shift")
    again = command.run("queue", "pause", "mail")

    matches(paused, again, command.run("queue", "list"), command.run("queue", "list", "--json"))


def test_a_job_in_a_paused_queue_says_what_would_move_it(command: Nuvom, waiting: str, matches: Matches) -> None:
    command.run("queue", "pause", "mail")

    matches(command.run("explain", waiting), command.run("explain", waiting, "--json"))


def test_queues_are_resumed_and_one_that_is_mistyped_is_told(command: Nuvom, waiting: str, matches: Matches) -> None:
    command.run("queue", "pause", "mail")

    matches(command.run("queue", "resume", "mail", "default"), command.run("queue", "resume", "mial"))
