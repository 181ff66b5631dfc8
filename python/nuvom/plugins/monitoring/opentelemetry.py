"""Carries traces from the caller into the job: a span for the enqueueing, one for each attempt.

    # .nuvom_plugins.toml
    [plugins]
    middleware = ["nuvom.plugins.monitoring.opentelemetry:OpenTelemetryPlugin"]

It needs `pip install 'nuvom[opentelemetry]'`, in clients and workers. Where spans go to is set up in the program or by
`opentelemetry-instrument`, as for every other library; arguments and results are in no span.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from nuvom.errors import CancelRequested, InvalidValue, LeaseLost, WorkerStopping
from nuvom.plugins.contracts import API_VERSION, Plugin
from nuvom.plugins.lifecycle import JobContext
from nuvom.plugins.middleware import Enqueueing, Middleware

try:
    from opentelemetry import context as contexts
    from opentelemetry import propagate, trace
    from opentelemetry.trace import Link, Span, SpanKind, Status, StatusCode, TracerProvider
except ImportError as error:
    raise ImportError("traces need another package: pip install 'nuvom[opentelemetry]'") from error

_MOST_CARRIED = 4_096
"""Bytes of headers that a trace may take: half of what a job may carry. What does not fit, such as a large baggage, is
left behind, since a trace must not keep a job from its queue.
"""


class OpenTelemetryPlugin(Plugin, Middleware):
    """A PRODUCER span around each enqueueing, and a CONSUMER span around each attempt, by the conventions for messaging
    systems.

    An attempt's span is a child of the enqueueing's. With the setting `relation = "link"` it begins a trace of its own
    that links there, for jobs that wait for days.
    """

    api_version = API_VERSION
    name = "opentelemetry"
    provides = ("middleware",)
    requires = ()

    def __init__(self, tracer_provider: TracerProvider | None = None) -> None:
        """`tracer_provider` is the program's own, unless another is given."""
        self._provider = tracer_provider
        self._links = False

    def start(self, settings: Mapping[str, Any], **runtime: Any) -> None:
        """Reads the setting `relation`: "parent" or "link"."""
        relation = settings.get("relation", "parent")
        if relation not in ("parent", "link"):
            raise InvalidValue(f"relation of the opentelemetry plugin is {relation!r}, expected 'parent' or 'link'")
        self._links = relation == "link"

    def stop(self) -> None:
        """Sends what a batching exporter still holds."""
        flush = getattr(self._provider or trace.get_tracer_provider(), "force_flush", None)
        if flush is not None:
            flush(timeout_millis=3_000)

    def enqueueing(self, enqueueing: Enqueueing) -> AbstractContextManager[None]:
        """A span in the caller; the headers carry it on."""
        return self._enqueueing(enqueueing)

    def running(self, context: JobContext) -> AbstractContextManager[None]:
        """A span around an attempt, that the task sees as the current one."""
        return self._running(context)

    @contextmanager
    def _enqueueing(self, enqueueing: Enqueueing) -> Iterator[None]:
        attributes = _attributes("send", "enqueue", enqueueing.queue, enqueueing.task)
        if enqueueing.count != 1:
            attributes["messaging.batch.message_count"] = enqueueing.count
        tracer = trace.get_tracer("nuvom", tracer_provider=self._provider)
        with (
            tracer.start_as_current_span(
                f"send {enqueueing.queue}",
                kind=SpanKind.PRODUCER,
                attributes=attributes,
                record_exception=False,
                set_status_on_exception=False,
            ) as span,
            _errors_told(span),
        ):
            carrier: dict[str, str] = {}
            propagate.inject(carrier)
            enqueueing.headers.update(_what_fits(carrier))
            yield

    @contextmanager
    def _running(self, context: JobContext) -> Iterator[None]:
        attributes = _attributes("process", "run", context.queue, context.task)
        attributes["messaging.message.id"] = context.job_id
        attributes["nuvom.job_id"] = context.job_id
        attributes["nuvom.attempt"] = context.attempt
        if context.worker:
            attributes["messaging.client.id"] = context.worker
        nobody = trace.set_span_in_context(trace.INVALID_SPAN)
        caller = propagate.extract(context.headers, nobody)
        called = trace.get_current_span(caller).get_span_context()
        links = [Link(called)] if self._links and called.is_valid else []
        tracer = trace.get_tracer("nuvom", tracer_provider=self._provider)
        with (
            _attached(caller),
            tracer.start_as_current_span(
                f"process {context.queue}",
                context=nobody if self._links else caller,
                kind=SpanKind.CONSUMER,
                attributes=attributes,
                links=links,
                record_exception=False,
                set_status_on_exception=False,
            ) as span,
            _errors_told(span),
        ):
            yield


@contextmanager
def _attached(context: contexts.Context) -> Iterator[None]:
    """What else the caller sent, such as baggage, is there for the task."""
    token = contexts.attach(context)
    try:
        yield
    finally:
        contexts.detach(token)


@contextmanager
def _errors_told(span: Span) -> Iterator[None]:
    """Records what is raised. A time limit ends a task by something that is no `Exception`, so that is caught, too; a
    stop or a lost lease is no fault of the task.
    """
    try:
        yield
    except BaseException as error:
        span.record_exception(error)
        if not isinstance(error, CancelRequested | LeaseLost | WorkerStopping):
            span.set_attribute("error.type", type(error).__qualname__)
            span.set_status(Status(StatusCode.ERROR, f"{type(error).__name__}: {error}"))
        raise


def _attributes(kind: str, operation: str, queue: str, task: str) -> dict[str, str | int]:
    return {
        "messaging.system": "nuvom",
        "messaging.operation.type": kind,
        "messaging.operation.name": operation,
        "messaging.destination.name": queue,
        "nuvom.task": task,
    }


def _what_fits(carrier: Mapping[str, str]) -> dict[str, str]:
    """The trace first, then the rest as far as there is room."""
    left = _MOST_CARRIED
    fits = {}
    for name in sorted(carrier, key=lambda name: (name != "traceparent", name != "tracestate", name)):
        size = len(name.encode()) + len(carrier[name].encode())
        if size <= left:
            fits[name] = carrier[name]
            left -= size
    return fits
