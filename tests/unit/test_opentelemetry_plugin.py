"""Traces from a caller into the job: spans as the real SDK of OpenTelemetry exports them."""

from __future__ import annotations

import pytest
from nuvom.errors import InvalidValue, TimeLimitReached, WorkerStopping
from nuvom.plugins.lifecycle import JobContext
from nuvom.plugins.middleware import Enqueueing, Middleware
from nuvom.plugins.monitoring.opentelemetry import OpenTelemetryPlugin
from opentelemetry import baggage, context, trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode


class Traces:
    """A plugin, and the spans that came of it."""

    def __init__(self, **settings: str) -> None:
        self._exporter = InMemorySpanExporter()
        self.provider = TracerProvider()
        self.provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.plugin = OpenTelemetryPlugin(self.provider)
        self.plugin.start(settings)

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        return self._exporter.get_finished_spans()

    def enqueue(self, count: int = 1) -> dict[str, str]:
        """The headers that a job of `add` would carry."""
        enqueueing = Enqueueing(task="add", queue="mail", count=count)
        with self.plugin.enqueueing(enqueueing):
            pass
        return enqueueing.headers


@pytest.fixture
def traces() -> Traces:
    return Traces()


def attempt(headers: dict[str, str] | None = None) -> JobContext:
    """An attempt of `add`."""
    return JobContext(job_id="j-1", task="add", queue="mail", attempt=2, worker="w-1", headers=headers or {})


def ids(context: trace.SpanContext | None) -> tuple[int, int]:
    """Which span of which trace is meant, however it is known."""
    assert context is not None
    return context.trace_id, context.span_id


def test_it_is_a_middleware() -> None:
    assert issubclass(OpenTelemetryPlugin, Middleware)
    assert OpenTelemetryPlugin.provides == ("middleware",)


def test_enqueueing_is_a_producer_span_whose_context_the_headers_carry(traces: Traces) -> None:
    headers = traces.enqueue()

    (span,) = traces.spans
    made = span.get_span_context()
    assert made is not None
    assert list(headers) == ["traceparent"]
    assert headers["traceparent"].startswith(f"00-{made.trace_id:032x}-{made.span_id:016x}-0")
    assert (span.name, span.kind) == ("send mail", SpanKind.PRODUCER)
    assert dict(span.attributes or {}) == {
        "messaging.system": "nuvom",
        "messaging.operation.type": "send",
        "messaging.operation.name": "enqueue",
        "messaging.destination.name": "mail",
        "nuvom.task": "add",
    }


def test_a_batch_is_one_span_with_its_size(traces: Traces) -> None:
    traces.enqueue(count=500)

    (span,) = traces.spans
    assert (span.attributes or {})["messaging.batch.message_count"] == 500


def test_the_callers_span_is_the_parent_of_the_enqueueing(traces: Traces) -> None:
    with traces.provider.get_tracer("test").start_as_current_span("request") as request:
        traces.enqueue()

    sent = traces.spans[0]
    assert sent.parent is not None
    assert sent.parent.span_id == request.get_span_context().span_id


def test_an_attempt_is_a_consumer_span_in_the_trace_of_its_caller(traces: Traces) -> None:
    headers = traces.enqueue()

    with traces.plugin.running(attempt(headers)):
        pass

    sent, ran = traces.spans
    assert ids(ran.parent) == ids(sent.get_span_context())
    assert (ran.name, ran.kind, ran.status.status_code) == ("process mail", SpanKind.CONSUMER, StatusCode.UNSET)
    assert dict(ran.attributes or {}) == {
        "messaging.system": "nuvom",
        "messaging.operation.type": "process",
        "messaging.operation.name": "run",
        "messaging.destination.name": "mail",
        "messaging.message.id": "j-1",
        "messaging.client.id": "w-1",
        "nuvom.job_id": "j-1",
        "nuvom.task": "add",
        "nuvom.attempt": 2,
    }


def test_the_task_sees_its_span_as_the_current_one_and_only_it(traces: Traces) -> None:
    with traces.plugin.running(attempt(traces.enqueue())):
        inside = trace.get_current_span().get_span_context()
        jobs_own = traces.enqueue()

    assert f"{inside.trace_id:032x}" in jobs_own["traceparent"]
    assert not trace.get_current_span().get_span_context().is_valid


def test_an_attempt_may_link_to_its_caller_instead() -> None:
    traces = Traces(relation="link")
    headers = traces.enqueue()

    with traces.plugin.running(attempt(headers)):
        pass

    sent, ran = traces.spans
    assert ran.parent is None
    assert [ids(link.context) for link in ran.links] == [ids(sent.get_span_context())]


@pytest.mark.parametrize("headers", [{}, {"traceparent": "00-zz-zz-01"}, {"traceparent": "x" * 5_000}])
def test_an_attempt_without_a_usable_header_begins_a_trace(traces: Traces, headers: dict[str, str]) -> None:
    with traces.plugin.running(attempt(headers)):
        pass

    (span,) = traces.spans
    assert span.parent is None
    assert span.links == ()


@pytest.mark.parametrize("error", [ValueError("it broke"), TimeLimitReached("too long"), SystemExit(3)])
def test_what_a_task_raises_is_recorded_and_goes_on(traces: Traces, error: BaseException) -> None:
    with pytest.raises(type(error)), traces.plugin.running(attempt()):
        raise error

    (span,) = traces.spans
    assert span.status.status_code is StatusCode.ERROR
    assert (span.attributes or {})["error.type"] == type(error).__qualname__
    assert [event.name for event in span.events] == ["exception"]


def test_a_stop_of_the_worker_is_no_fault_of_the_task(traces: Traces) -> None:
    with pytest.raises(WorkerStopping), traces.plugin.running(attempt()):
        raise WorkerStopping

    (span,) = traces.spans
    assert span.status.status_code is StatusCode.UNSET


def test_an_enqueueing_that_fails_is_an_error(traces: Traces) -> None:
    with pytest.raises(OSError), traces.plugin.enqueueing(Enqueueing(task="add", queue="mail")):
        raise OSError("no store")

    assert traces.spans[0].status.status_code is StatusCode.ERROR


def test_a_baggage_that_is_too_large_is_left_behind_and_the_trace_goes_on(traces: Traces) -> None:
    token = context.attach(baggage.set_baggage("tenant", "x" * 5_000))
    headers = traces.enqueue()
    context.detach(token)

    assert list(headers) == ["traceparent"]


def test_baggage_that_fits_goes_along(traces: Traces) -> None:
    token = context.attach(baggage.set_baggage("tenant", "acme"))
    headers = traces.enqueue()
    context.detach(token)

    with traces.plugin.running(attempt(headers)):
        assert baggage.get_baggage("tenant") == "acme"


def test_headers_of_others_stay(traces: Traces) -> None:
    enqueueing = Enqueueing(task="add", queue="mail", headers={"tenant": "acme"})
    with traces.plugin.enqueueing(enqueueing):
        pass

    assert enqueueing.headers["tenant"] == "acme"
    assert set(enqueueing.headers) == {"tenant", "traceparent"}


def test_an_unknown_relation_is_refused() -> None:
    with pytest.raises(InvalidValue, match="'parent' or 'link'"):
        Traces(relation="sibling")


def test_a_stop_leaves_the_programs_provider_running(traces: Traces) -> None:
    traces.plugin.stop()

    traces.enqueue()
    assert len(traces.spans) == 1
