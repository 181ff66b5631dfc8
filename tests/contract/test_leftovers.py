"""What tasks leave behind or change: it does not reach the worker, and does not keep it from stopping."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Literal

import nuvom
import pytest
from harness import PATIENCE, Meeting, Nuvom, WorkerProcess
from nuvom.errors import JobFailed

Pool = Literal["thread", "process"]
Load = Callable[[str], ModuleType]
Runworker = Callable[..., WorkerProcess]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks and signals belong to POSIX")

pools = pytest.mark.parametrize("pool", ["thread", "process"])

LEAVE = """
import asyncio
import locale
import os
import signal
import socket
import subprocess
import sys
import threading
import time

from nuvom import task

held: list[object] = []


class Own(BaseException):
    pass


@task
def leave_threads(count: int) -> int:
    for _ in range(count):
        threading.Thread(target=threading.Event().wait, daemon=True).start()
    return threading.active_count()


@task
def leave_a_program(port: int) -> int:
    line = socket.create_connection(("127.0.0.1", port))
    line.sendall(f"{os.getpid()}\\n".encode())
    # It ends when the test closes the connection.
    program = f"import socket; socket.socket(fileno={line.fileno()}).recv(1)"
    started = subprocess.Popen(
        [sys.executable, "-c", program], pass_fds=[line.fileno()], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    held.append(started)
    line.close()
    return started.pid


@task
async def leave_coroutines(count: int) -> str:
    held.extend(asyncio.ensure_future(asyncio.sleep(600)) for _ in range(count))
    return "left"


@task
def fork() -> int:
    pid = os.fork()
    if pid == 0:
        os._exit(5)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@task(run_in="process")
def vandalise() -> None:
    os.chdir("/")
    os.environ["VANDAL"] = "was here"
    os.environ.pop("PATH", None)
    os.umask(0o777)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.stdout = sys.stderr = None
    sys.path.clear()
    os.closerange(1, 3)


@task(run_in="thread")
def look_around() -> dict[str, object]:
    mask = os.umask(0o22)
    os.umask(mask)
    handlers = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)]
    return {
        "cwd": os.getcwd(),
        "vandal": os.environ.get("VANDAL"),
        "path": os.environ.get("PATH"),
        "umask": mask,
        "ignored": signal.SIG_IGN in handlers,
        "silent": sys.stderr is None,
    }


@task
def escape(how: str) -> None:
    if how == "recursion":
        escape(how)
    if how == "surrogates":
        raise ValueError("half a pair: \\ud800")
    raise {"SystemExit": SystemExit, "KeyboardInterrupt": KeyboardInterrupt, "Own": Own}[how]("out")


@task
def answer() -> int:
    return 42


@task
def ask_much_then_fail(count: int) -> None:
    jobs = answer.map([()] * count)
    raise ValueError(" ".join(job.id for job in jobs))


@task
def leave_a_thread_that_is_no_daemon() -> None:
    threading.Thread(target=threading.Event().wait).start()


@task
def replace_the_handler() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
"""


@pools
def test_threads_and_coroutines_that_tasks_leave_behind_do_not_block_a_stop(
    backend: str, load: Load, pool: Pool
) -> None:
    tasks = load(LEAVE)
    worker = nuvom.Worker(threads=1, pool=pool)
    worker.start()

    assert tasks.leave_threads.delay(100).get(timeout=PATIENCE) > 100
    assert tasks.leave_coroutines.delay(100).get(timeout=PATIENCE) == "left"
    assert tasks.answer.delay().get(timeout=PATIENCE) == 42

    assert worker.stop() == 0


@pools
@pytest.mark.usefixtures("sqlite")
def test_a_program_that_a_task_leaves_behind_does_not_block_a_stop(
    command: Nuvom, runworker: Runworker, pool: Pool
) -> None:
    tasks = command.tasks(LEAVE)
    worker = runworker("--pool", pool, "--workers", "1", sqlite_durability="process")

    with Meeting() as meeting:
        job = tasks.leave_a_program.delay(meeting.port)
        meeting.guest()
        job.get(timeout=PATIENCE)
        worker.signal(signal.SIGTERM)

        assert worker.exit_code() == 0


@pools
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_task_may_fork(backend: str, load: Load, pool: Pool) -> None:
    tasks = load(LEAVE)
    with nuvom.Worker(threads=2, pool=pool):
        jobs = tasks.fork.map([()] * 10)

        assert [job.get(timeout=PATIENCE) for job in jobs] == [5] * 10
        assert tasks.answer.delay().get(timeout=PATIENCE) == 42


@pytest.mark.usefixtures("sqlite")
def test_what_a_task_changes_in_a_child_does_not_reach_the_worker(command: Nuvom, runworker: Runworker) -> None:
    tasks = command.tasks(LEAVE)
    worker = runworker("--workers", "1", sqlite_durability="process")

    before = tasks.look_around.delay().get(timeout=PATIENCE)
    tasks.vandalise.delay().get(timeout=PATIENCE)
    after = tasks.look_around.delay().get(timeout=PATIENCE)

    assert after == before
    assert (after["vandal"], after["ignored"], after["silent"]) == (None, False, False)
    # The child still does its work.
    tasks.vandalise.delay().get(timeout=PATIENCE)
    worker.signal(signal.SIGTERM)
    assert worker.exit_code() == 0


@pytest.mark.parametrize(
    ("how", "kind"),
    [
        ("SystemExit", "SystemExit"),
        ("KeyboardInterrupt", "KeyboardInterrupt"),
        ("Own", "Own"),
        ("recursion", "RecursionError"),
        ("surrogates", "ValueError"),
    ],
)
def test_anything_that_a_task_raises_in_a_child_is_a_failure_and_the_child_goes_on(
    sqlite: Path, load: Load, how: str, kind: str
) -> None:
    tasks = load(LEAVE)
    with nuvom.Worker(threads=1, pool="process"):
        with pytest.raises(JobFailed) as failed:
            tasks.escape.delay(how).get(timeout=PATIENCE)
        assert tasks.answer.delay().get(timeout=PATIENCE) == 42

    assert failed.value.kind.endswith(kind)
    assert len(failed.value.remote_traceback) < 64_100


@pools
def test_jobs_that_a_task_asked_for_before_it_failed_are_run(sqlite: Path, load: Load, pool: Pool) -> None:
    tasks = load(LEAVE)
    with nuvom.Worker(threads=1, pool=pool):
        with pytest.raises(JobFailed) as failed:
            tasks.ask_much_then_fail.delay(200).get(timeout=PATIENCE)
        asked = failed.value.reason.split()

        assert [nuvom.Job(id).get(timeout=PATIENCE) for id in asked] == [42] * 200


@pytest.mark.usefixtures("sqlite")
def test_a_task_in_a_thread_cannot_take_the_workers_signals_from_it(command: Nuvom, runworker: Runworker) -> None:
    tasks = command.tasks(LEAVE)
    worker = runworker("--workers", "1", sqlite_durability="process")

    with pytest.raises(JobFailed, match="signal only works in main thread"):
        tasks.replace_the_handler.delay().get(timeout=PATIENCE)
    worker.signal(signal.SIGTERM)

    assert worker.exit_code() == 0


@pools
@pytest.mark.usefixtures("sqlite")
def test_a_thread_that_is_no_daemon_does_not_block_a_stop(command: Nuvom, runworker: Runworker, pool: Pool) -> None:
    tasks = command.tasks(LEAVE)
    worker = runworker("--pool", pool, "--workers", "1", sqlite_durability="process")

    tasks.leave_a_thread_that_is_no_daemon.delay().get(timeout=PATIENCE)
    worker.signal(signal.SIGTERM)

    assert worker.exit_code() == 0
