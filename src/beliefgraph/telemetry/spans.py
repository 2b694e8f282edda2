"""OpenTelemetry spans around slow operations, and the metrics that go with them.

Only the API is used here: without an SDK (the extra `tracing`) spans are not recorded. Exceptions are not recorded in
spans, because their messages may quote request data.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ContextDecorator, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from prometheus_client import Histogram

from beliefgraph.telemetry.metrics import REQUEST_SECONDS, REQUESTS

OK = "ok"
GONE = "gone"
"""The outcome of a request whose client left before it was answered."""

_recorded = partial(
    trace.get_tracer("beliefgraph").start_as_current_span, record_exception=False, set_status_on_exception=False
)
_propagator = TraceContextTextMapPropagator()


def _span(name: str, **options: Any) -> AbstractContextManager[trace.Span]:
    """A span, if the process has a tracer provider."""
    if isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        return nullcontext(trace.INVALID_SPAN)
    return _recorded(name, **options)


@dataclass
class Outcome:
    """How a request ends: `ok`, `gone`, or the code of its first error."""

    code: str = OK


_answering: ContextVar[Outcome | None] = ContextVar("answering", default=None)


@contextmanager
def request(endpoint: str, traceparent: str | None = None) -> Iterator[Outcome]:
    """Count and time a request to an endpoint, as a span of the caller's trace, if any."""
    parent: Context | None = _propagator.extract({"traceparent": traceparent}) if traceparent else None
    outcome, began = Outcome(), time.perf_counter()
    token = _answering.set(outcome)
    with _span(endpoint, context=parent, kind=trace.SpanKind.SERVER) as span:
        try:
            yield outcome
        finally:
            _answering.reset(token)
            span.set_attribute("beliefgraph.outcome", outcome.code)
            REQUESTS.labels(endpoint, outcome.code).inc()
            REQUEST_SECONDS.labels(endpoint).observe(time.perf_counter() - began)


def refused(code: str) -> None:
    """Record the error code of the current request; the first of several counts."""
    outcome = _answering.get()
    if outcome is not None and outcome.code == OK:
        outcome.code = code


class timed(ContextDecorator):  # noqa: N801
    """Time an operation in a metric and as a span, as a context manager or as a decorator."""

    def __init__(self, name: str, metric: Histogram) -> None:
        self._name, self._metric = name, metric

    def _recreate_cm(self) -> Self:
        return type(self)(self._name, self._metric)

    def __enter__(self) -> None:
        self._span = _span(self._name)
        self._span.__enter__()
        self._began = time.perf_counter()

    def __exit__(self, *raised: Any) -> None:
        self._metric.observe(time.perf_counter() - self._began)
        self._span.__exit__(*raised)


@contextmanager
def span(name: str, attributes: Mapping[str, str]) -> Iterator[None]:
    """A span around a call to another system; attributes must not contain personal data."""
    with _span(name, kind=trace.SpanKind.CLIENT, attributes=attributes):
        yield
