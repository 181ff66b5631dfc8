"""Asking for jobs and getting their values."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import TypeVar

import nuvom
import pytest
from harness import PATIENCE
from nuvom import sdk, task
from nuvom.dispatcher import enqueue, enqueue_many
from nuvom.errors import BadArguments, JobTimeout, NotFound, NotSerializable, PayloadTooLarge, QueueFull

Value = TypeVar("Value")

pytestmark = pytest.mark.usefixtures("backend")


def add(x: int, y: int = 0) -> int:
    return x + y


def test_a_task_can_still_be_called_as_the_function_it_is() -> None:
    assert task(add)(2, y=3) == 5


def test_a_job_has_the_value_that_its_task_returned() -> None:
    made = task(add)

    with nuvom.Worker(threads=2):
        value = made.delay(5, y=7).get(timeout=PATIENCE)

    assert value == 12


def test_submit_is_delay() -> None:
    made = task(add)

    with nuvom.Worker(threads=1):
        assert made.submit(5, 7).get(timeout=PATIENCE) == 12


def test_a_job_that_was_asked_for_before_the_worker_started_is_run() -> None:
    job = task(add).delay(5, 7)

    with nuvom.Worker(threads=1):
        assert job.get(timeout=PATIENCE) == 12


def test_another_handle_with_the_same_id_is_the_same_job() -> None:
    job = task(add).delay(5, 7)

    other: nuvom.Job[int] = nuvom.Job(job.id)

    assert other == job
    assert hash(other) == hash(job)
    with nuvom.Worker(threads=1):
        assert other.get(timeout=PATIENCE) == 12


def test_coroutines_ask_with_adelay_and_await_the_job() -> None:
    made = task(add)

    async def ask() -> list[int]:
        first, second = await made.adelay(1, 2), await made.adelay(3, 4)
        return list(await asyncio.gather(_awaited(first), _awaited(second)))

    with nuvom.Worker(threads=2):
        assert asyncio.run(asyncio.wait_for(ask(), PATIENCE)) == [3, 7]


def test_the_event_loop_goes_on_while_a_job_is_awaited() -> None:
    released = threading.Event()

    @task
    def wait() -> bool:
        return released.wait(PATIENCE)

    async def ask() -> bool:
        job = await wait.adelay()
        waiting = asyncio.ensure_future(_awaited(job))
        await asyncio.sleep(0)
        released.set()
        return await waiting

    with nuvom.Worker(threads=1):
        assert asyncio.run(asyncio.wait_for(ask(), PATIENCE)) is True


async def _awaited(job: nuvom.Job[Value]) -> Value:
    return await job


def test_a_wait_that_was_cut_short_leaves_the_job_going() -> None:
    released = threading.Event()

    @task
    def wait() -> str:
        released.wait(PATIENCE)
        return "done"

    with nuvom.Worker(threads=1):
        job = wait.delay()
        with pytest.raises(JobTimeout, match="it goes on"):
            job.get(timeout=0.01)
        released.set()
        assert job.get(timeout=PATIENCE) == "done"


def test_none_is_a_value_and_not_a_job_that_waits() -> None:
    @task
    def nothing() -> None: ...

    job = nothing.delay()

    with pytest.raises(JobTimeout):
        job.get(timeout=0)
    with nuvom.Worker(threads=1):
        assert job.get(timeout=PATIENCE) is None
    assert job.status == "SUCCESS"


def test_a_task_that_keeps_no_result_succeeds_with_none() -> None:
    @task(store_result=False)
    def answer() -> int:
        return 42

    with nuvom.Worker(threads=1):
        job = answer.delay()
        assert job.get(timeout=PATIENCE) is None

    assert job.status == "SUCCESS"


def test_map_takes_sequences_and_mappings_from_any_iterable_and_keeps_their_order() -> None:
    made = task(add)

    def calls() -> Iterator[tuple[int, int] | list[int] | dict[str, int]]:
        yield (1, 2)
        yield [3]
        yield {"x": 5, "y": 6}

    with nuvom.Worker(threads=2):
        jobs = made.map(calls())
        assert [job.get(timeout=PATIENCE) for job in jobs] == [3, 3, 11]


def test_map_of_nothing_makes_no_job() -> None:
    assert task(add).map([]) == []


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        pytest.param("ab", TypeError, id="text"),
        pytest.param(7, TypeError, id="number"),
        pytest.param((1, 2, 3), BadArguments, id="too many arguments"),
        pytest.param({"z": 1}, BadArguments, id="unknown keyword"),
        pytest.param((object(),), NotSerializable, id="cannot be sent"),
        pytest.param((b"x" * 2_000_000,), PayloadTooLarge, id="too large"),
    ],
)
def test_one_bad_element_of_map_leaves_nothing_stored(bad: object, error: type[Exception]) -> None:
    ran: list[object] = []

    @task
    def note(x: object, y: object = None) -> None:
        ran.append(x)

    with pytest.raises(error):
        note.map([(1,), (2,), bad])  # type: ignore[list-item]  # what is tested here

    with nuvom.Worker(threads=1):
        note.delay("last").get(timeout=PATIENCE)
    assert ran == ["last"]


def test_an_iterable_that_raises_leaves_nothing_stored() -> None:
    ran: list[int] = []

    @task
    def note(x: int) -> None:
        ran.append(x)

    def calls() -> Iterator[tuple[int]]:
        yield (1,)
        raise LookupError("no more")

    with pytest.raises(LookupError, match="no more"):
        note.map(calls())

    with nuvom.Worker(threads=1):
        note.delay(2).get(timeout=PATIENCE)
    assert ran == [2]


def test_a_wrong_call_fails_where_it_is_made() -> None:
    made = task(add)

    with pytest.raises(BadArguments, match=r"task add\(x: 'int', y: 'int' = 0\) .*: missing .* 'x'"):
        made.delay()  # type: ignore[call-arg]  # what is tested here


def test_arguments_beyond_the_limit_are_refused_with_size_setting_and_advice() -> None:
    @task
    def size(data: bytes) -> int:
        return len(data)

    with pytest.raises(PayloadTooLarge, match=r"take \d+ bytes, and NUVOM_MAX_ARGS_BYTES .* Pass a reference"):
        size.delay(b"x" * 10_000_000)


def test_a_full_queue_refuses_another_job_with_the_setting_and_advice() -> None:
    nuvom.configure(queue_maxsize=2)
    made = task(add)
    made.map([(1, 1), (2, 2)])

    told = r"is full: 2 of at most 2 jobs wait in it .*queue: default.* Try again .* or raise NUVOM_QUEUE_MAXSIZE"
    with pytest.raises(QueueFull, match=told):
        made.delay(3, 3)

    async def ask() -> None:
        await made.adelay(3, 3)

    with pytest.raises(QueueFull):
        asyncio.run(ask())


def test_of_a_batch_that_a_queue_has_no_room_for_no_job_is_kept() -> None:
    nuvom.configure(queue_maxsize=3)
    made = task(add)
    made.delay(1, 1)

    with pytest.raises(QueueFull, match=r"has room for 2 of 3 new jobs; none of them was accepted"):
        made.map([(2, 2), (3, 3), (4, 4)])

    assert sum(queue.pending for queue in sdk.list_queues()) == 1


def test_a_queue_has_room_again_when_a_worker_has_taken_a_job() -> None:
    nuvom.configure(queue_maxsize=1)
    made = task(add)
    first = made.delay(1, 1)

    with nuvom.Worker(threads=1):
        first.get(timeout=PATIENCE)
        assert made.delay(2, 2).get(timeout=PATIENCE) == 4


def test_a_queue_that_is_full_keeps_nothing_from_the_others() -> None:
    nuvom.configure(queue_maxsize=1)
    made = task(add)
    made.delay(1, 1)

    assert made.with_options(queue="other").delay(2, 2).status == "PENDING"


def test_a_task_can_be_asked_for_by_its_name() -> None:
    task(add)

    with nuvom.Worker(threads=1):
        assert enqueue("add", 5, y=7).get(timeout=PATIENCE) == 12
        assert [job.get(timeout=PATIENCE) for job in enqueue_many("add", [(1, 1), (2, 2)])] == [2, 4]


def test_a_name_that_no_task_has_is_not_found() -> None:
    task(add)

    with pytest.raises(NotFound, match="no task is named 'ad'; known are: add"):
        enqueue("ad", 5)


def test_a_task_can_ask_for_jobs_itself_and_they_stand_though_it_fails() -> None:
    made = task(add)
    children: list[nuvom.Job[int]] = []

    @task
    def parent() -> None:
        children.extend(made.map([(i, i) for i in range(1_000)]))
        raise ValueError("after all of them")

    with nuvom.Worker(threads=2):
        with pytest.raises(nuvom.JobFailed):
            parent.delay().get(timeout=PATIENCE)
        assert [job.get(timeout=PATIENCE) for job in children] == [2 * i for i in range(1_000)]
