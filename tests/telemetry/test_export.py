"""Spans reach the collector that the standard variables name."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

PROGRAM = """
import os
from beliefgraph.telemetry.export import exporting
from beliefgraph.telemetry.spans import request, span

with exporting(os.environ), request("/events"), span("event/arrive", {"db.system.name": "neo4j"}):
    pass
"""
HIDDEN = "import sys; sys.modules['opentelemetry.sdk.trace'] = None\n"


class Collector(HTTPServer):
    """Keeps what is posted to it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Kept)
        self.posted: list[tuple[str, bytes]] = []


class _Kept(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.posted.append((self.path, body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def ran(program: str, **environ: str) -> subprocess.CompletedProcess[str]:
    bare = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    return subprocess.run(
        [sys.executable, "-c", program], env={**bare, **environ}, capture_output=True, text=True, check=False
    )


def test_spans_are_sent_to_the_collector_that_is_named(collector: Collector) -> None:
    url = f"http://127.0.0.1:{collector.server_port}"
    done = ran(PROGRAM, OTEL_EXPORTER_OTLP_ENDPOINT=url, OTEL_EXPORTER_OTLP_COMPRESSION="none")
    assert done.returncode == 0, done.stderr
    [(path, body)] = collector.posted
    assert path == "/v1/traces"
    [resource] = ExportTraceServiceRequest.FromString(body).resource_spans
    named = {each.key: each.value.string_value for each in resource.resource.attributes}
    assert named["service.name"] == "beliefgraph"
    found = {span.name for scope in resource.scope_spans for span in scope.spans}
    assert found == {"/events", "event/arrive"}


def test_where_no_collector_is_named_nothing_is_sent(collector: Collector) -> None:
    assert ran(HIDDEN + PROGRAM).returncode == 0
    assert collector.posted == []


def test_a_collector_without_the_extra_is_refused_with_what_to_install() -> None:
    done = ran(HIDDEN + PROGRAM, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1")
    assert done.returncode != 0
    assert "pip install 'beliefgraph[tracing]'" in done.stderr
