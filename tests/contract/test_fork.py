"""A process that forks: the child has a runtime of its own, and the parent's stays whole."""

from __future__ import annotations

import sys

import pytest
from harness import Nuvom

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="other systems have no fork that keeps threads in order"
)

BEGIN = """
import os
import warnings

import nuvom

warnings.simplefilter("ignore", DeprecationWarning)  # that other threads run is what is tested here


@nuvom.task
def add(x, y):
    return x + y


def child(body):
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            body()
            code = 0
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, "the child failed"

"""


def test_a_child_asks_for_jobs_through_a_runtime_of_its_own(command: Nuvom) -> None:
    ran = command.python(
        BEGIN
        + """
first = add.delay(1, 2)
child(lambda: add.map([(3, 4), (5, 6)]))
last = add.delay(7, 8)
with nuvom.Worker(threads=1):
    print(first.get(timeout=30), last.get(timeout=30))
"""
    )

    assert (ran.stdout, ran.returncode) == ("3 15\n", 0), ran.stderr
    assert command.run("history", "recent", "--json").stdout.count('"SUCCESS"') == 4


def test_a_worker_of_the_parent_serves_the_child(command: Nuvom) -> None:
    ran = command.python(
        BEGIN
        + """
def ask():
    assert add.delay(1, 2).get(timeout=30) == 3

with nuvom.Worker(threads=2):
    assert add.delay(0, 0).get(timeout=30) == 0
    child(ask)
    print(add.delay(3, 4).get(timeout=30))
"""
    )

    assert (ran.stdout, ran.returncode) == ("7\n", 0), ran.stderr


def test_a_child_of_the_memory_backend_begins_with_nothing(command: Nuvom) -> None:
    ran = command.python(
        BEGIN
        + """
nuvom.configure(queue_backend="memory")
job = add.delay(1, 2)

def look():
    try:
        job.status
    except nuvom.NuvomError as error:
        assert "there is no such job" in str(error)
    else:
        raise AssertionError("the parent's job is in the child")

child(look)
with nuvom.Worker(threads=1):
    print(job.get(timeout=30))
"""
    )

    assert (ran.stdout, ran.returncode) == ("3\n", 0), ran.stderr


def test_many_children_ask_at_once(command: Nuvom) -> None:
    ran = command.python(
        BEGIN
        + """
add.delay(0, 0)
children = []
for number in range(8):
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            ids = [job.id for job in add.map([(number, i) for i in range(50)])]
            code = 0 if len(set(ids)) == 50 else 2
        finally:
            os._exit(code)
    children.append(pid)
print([os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children])
"""
    )

    assert (ran.stdout, ran.returncode) == (f"{[0] * 8}\n", 0), ran.stderr
    listed = command.run("history", "recent", "--limit", "10000", "--json").stdout
    assert listed.count('"PENDING"') == 401


def test_a_child_writes_schedules_that_a_worker_of_the_parent_fires(command: Nuvom) -> None:
    ran = command.python(
        BEGIN
        + """
from nuvom.scheduler import Schedule, list_schedules

parent = add.schedule(0, 0, interval=3600, id="parent")
child(lambda: add.schedule(3, 4, interval=0.1, id="child"))
child(lambda: parent.cancel())
with nuvom.Worker(threads=1):
    print(Schedule("child").trigger().get(timeout=30), [info.id for info in list_schedules()])
"""
    )

    assert (ran.stdout, ran.returncode) == ("7 ['child']\n", 0), ran.stderr
