"""Where a job waits, and until when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import nuvom
import pytest
from harness import PATIENCE
from nuvom import task
from nuvom.errors import InvalidOption

pytestmark = pytest.mark.usefixtures("backend")


def test_jobs_run_by_priority_and_then_in_the_order_they_were_asked_for() -> None:
    order: list[str] = []

    @task
    def note(name: str) -> None:
        order.append(name)

    urgent, late = note.with_options(priority=0), note.with_options(priority=9)
    jobs = [late.delay("late"), note.delay("first"), note.delay("second"), urgent.delay("urgent")]

    with nuvom.Worker(threads=1):
        for job in jobs:
            job.get(timeout=PATIENCE)
    assert order == ["urgent", "first", "second", "late"]


def test_options_of_a_copy_leave_the_task_as_it_is() -> None:
    @task(queue="mail", priority=3)
    def send() -> None: ...

    copy = send.with_options(queue="bulk")

    assert (copy.delay().info().queue, copy.delay().info().priority) == ("bulk", 3)
    assert send.delay().info().queue == "mail"


def test_options_that_are_not_given_come_from_task_and_settings() -> None:
    @task
    def plain() -> None: ...

    info = plain.delay().info()

    assert (info.queue, info.priority, info.max_attempts, info.tags) == ("default", 5, 1, [])


def test_a_job_that_is_due_later_waits() -> None:
    ran: list[str] = []

    @task
    def note(name: str) -> None:
        ran.append(name)

    later = note.with_options(in_=3600, priority=0).delay("later")
    with nuvom.Worker(threads=1):
        note.delay("now").get(timeout=PATIENCE)

    assert ran == ["now"]
    info = later.info()
    assert info.state == "PENDING"
    assert info.run_at - info.created_at == timedelta(hours=1)


def test_a_job_that_is_due_in_a_moment_runs_then() -> None:
    @task
    def note() -> str:
        return "ran"

    job = note.with_options(in_=0.05).delay()

    with nuvom.Worker(threads=1):
        assert job.get(timeout=PATIENCE) == "ran"
    info = job.info()
    assert info.started_at is not None
    assert info.started_at >= info.run_at


def test_a_time_with_a_zone_is_kept_to_the_microsecond() -> None:
    @task
    def note() -> None: ...

    at = datetime(2090, 5, 4, 3, 2, 1, 123456, tzinfo=UTC)

    assert note.with_options(at=at).delay().info().run_at == at


def test_a_time_without_a_zone_is_local() -> None:
    @task
    def note() -> None: ...

    at = datetime(2090, 5, 4, 3, 2, 1)

    assert note.with_options(at=at).delay().info().run_at == at.astimezone(UTC)


def test_a_time_that_has_passed_is_now() -> None:
    @task
    def note() -> str:
        return "ran"

    job = note.with_options(at=datetime(2001, 1, 1, tzinfo=UTC)).delay()

    with nuvom.Worker(threads=1):
        assert job.get(timeout=PATIENCE) == "ran"


def test_a_start_has_one_time() -> None:
    @task
    def note() -> None: ...

    with pytest.raises(InvalidOption, match="in_ or at, not both"):
        note.with_options(in_=1, at=datetime(2090, 1, 1, tzinfo=UTC))


def test_a_copy_cannot_change_what_the_worker_looks_up_by_name() -> None:
    @task
    def note() -> None: ...

    with pytest.raises(InvalidOption, match="with_options has no option 'name'"):
        note.with_options(name="other")  # type: ignore[call-arg]  # what is tested here


def test_the_record_shows_what_was_asked_for() -> None:
    @task(name="mail.send", retries=2, tags=["mail", "slow"], queue="mail", priority=1)
    def send(to: str, *, copies: int = 1) -> None: ...

    job = send.delay("ada", copies=2)

    info = job.info()
    assert info.id == job.id
    assert (info.task, info.queue, info.priority, info.tags) == ("mail.send", "mail", 1, ["mail", "slow"])
    assert (info.args, info.kwargs) == (("ada",), {"copies": 2})
    assert (info.state, info.attempt, info.max_attempts) == ("PENDING", 1, 3)
    assert (info.failures, info.losses, info.handbacks, info.attempts) == (0, 0, 0, [])
    assert (info.started_at, info.ended_at, info.worker, info.cancel_requested) == (None, None, None, False)


def test_the_last_start_that_was_said_counts_whichever_way_it_is_named() -> None:
    @task
    def note() -> None: ...

    then = datetime(2090, 1, 1, tzinfo=UTC)

    at_last = note.with_options(in_=60).with_options(at=then).delay().info()
    in_last = note.with_options(at=then).with_options(in_=60).delay().info()

    assert at_last.run_at == then
    assert in_last.run_at - in_last.created_at == timedelta(seconds=60)
