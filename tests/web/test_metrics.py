"""What `/metrics` and traces tell: how the service does, and nothing of anybody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest
import pytest_asyncio
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client.parser import text_string_to_metric_families
from tests.conftest import StoppedClock
from tests.web.service import Json, Service, service
from tests.world import START

from beliefgraph.errors import CODES
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring

TOKEN = "a-token-of-the-operator"
TWIN, WORDS, TRACE = "wilhelmine", "zilpzalp", "4bf92f3577b34da6a3ce929d0e0e4736"

OBSERVE = "mutation Zilpzalp($events: [EventInput!]!) { observe(events: $events) { status } }"


def event_body(type_: str = "said", id_: str = WORDS) -> Json:
    """An event about somebody, in their words."""
    data = {"llr": 0.5, "by": WORDS, "text": WORDS}
    return {"id": id_, "source": WORDS, "type": type_, "time": START.isoformat(), "twin": TWIN, "data": data}


@pytest.fixture(scope="module")
def recorded() -> Iterator[InMemorySpanExporter]:
    """The spans of this process; a provider can be set only once."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    yield exporter
    exporter.shutdown()


@pytest.fixture
def spans(recorded: InMemorySpanExporter) -> Iterator[InMemorySpanExporter]:
    recorded.clear()
    yield recorded
    recorded.clear()


@pytest_asyncio.fixture
async def measured(graph: Graph, keyring: Keyring, clock: StoppedClock, tenant: str) -> AsyncIterator[Service]:
    async with service(graph, keyring, clock, tenant, metrics_token=TOKEN) as running:
        await running.define()
        yield running


async def scraped(service: Service) -> dict[tuple[str, tuple[str, ...]], float]:
    """Every sample, by its name and the values of its labels."""
    page = await metrics(service)
    assert page.status_code == 200
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(page.text)
        for sample in family.samples
    }


async def metrics(service: Service, token: str = TOKEN) -> httpx2.Response:
    return await service.http.get(f"{service.url}/metrics", headers={"authorization": f"Bearer {token}"})


async def test_metrics_are_for_whoever_has_the_token(measured: Service) -> None:
    client = await measured.client()
    for token in ("x", "another-token-of-mine", client.secret or ""):
        refused = await metrics(measured, token)
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "unauthenticated")
    assert (await metrics(measured)).headers["content-type"].startswith("text/plain")


async def test_without_a_token_there_is_no_such_page(served: Service) -> None:
    assert (await metrics(served)).status_code == 404


async def test_requests_are_counted_by_endpoint_and_outcome_and_work_by_its_time(measured: Service) -> None:
    before = await scraped(measured)
    client = await measured.client()
    await client.data(OBSERVE, events=[event_body(), event_body("unheard-of", "2")])
    await client.data("{ definitions { number } }")
    await client.refused('{ belief(twin: "nobody", key: {attribute: "world.buys"}) { confidence } }')
    await measured.stranger().post({"query": "{ __typename }"})
    await client.post(b"{", "/events", **{"content-type": "application/cloudevents+json"})
    after = await scraped(measured)
    more = {key: value - before.get(key, 0.0) for key, value in after.items()}
    assert more["beliefgraph_requests_total", ("/graphql", "ok")] == 2
    assert more["beliefgraph_requests_total", ("/graphql", "not-found")] == 1
    assert more["beliefgraph_requests_total", ("/graphql", "unauthenticated")] == 1
    assert more["beliefgraph_requests_total", ("/events", "invalid-event")] == 1
    assert more["beliefgraph_request_seconds_count", ("/graphql",)] == 4
    assert more["beliefgraph_events_total", ("accepted",)] == 1
    assert more["beliefgraph_events_total", ("quarantined",)] == 1
    assert more["beliefgraph_quarantined_events_total", ("no-interpretation",)] == 1
    assert more["beliefgraph_commit_seconds_count", ()] == 1
    assert more["beliefgraph_inference_seconds_count", ()] >= 1
    assert after["beliefgraph_quarantine_events", ()] >= 1
    assert after["beliefgraph_places_in_use", ()] == after["beliefgraph_places_waiting", ()] == 0
    assert after["beliefgraph_cached_twins", ()] == 1
    assert after["beliefgraph_cached_bytes", ()] > 0
    assert after["beliefgraph_store_sessions", ()] < after["beliefgraph_store_connections_max", ()]


async def test_subscriptions_and_refreshes_are_counted(measured: Service) -> None:
    before = await scraped(measured)
    client = await measured.client()
    await client.data(OBSERVE, events=[event_body()])
    async with client.socket() as socket:
        await socket.subscribe('subscription { changes(twin: "wilhelmine", afterRev: 0) { rev } }')
        assert (await socket.data())["changes"]["rev"] == 1
        await client.data(OBSERVE, events=[event_body(id_="2")])
        assert (await socket.data())["changes"]["rev"] == 2
        assert (await scraped(measured))["beliefgraph_subscribers", ()] == 1
    await measured.services.refresher.refresh_due(measured.services.clock.now(), measured.tenant)
    after = before
    for _ in range(100):  # until the service has noticed that the socket is closed
        after = await scraped(measured)
        if after["beliefgraph_subscribers", ()] == 0:
            break
        await asyncio.sleep(0.05)
    more = {key: value - before.get(key, 0.0) for key, value in after.items()}
    assert after["beliefgraph_subscribers", ()] == 0
    assert more["beliefgraph_subscription_lag_seconds_count", ()] == 1
    assert more["beliefgraph_refresh_seconds_count", ()] == 1
    assert after["beliefgraph_refresh_last_success_timestamp_seconds", ()] > 0


async def test_a_span_belongs_to_the_trace_of_its_caller(measured: Service, spans: InMemorySpanExporter) -> None:
    client = await measured.client()
    asked = {"query": OBSERVE, "variables": {"events": [event_body()]}}
    await client.post(asked, traceparent=f"00-{TRACE}-00f067aa0ba902b7-01")
    names = {span.name for span in spans.get_finished_spans() if f"{span.context.trace_id:032x}" == TRACE}
    assert {"/graphql", "event/arrive", "inference", "commit", "commit/write"} <= names


async def test_neither_metrics_nor_spans_name_anybody_or_quote_what_was_said(
    measured: Service, spans: InMemorySpanExporter
) -> None:
    client = await measured.client()
    asked: list[Json] = [
        {"query": OBSERVE, "variables": {"events": [event_body(), event_body("unheard-of", "2"), {"id": WORDS}]}},
        {"query": OBSERVE, "variables": {"events": [event_body(), event_body("unheard-of", "2")]}},
        {"query": f'{{ belief(twin: "{TWIN}", key: {{attribute: "{WORDS}"}}) {{ confidence }} }}'},
        {"query": f'{{ explanation(twin: "{TWIN}", key: {{attribute: "world.buys"}}) {{ sentence }} }}'},
        {"query": f"query {WORDS} {{ {WORDS} }}", "operationName": WORDS},
        {"query": f'mutation {{ eraseTwin(twin: "{TWIN}") {{ __typename }} }}'},
    ]
    for each in asked:
        await client.post(each)
        async with client.socket() as socket:
            await socket.next()
            await socket.send({"type": "subscribe", "id": WORDS, "payload": each})
            await socket.next()
    for body in (event_body(), {"id": WORDS}, {**event_body(), "specversion": "1.0"}):
        await client.post(body, "/events", **{"content-type": "application/cloudevents+json", "purpose": WORDS})
        await client.post(body, "/events", **{"content-type": "application/cloudevents+json"})
    await client.post(b"{}", f"/{WORDS}/{TWIN}?{TWIN}", **{"tracestate": f"{WORDS}={TWIN}", "baggage": f"a={WORDS}"})
    page = (await metrics(measured)).text
    finished = [span.to_json() for span in spans.get_finished_spans()]
    assert len(finished) > 20
    for said in (TWIN, WORDS, measured.tenant, client.secret or ""):
        assert said.lower() not in page.lower()
        assert [span for span in finished if said.lower() in span.lower()] == []


async def test_the_outcomes_of_requests_are_a_closed_set(measured: Service) -> None:
    client = await measured.client()
    await client.post({"query": "{ nothing }"})
    await client.post(b"{}", "/nowhere")
    outcomes = {labels[1] for name, labels in await scraped(measured) if name == "beliefgraph_requests_total"}
    assert outcomes <= {"ok", "gone", *CODES}
    assert "invalid-query" in outcomes
