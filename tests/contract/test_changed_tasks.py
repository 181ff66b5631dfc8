"""Jobs whose task is not, or not any more, what it was when they were asked for."""

from __future__ import annotations

from datetime import timedelta

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


def test_a_call_that_no_longer_fits_fails_at_once_and_shows_the_signature() -> None:
    @task(name="send", retries=3, retry_delay_secs=0)
    def before(to: str, copies: int) -> None: ...

    job = before.delay("ada", 2)
    get_task_registry().clear()

    ran: list[str] = []

    @task(name="send", retries=3, retry_delay_secs=0)
    def after(to: str) -> None:
        ran.append(to)

    with nuvom.Worker(threads=1), pytest.raises(JobFailed) as failed:
        job.get(timeout=PATIENCE)

    assert failed.value.kind == "nuvom.errors.BadArguments"
    assert "task send(to: 'str') -> 'None' cannot be called so: too many positional arguments" in failed.value.reason
    assert ran == []
    assert job.info().failures == 1


def test_a_parameter_with_a_default_can_be_added() -> None:
    @task(name="send")
    def before(to: str) -> None: ...

    job = before.delay("ada")
    get_task_registry().clear()

    @task(name="send")
    def after(to: str, copies: int = 1) -> str:
        return f"{copies} to {to}"

    with nuvom.Worker(threads=1):
        assert job.get(timeout=PATIENCE) == "1 to ada"
