"""Jobs whose task is not, or not any more, what it was when they were asked for."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import nuvom
import pytest
from harness import PATIENCE, Events
from nuvom import task
from nuvom.errors import JobFailed
from nuvom.registry import get_task_registry

pytestmark = pytest.mark.usefixtures("backend")


def test_a_job_whose_task_is_not_known_is_handed_back_without_using_its_budget(events: Events) -> None:
    @task(name="old")
    def gone() -> None: ...

    job = gone.delay()
    get_task_registry().clear()

    with nuvom.Worker(threads=1):
        events.wait_for("ended", job_id=job.id, state="PENDING")

    info = job.info()
    assert (info.state, info.failures, info.losses, info.handbacks) == ("PENDING", 0, 0, 1)
    (attempt,) = info.attempts
    assert (attempt.outcome, attempt.kind) == ("handed back", "UnknownTask")
    assert 'no task named "old" is registered' in attempt.message
    assert info.run_at - attempt.ended_at == timedelta(seconds=5)


@pytest.mark.parametrize("name", ["os.system", "__class__", "nuvom.task:task", "builtins.eval"])
def test_a_name_is_looked_up_in_the_registry_and_nowhere_else(name: str, events: Events) -> None:
    job = task(name=name)(lambda: None).delay()
    get_task_registry().clear()

    with nuvom.Worker(threads=1):
        events.wait_for("ended", job_id=job.id, state="PENDING")

    assert job.info().attempts[0].kind == "UnknownTask"


def test_an_alias_serves_the_jobs_of_an_older_name() -> None:
    @task(name="old")
    def before() -> str:
        return "old"

    job = before.delay()
    get_task_registry().clear()

    @task(name="new", aliases=["old"])
    def after() -> str:
        return "new"

    with nuvom.Worker(threads=1):
        assert job.get(timeout=PATIENCE) == "new"


def define(function: Callable[..., Any]) -> nuvom.Task[..., Any]:
    """The function as the only version of the task `send`."""
    get_task_registry().clear()
    made: nuvom.Task[..., Any] = task(name="send", retries=3, retry_delay_secs=0)(function)
    return made


def opaque(function: Callable[..., Any]) -> Callable[..., Any]:
    """What the function takes can only be told by `inspect`."""

    @functools.wraps(function)
    def around(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return around


def old(to: str, copies: int) -> str:
    return f"{copies} to {to}"


def new(to: str) -> str:
    return f"1 to {to}"


def test_a_job_whose_call_only_the_old_signature_takes_is_handed_back_as_it_was(events: Events) -> None:
    job = define(old).delay("ada", copies=2)
    before = job.info()
    define(new)

    with nuvom.Worker(threads=1):
        events.wait_for("ended", job_id=job.id, state="PENDING")

    after = job.info()
    assert (after.state, after.failures, after.losses, after.handbacks) == ("PENDING", 0, 0, 1)
    assert (after.args, after.kwargs, after.signature) == (before.args, before.kwargs, before.signature)
    assert after.max_attempts == before.max_attempts
    (attempt,) = after.attempts
    assert (attempt.outcome, attempt.kind, attempt.traceback) == ("handed back", "OtherSignature", "")
    assert 'another signature of "send"' in attempt.message
    assert after.run_at - attempt.ended_at == timedelta(seconds=5)


def test_a_worker_of_the_old_version_runs_what_one_of_the_new_version_handed_back(events: Events) -> None:
    job = define(old).delay("ada", copies=2)
    define(new)
    with nuvom.Worker(threads=1):
        events.wait_for("ended", job_id=job.id, state="PENDING")
    # Another life begins at once, where the hand-back would have it wait for 5 seconds.
    job.cancel()
    job.retry()

    define(old)
    with nuvom.Worker(threads=1):
        assert job.get(timeout=PATIENCE) == "2 to ada"


def test_a_worker_goes_on_with_the_jobs_of_a_task_that_its_version_takes(events: Events) -> None:
    left = define(old).delay("ada", copies=2)
    send = define(new)

    with nuvom.Worker(threads=1):
        events.wait_for("ended", job_id=left.id, state="PENDING")
        assert send.delay("bob").get(timeout=PATIENCE) == "1 to bob"


@pytest.mark.parametrize(("wrap_old", "wrap_new"), [(True, False), (False, True), (True, True)])
def test_a_call_that_does_not_fit_fails_at_once_where_no_other_signature_is_known_to_take_it(
    *, wrap_old: bool, wrap_new: bool
) -> None:
    job = define(opaque(old) if wrap_old else old).delay("ada", 2)
    define(opaque(new) if wrap_new else new)

    with nuvom.Worker(threads=1), pytest.raises(JobFailed) as failed:
        job.get(timeout=PATIENCE)

    assert failed.value.kind == "nuvom.errors.BadArguments"
    assert "task send(to: 'str') -> 'str' cannot be called so: too many positional arguments" in failed.value.reason
    assert (job.info().failures, job.info().handbacks) == (1, 0)


def test_a_job_of_an_older_signature_whose_call_still_fits_just_runs() -> None:
    job = define(old).delay("ada", copies=2)
    send = define(lambda to, copies, express=False: f"{copies} to {to}")

    with nuvom.Worker(threads=1):
        assert job.get(timeout=PATIENCE) == "2 to ada"

    assert job.info().signature != send.delay("ada", 2).info().signature
    assert (job.info().handbacks, job.info().attempts) == (0, [])
