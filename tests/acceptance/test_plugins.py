"""Plugins at work: in workers of their own, in their children, and from the command line."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import PATIENCE, Nuvom, WorkerProcess

Runworker = Callable[..., WorkerProcess]

PLUGINS = """
from contextlib import contextmanager
from contextvars import ContextVar

from nuvom.plugins.contracts import Plugin
from nuvom.plugins.lifecycle import LifecycleHook
from nuvom.plugins.middleware import Middleware

tenant = ContextVar("tenant", default="nobody")


class Tenants(Plugin, Middleware):
    name = "tenants"

    def start(self, settings, **runtime): ...
    def stop(self): ...

    @contextmanager
    def enqueueing(self, enqueueing):
        if tenant.get() == "banned":
            raise PermissionError("no jobs for you")
        enqueueing.headers["tenant"] = tenant.get()
        yield

    @contextmanager
    def running(self, context):
        token = tenant.set(context.headers["tenant"] + " by middleware")
        yield
        tenant.reset(token)


class Notes(Plugin, LifecycleHook):
    name = "notes"

    def start(self, settings, **runtime):
        self.path = settings["path"]

    def stop(self):
        self.note("stop")

    def note(self, *words):
        with open(self.path, "a") as file:
            file.write(" ".join(words) + "\\n")

    def before_job(self, context):
        self.note("before", context.task)
        raise RuntimeError("a hook that fails")

    def after_job(self, context, result):
        self.note("after", context.task, str(result))

    def on_error(self, context, error):
        self.note("error", context.task, str(error))

    def on_retry(self, context, error):
        self.note("retry", context.task, error)

    def on_worker_start(self, worker):
        self.note("worker start")

    def on_worker_stop(self, worker):
        self.note("worker stop")
"""

TASKS = """
from nuvom import current_job, task
from tenancy import tenant


@task
def who() -> str:
    return tenant.get()


@task
async def who_async() -> str:
    return tenant.get()


@task(run_in="process")
def who_in_child() -> str:
    return tenant.get()


@task(retries=1, retry_delay_secs=0)
def second() -> str:
    if current_job().attempt == 1:
        raise ValueError("not yet")
    return current_job().headers["tenant"]
"""

FILE = """
[plugins]
middleware = ["tenancy:Tenants"]
lifecycle_hook = ["tenancy:Notes"]

[plugin.notes]
path = "{path}"
"""

CALL = """
import tasks
from tenancy import tenant

tenant.set("acme")
jobs = [tasks.who.delay(), tasks.who_async.delay(), tasks.who_in_child.delay(), tasks.second.delay()]
print([job.get(timeout=30) for job in jobs])
"""


@pytest.fixture
def notes(command: Nuvom, project: Path, sqlite: Path) -> Path:
    """A project with a middleware and a hook, and where the hook notes what it hears."""
    path = project / "notes.txt"
    command.write("tenancy.py", PLUGINS)
    command.write(".nuvom_plugins.toml", FILE.format(path=path.as_posix()))
    command.write("tasks.py", TASKS)
    command.run("discover", "tasks")
    return path


def test_middleware_carries_context_from_the_caller_into_tasks_of_every_kind(
    command: Nuvom, runworker: Runworker, notes: Path
) -> None:
    runworker()

    called = command.python(CALL)

    by_middleware = "acme by middleware"
    assert called.stdout.strip() == str([by_middleware, by_middleware, by_middleware, "acme"]), called.stderr


def test_middleware_that_raises_refuses_the_job_and_the_caller_hears_it(
    command: Nuvom, runworker: Runworker, notes: Path
) -> None:
    called = command.python("import tasks\nfrom tenancy import tenant\ntenant.set('banned')\ntasks.who.delay()")

    assert called.stderr.strip().endswith("PermissionError: no jobs for you")
    assert command.run("history", "recent", "--json").stdout.strip() == "[]"


def test_hooks_hear_of_jobs_and_workers_and_change_no_outcome(
    command: Nuvom, runworker: Runworker, notes: Path
) -> None:
    worker = runworker()
    command.python(CALL)
    worker.signal(signal.SIGTERM)
    worker.wait(PATIENCE)

    heard = notes.read_text(encoding="utf-8").splitlines()
    assert heard[0] == "worker start"
    assert heard[-2:] == ["worker stop", "stop"]
    assert {"before who", "after who acme by middleware", "before who_in_child"} <= set(heard)
    assert {"error second not yet", "retry second ValueError: not yet", "after second acme"} <= set(heard)


def test_a_worker_says_which_plugins_run(runworker: Runworker, notes: Path) -> None:
    assert "plugins: notes" in runworker().log


def test_a_worker_says_once_where_the_code_of_each_plugin_comes_from(
    command: Nuvom, runworker: Runworker, notes: Path
) -> None:
    told = [line for line in runworker().log.splitlines() if ", from tenancy.py" in line]
    listed = command.run("plugin", "list", "--json")
    inspected = command.run("plugin", "inspect", "notes", "--json")

    assert len(told) == 2
    assert "tenancy:Tenants (middleware)" in "".join(told)
    assert "tenancy:Notes (lifecycle_hook)" in "".join(told)
    assert '"origin":"tenancy.py"' in listed.stdout.replace(" ", "")
    assert '"origin":"tenancy.py"' in inspected.stdout.replace(" ", "")


def test_a_required_plugin_that_fails_keeps_a_worker_from_starting(command: Nuvom, notes: Path, project: Path) -> None:
    command.write(
        ".nuvom_plugins.toml", '[plugins]\nlifecycle_hook = ["tenancy:Notes"]\n[plugin.notes]\nrequired = true'
    )

    ran = command.run("runworker")

    assert ran.returncode == 2
    assert "the plugin notes (tenancy:Notes) is required and raised KeyError: 'path'" in ran.stderr


def test_prometheus_is_scraped_from_a_worker_that_names_it(command: Nuvom, runworker: Runworker, notes: Path) -> None:
    command.write(
        ".nuvom_plugins.toml",
        '[plugins]\nmonitoring = ["nuvom.plugins.monitoring.prometheus:PrometheusPlugin"]\n'
        "[plugin.prometheus]\nport = 0",
    )

    assert "plugins: prometheus" in runworker().log


@pytest.mark.parametrize(
    "kind", ["queue_backend", "result_backend", "scheduler_backend", "lifecycle_hook", "middleware", "monitoring"]
)
def test_what_is_scaffolded_passes_its_test_as_it_is(command: Nuvom, project: Path, kind: str) -> None:
    written = command.run("plugin", "scaffold", kind, "my_plugin")
    judged = command.run("plugin", "test", "my_plugin:MyPlugin")
    tested = command.python(
        "import pytest, sys; sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', 'test_my_plugin.py']))"
    )

    assert written.returncode == 0, written.stderr
    assert judged.returncode == 0, judged.stdout + judged.stderr
    assert ", 0 fail, " in judged.stdout
    assert tested.returncode == 0, tested.stdout


def test_a_queue_that_loses_jobs_is_found_out(command: Nuvom) -> None:
    command.run("plugin", "scaffold", "queue_backend", "my_queue")
    source = (command.project / "my_queue.py").read_text(encoding="utf-8")
    command.write("my_queue.py", source.replace("self._jobs.append(job)", "self._jobs = deque([job])"))

    judged = command.run("plugin", "test", "my_queue:MyQueue")

    assert judged.returncode == 1
    assert "fails: claim::" in judged.stdout


def test_a_scaffold_leaves_a_file_that_is_there(command: Nuvom) -> None:
    command.write("my_queue.py", "mine")

    ran = command.run("plugin", "scaffold", "queue_backend", "my_queue")

    assert (ran.returncode, (command.project / "my_queue.py").read_text(encoding="utf-8")) == (2, "mine")


def test_the_commands_tell_what_there_is_and_what_works(command: Nuvom, notes: Path) -> None:
    command.write("broken.py", "import no_such_module")
    command.write(".nuvom_plugins.toml", FILE.replace('"tenancy:Notes"', '"tenancy:Notes", "broken:Name"'))

    listed = command.run("plugin", "list")
    status = command.run("plugin", "status", "--json")
    inspected = command.run("plugin", "inspect", "tenants", "--json")

    assert "tenancy:Tenants" in listed.stdout
    assert '"state":"disabled"' in status.stdout.replace(" ", "")
    assert '"api_version":"1.0"' in inspected.stdout.replace(" ", "")


def test_listing_plugins_imports_none(command: Nuvom) -> None:
    command.write("loud.py", "print('imported')")
    command.write(".nuvom_plugins.toml", '[plugins]\nmonitoring = ["loud:Name"]')

    assert "imported" not in command.run("plugin", "list").stdout


def test_a_plugin_queue_of_one_process_is_refused_by_the_command_line(command: Nuvom) -> None:
    command.run("plugin", "scaffold", "queue_backend", "my_queue")
    command.write(".nuvom_plugins.toml", '[plugins]\nqueue_backend = ["my_queue:MyQueue"]')

    ran = command.run("history", "recent", queue_backend="my_queue", result_backend="sqlite")

    assert ran.returncode == 2
    assert "my_queue lives inside one process" in ran.stderr
