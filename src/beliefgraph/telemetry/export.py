"""Export of spans to an OpenTelemetry collector, if the extra `tracing` is installed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import trace

from beliefgraph.errors import Incorrect

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
"""The standard variables that name a collector; without either, no spans are recorded."""


@contextmanager
def exporting(environ: Mapping[str, str]) -> Iterator[None]:
    """Export the spans of this process to the collector that the environment names, until the block ends.

    `invalid-input` if one is named and the extra `tracing` is not installed.
    """
    named = next((name for name in ENDPOINTS if environ.get(name)), None)
    if named is None:
        yield
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise Incorrect(
            "invalid-input",
            f"{named} is set, and spans need an extra: pip install 'beliefgraph[tracing]'.",
            variable=named,
        ) from None
    name = {} if environ.get("OTEL_SERVICE_NAME") else {"service.name": "beliefgraph"}
    provider = TracerProvider(resource=Resource.create(name))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    try:
        yield
    finally:
        provider.shutdown()
