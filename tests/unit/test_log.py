"""What a worker logs: who is asked, what stands on a line, and which job a record comes from."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import nuvom
import nuvom.log
import pytest
from nuvom import task
from nuvom.log import JobContext, JsonLines, PlainLines, adopt_root, report, setup_logging
from nuvom.log.people import PeopleHandler
from rich.console import Console

HOSTILE = "\x1b]52;c;aGk=\x07[red]no markup[/red]\r12:00:00 INFO forged"


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No handlers anywhere, as at the start of a process."""
    root = logging.getLogger()
    before = (list(root.handlers), root.level, nuvom.log.logger.level)
    root.handlers = []
    monkeypatch.setattr(nuvom.log, "_own", None)
    monkeypatch.setattr(nuvom.log.logger, "handlers", [])
    monkeypatch.setattr(nuvom.log.logger, "propagate", True)
    yield
    root.handlers, root.level = before[0], before[1]
    nuvom.log.logger.setLevel(before[2])


def set_up(level: str = "INFO", format: str = "plain") -> logging.StreamHandler[io.StringIO]:
    """Sets logging up as a worker does, in a process in which nobody else has; answers the handler, with a stream
    that can be read. pytest adds handlers of its own before each test.
    """
    logging.getLogger().handlers = []
    setup_logging(level, format)
    [handler] = nuvom.log.logger.handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.stream = io.StringIO()
    return handler


def record(message: str, **extra: object) -> logging.LogRecord:
    made = logging.LogRecord("shop", logging.INFO, __file__, 1, message, None, None)
    vars(made).update(extra)
    return made


def written(handler: logging.Handler) -> str:
    stream = handler.stream  # type: ignore[attr-defined]  # a StreamHandler, whose stream the test has set
    assert isinstance(stream, io.StringIO)
    return stream.getvalue()


def test_a_set_up_of_the_program_wins() -> None:
    logging.getLogger().addHandler(logging.NullHandler())

    setup_logging()

    assert nuvom.log.logger.handlers == []


def test_records_of_tasks_go_the_way_of_nuvom_s_own_where_nobody_else_set_logging_up() -> None:
    handler = set_up()
    adopt_root()

    logging.getLogger("shop").info("sold")
    logging.getLogger("shop").debug("too quiet")
    nuvom.log.logger.info("once")

    lines = written(handler).splitlines()
    assert [line.split()[1:] for line in lines] == [["INFO", "sold"], ["INFO", "once"]]


def test_what_modules_with_tasks_set_up_takes_over() -> None:
    set_up()
    theirs = logging.StreamHandler(io.StringIO())
    logging.getLogger().addHandler(theirs)

    adopt_root()
    nuvom.log.logger.warning("theirs now")

    assert nuvom.log.logger.handlers == []
    assert written(theirs) == "theirs now\n"
    assert any(isinstance(one, JobContext) for one in theirs.filters)


@pytest.mark.parametrize("format", ["plain", "json"])
def test_a_record_of_a_task_says_which_job_it_comes_from(format: str, backend: str) -> None:
    handler = set_up(format=format)
    adopt_root()

    @task(name="selling")
    def sell() -> None:
        logging.getLogger("shop").info("sold")

    with nuvom.Worker(threads=1):
        job = sell.delay()
        job.get(timeout=60)

    [line] = [line for line in written(handler).splitlines() if "sold" in line]
    if format == "json":
        told = json.loads(line)
        assert (told["job_id"], told["task"], told["attempt"], told["queue"]) == (job.id, "selling", 1, "default")
    else:
        assert line.endswith(f"sold  [selling {job.id}]")


def test_what_a_record_says_of_itself_stays() -> None:
    told = record("m", task="theirs")

    assert JobContext().filter(told)

    assert (vars(told)["task"], hasattr(told, "job_id")) == ("theirs", False)


def test_a_line_cannot_forge_another_or_command_a_terminal() -> None:
    line = PlainLines().format(record(HOSTILE + "\n12:00:00 INFO forged"))

    first, second = line.split("\n")
    assert "\x1b" not in line and "\r" not in line and "\x07" not in line
    assert "[red]no markup[/red]" in first
    assert second.startswith("    12:00:00")


def test_a_terminal_gets_colours_and_data_as_text() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=40, color_system="standard")
    handler = PeopleHandler(console)

    handler.handle(record(HOSTILE, job_id="J-1", task="[bold]t"))

    shown = console.file.getvalue()  # type: ignore[attr-defined]  # the StringIO from above
    assert "\x1b[32mINFO" in shown
    assert "[red]no markup[/red]" in shown and "[[bold]t J-1]" in shown
    assert "\\x1b]52" in shown and "\x1b]" not in shown and "\x07" not in shown


def test_a_terminal_gets_the_traceback_once_and_no_locals() -> None:
    console = Console(file=io.StringIO(), force_terminal=False, width=200)
    customer = "hunter2"
    try:
        raise ValueError(f"{len(customer)} letters")
    except ValueError:
        logger = logging.Logger("shop")
        logger.addHandler(PeopleHandler(console))
        logger.exception("it broke")

    shown = console.file.getvalue()  # type: ignore[attr-defined]  # the StringIO from above
    assert shown.count("ValueError: 7 letters") == 1
    assert "hunter2" not in shown


def test_a_json_line_is_one_line_whatever_is_in_it() -> None:
    line = JsonLines().format(record("a\nb\u2028c", event="ended", job_id="J"))

    assert "\n" not in line
    assert json.loads(line) | {"time": ""} == {
        "time": "", "level": "INFO", "logger": "shop", "message": "a\nb\u2028c", "event": "ended", "job_id": "J"
    }  # fmt: skip


def test_many_successes_are_told_by_their_number() -> None:
    handler = set_up()

    report([("jobs_done", {"count": 1234, "rate": 1230.4, "took_secs": 1.0029})], 0)

    assert written(handler).endswith("INFO    1,234 jobs done in 1.0 s (1,230/s)\n")


def test_a_worker_tells_few_successes_one_by_one_and_many_by_their_number(backend: str) -> None:
    handler = set_up()

    @task(name="counted")
    def counted(number: int) -> int:
        return number

    with nuvom.Worker(threads=1):
        for job in counted.map([(number,) for number in range(500)]):
            job.get(timeout=60)

    lines = written(handler).splitlines()
    alone = [line for line in lines if "succeeded in" in line]
    summed = [int(line.split()[2]) for line in lines if "jobs done in" in line]
    assert 1 <= len(alone) <= 20
    assert len(alone) + sum(summed) == 500


def test_a_worker_tells_many_failures_one_by_one_at_first_and_then_by_their_number(backend: str) -> None:
    handler = set_up()

    @task(name="failing")
    def failing(number: int) -> int:
        raise ValueError(f"no {number}")

    with nuvom.Worker(threads=1):
        for job in failing.map([(number,) for number in range(1_000)]):
            with pytest.raises(nuvom.JobFailed):
                job.get(timeout=60)

    lines = written(handler).splitlines()
    alone = [line for line in lines if " failed: ValueError" in line]
    summed = [int(line.split()[2].replace(",", "")) for line in lines if "more attempts failed within" in line]
    assert len(alone) >= 100
    assert len([line for line in lines if line.strip() == f"ValueError: {alone[0].split(': ')[-1]}"]) == 1
    assert len(alone) + sum(summed) == 1_000
