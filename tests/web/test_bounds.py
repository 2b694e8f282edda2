"""What is too much is refused while it is read, at every door alike, and nobody waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
import pytest_asyncio
from graphql import get_introspection_query
from tests.conftest import StoppedClock
from tests.web.service import Client, Json, Service, heartbeat, service
from tests.world import rated

from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring

OBSERVE = "mutation O($events: [EventInput!]!) { observe(events: $events) { id status } }"
STRUCTURED = {"content-type": "application/cloudevents+json"}


def event_body(data: object) -> Json:
    return {"id": "1", "source": "s", "type": "rated", "time": "2026-01-05T09:00:00Z", "twin": "lena", "data": data}


def nested(depth: int) -> Any:
    inner: Any = {}
    for _ in range(depth):
        inner = {"in": inner}
    return inner


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"text": "x" * 70_000}, "too-large"),
        (nested(30), "invalid-event"),
        (nested(60), "too-complex"),
        ({"text": "a\x00b"}, "invalid-event"),
    ],
)
async def test_graphql_refuses_the_events_that_the_other_door_refuses(client: Client, data: Json, code: str) -> None:
    by_graphql = await client.post({"query": OBSERVE, "variables": {"events": [event_body(data)]}})
    assert by_graphql.json()["errors"][0]["extensions"]["code"] == code
    elsewhere = await client.post({"specversion": "1.0", **event_body(data)}, "/events", **STRUCTURED)
    assert elsewhere.json()["error"]["code"] == code
    supposed = "query W($q: WhatIfInput!) { whatIf(input: $q) { beliefs { belief { id } } } }"
    answer = await client.post({"query": supposed, "variables": {"q": {"twin": "lena", "events": [event_body(data)]}}})
    assert answer.json()["errors"][0]["extensions"]["code"] in (code, "invalid-query")


FEATURES = {f"f{n}": 0.5 for n in range(240_000)}


@pytest.mark.parametrize(
    "variables",
    [
        {"features": {f"f{n}": 0.5 for n in range(500_000)}},
        {"statuses": ["ACTIVE"] * 690_000},
        {"events": [event_body({})] * 25_000},
        {"deep": [[[[0] * 10] * 10] * 10] * 300},
        {"text": "x" * 7_000_000},
    ],
    ids=["features", "statuses", "events", "deep", "text"],
)
async def test_bodies_of_megabytes_are_refused_in_few_words_while_others_are_served(
    client: Client, variables: Json
) -> None:
    body = orjson.dumps({"query": "{ definitions { number } }", "variables": variables})
    async with heartbeat() as longest:
        answer = await client.post(body)
    assert answer.json()["errors"][0]["extensions"]["code"] == "too-large"
    assert len(answer.content) < 1_000
    assert longest[0] < 0.15  # the client's own part of it is in here too


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        (
            'query C($o: [DecisionOptionInput!]!) { checkDecision(input: {twin: "lena", options: $o}) { rev } }',
            {"o": [{"key": "a", "features": {f"f{n}": 0.5 for n in range(5_000)}}]},
        ),
        (
            'query W($e: [EventInput!]!) { whatIf(input: {twin: "lena", events: $e}) { beliefs { belief { id } } } }',
            {"e": [event_body({})] * 11_000},
        ),
        (
            'query B($f: BeliefFilterInput) { beliefs(twin: "lena", filter: $f) { nodes { id } } }',
            {"f": {"statuses": ["ACTIVE"] * 5_000}},
        ),
    ],
    ids=["features", "events", "statuses"],
)
async def test_a_list_longer_than_its_field_may_have_is_refused_before_it_is_looked_at(
    client: Client, query: str, variables: Json
) -> None:
    answer = await client.post({"query": query, "variables": variables})
    [error] = answer.json()["errors"]
    assert error["extensions"]["code"] == "too-large", error


async def test_a_great_many_events_are_read_beside_the_others(client: Client) -> None:
    events = [rated(str(n), 0.1, twin="lena").model_dump(mode="json") for n in range(300)]
    assert len(orjson.dumps(events)) > 32_768
    found = await client.data(OBSERVE, events=events)
    assert [each["status"] for each in found["observe"]] == ["ACCEPTED"] * 300
    again = await client.data(OBSERVE, events=[*events, {**events[0], "id": ""}])
    assert [each["status"] for each in again["observe"]] == [*["DUPLICATE"] * 300, "REJECTED"]


@pytest.mark.parametrize("literal", ["9" * 5_000, "-" + "9" * 400])
async def test_a_number_of_thousands_of_digits_is_refused(client: Client, literal: str) -> None:
    for query in (
        f"{{ twins(first: {literal}) {{ nodes {{ name }} }} }}",
        f'{{ twin(name: "a", atLeastRev: {literal}) {{ rev }} }}',
        f'mutation {{ observe(events: [{{id: "1", source: "s", type: "t", time: "2026-01-05T09:00:00Z", '
        f"data: {{a: {literal}}}}}]) {{ id }} }}",
    ):
        assert (await client.refused(query))["kind"] == "incorrect"


@pytest.mark.parametrize("length", [200_000, 7_000_000])
async def test_a_long_name_is_not_sent_back(client: Client, length: int) -> None:
    answer = await client.post(
        {"query": "query T($t: String!) { twin(name: $t) { rev } }", "variables": {"t": "x" * length}}
    )
    assert len(answer.content) < 2_000
    for long in ({"type": "y" * length}, {"twin": "y" * length}, {"y" * length: "y"}):
        sent = {"specversion": "1.0", **event_body({}), **long}
        assert len((await client.post(sent, "/events", **STRUCTURED)).content) < 2_000


async def test_a_leap_second_is_a_moment_at_every_door(client: Client) -> None:
    leap = {**event_body({"llr": 0.1, "by": "Kim"}), "time": "2016-12-31T23:59:60Z"}
    (receipt,) = (await client.data(OBSERVE, events=[leap]))["observe"]
    assert receipt["status"] == "ACCEPTED"
    again = await client.post({"specversion": "1.0", **leap}, "/events", **STRUCTURED)
    assert (again.status_code, again.json()["receipts"][0]["status"]) == (200, "duplicate")
    known = await client.data('{ twin(name: "lena") { headTime } }')
    assert known["twin"]["headTime"].startswith("2017-01-01T00:00:00")


async def test_few_of_many_errors_are_listed(client: Client) -> None:
    many = " ".join(f"nope{n}" for n in range(500))
    answer = await client.ask(f"{{ {many} }}")
    assert 1 < len(answer["errors"]) <= 20


async def test_an_answer_has_a_bound_too(graph: Graph, keyring: Keyring, clock: StoppedClock, tenant: str) -> None:
    async with service(graph, keyring, clock, tenant, max_answer_bytes=65_536) as running:
        client = await running.client()
        answer = await client.ask(get_introspection_query())
        assert answer["errors"][0]["extensions"]["code"] == "too-large"
        async with client.socket() as socket:
            await socket.subscribe(get_introspection_query())
            message = await socket.next()
            assert message["payload"]["errors"][0]["extensions"]["code"] == "too-large"


async def test_introspection_costs_what_it_brings(client: Client) -> None:
    once = "__schema { types { name fields { name args { name } type { name } } } }"
    assert "errors" not in await client.ask(f"{{ {once} }}")
    many = " ".join(f"a{n}: {once}" for n in range(30))
    assert (await client.refused(f"{{ {many} }}"))["code"] == "too-complex"
    beside = f"{{ {once} definitions {{ number }} }}"
    assert (await client.refused(beside))["code"] == "too-complex"
    both = await client.data('{ __type(name: "Twin") { name } definitions { number } __typename }')
    assert both == {"__type": {"name": "Twin"}, "definitions": {"number": 1}, "__typename": "Query"}


async def test_introspection_can_be_switched_off(
    graph: Graph, keyring: Keyring, clock: StoppedClock, tenant: str
) -> None:
    async with service(graph, keyring, clock, tenant, introspection=False) as running:
        client = await running.client()
        assert (await client.refused("{ __schema { types { name } } }"))["code"] == "invalid-query"
        assert await client.data("{ __typename }") == {"__typename": "Query"}


async def test_a_header_in_raw_utf_8_makes_no_other_twin(served: Service, client: Client) -> None:
    head = (
        f"POST /events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {client.secret}\r\ncontent-length: 0\r\n"
        "ce-specversion: 1.0\r\nce-id: 1\r\nce-source: s\r\nce-type: rated\r\nce-twin: Jürgen\r\n\r\n"
    )
    answer = await raw(served, head.encode())
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b'"invalid-event"' in answer
    assert await client.data("{ twins { nodes { name } } }") == {"twins": {"nodes": []}}


async def test_a_body_of_two_lengths_is_refused(served: Service, client: Client) -> None:
    body = b'{"query": "{ __typename }"}'
    head = (
        f"POST /graphql HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {client.secret}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    answer = await raw(served, head.encode() + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
    assert answer.startswith(b"HTTP/1.1 400 ")


async def raw(served: Service, sent: bytes) -> bytes:
    """What comes back for bytes on a connection of their own."""
    host, port = served.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(sent)
    async with asyncio.timeout(20):
        answer = await reader.readuntil(b"\r\n\r\n")
        answer += await reader.read(65_536)
    writer.close()
    return answer


@pytest_asyncio.fixture
async def socket(client: Client) -> AsyncIterator[Any]:
    async with client.socket() as opened:
        assert (await opened.next())["type"] == "connection_ack"
        yield opened


@pytest.mark.parametrize(
    "message",
    [
        b"[]",
        b"{",
        b"5",
        b"{}",
        b'{"type": "subscribe"}',
        b'{"type": "subscribe", "id": 5, "payload": {"query": "{a}"}}',
        b'{"type": "subscribe", "id": "1", "payload": []}',
        b'{"type": "complete", "id": []}',
        b'{"type": "' + b"x" * 5_000 + b'"}',
        b'{"type": "ping", "payload": "' + b"x" * 7_000_000 + b'"}',
    ],
    ids=range(10),
)
async def test_a_malformed_message_closes_the_socket_as_the_protocol_has_it(socket: Any, message: bytes) -> None:
    await socket.connection.send(message.decode())
    assert await socket.closed() == 4400


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"query": ""}, "invalid-query"),
        ({"query": "{"}, "invalid-query"),
        ({"query": 5}, "invalid-query"),
        ({"query": "query A { __typename }", "operationName": "B"}, "invalid-query"),
        ({"query": "{ nope }"}, "invalid-query"),
        ({"query": "{ __typename }", "variables": []}, "invalid-query"),
        ({"query": '{ twin(name: "' + "x" * 250_000 + '") { rev } }'}, "too-large"),
        ({"query": "{ twins(first: " + "9" * 5_000 + ") { nodes { name } } }"}, "too-large"),
    ],
    ids=range(8),
)
async def test_an_error_in_an_operation_is_reported_for_it_and_the_socket_stays(
    socket: Any, payload: Json, code: str
) -> None:
    await socket.send({"type": "subscribe", "id": "a", "payload": payload})
    refused = await socket.next()
    assert (refused["type"], refused["id"]) == ("error", "a")
    assert refused["payload"][0]["extensions"]["code"] == code
    await socket.send({"type": "subscribe", "id": "a", "payload": {"query": "{ __typename }"}})
    assert (await socket.next())["payload"]["data"] == {"__typename": "Query"}


async def test_a_key_has_so_many_sockets_and_subscriptions(
    graph: Graph, keyring: Keyring, clock: StoppedClock, tenant: str
) -> None:
    limits = {"max_sockets_per_key": 1, "max_subscriptions_per_key": 1}
    async with service(graph, keyring, clock, tenant, **limits) as running:
        await running.define()
        client, other = await running.client(), await running.client()
        await client.observe(rated("0", 1.0))
        follow = {"query": 'subscription { changes(twin: "lena") { rev } }'}
        async with client.socket() as first:
            assert (await first.next())["type"] == "connection_ack"
            async with client.socket() as second:
                assert await second.closed() == 1013
            async with other.socket() as theirs:
                assert (await theirs.next())["type"] == "connection_ack"
            await first.send({"type": "subscribe", "id": "a", "payload": follow})
            await first.send({"type": "subscribe", "id": "b", "payload": follow})
            refused = await first.next()
            assert (refused["type"], refused["id"]) == ("error", "b")
            assert refused["payload"][0]["extensions"]["code"] == "overloaded"
