"""Whoever sends a command and leaves at once has sent it; whoever asks and leaves need not be answered."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import orjson
import pytest
from tests.conftest import StoppedClock
from tests.web.service import PATIENCE, Client, Json, Service, service

from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring

OBSERVE = "mutation O($events: [EventInput!]!) { observe(events: $events) { id status } }"
STRUCTURED = {"content-type": "application/cloudevents+json"}
JSON = {"content-type": "application/json"}


def event_body(n: int, padding: int = 0) -> Json:
    data = {"llr": 0.1, "by": "a colleague", "text": "x" * padding}
    return {"id": str(n), "source": "s", "type": "rated", "time": "2026-01-05T09:00:00Z", "twin": "lena", "data": data}


def by_event(n: int, padding: int) -> tuple[str, bytes, Mapping[str, str]]:
    return "/events", orjson.dumps({"specversion": "1.0", **event_body(n, padding)}), STRUCTURED


def by_mutation(n: int, padding: int) -> tuple[str, bytes, Mapping[str, str]]:
    return "/graphql", orjson.dumps({"query": OBSERVE, "variables": {"events": [event_body(n, padding)]}}), JSON


async def sent_and_left(client: Client, path: str, body: bytes, headers: Mapping[str, str]) -> None:
    """Send a request, its body in two parts, and close the connection without waiting for anything."""
    host, port = client.url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    fields = {"host": host, "authorization": f"Bearer {client.secret}", "content-length": str(len(body)), **headers}
    head = f"POST {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items()) + "\r\n"
    writer.write(head.encode() + body[:40])
    await asyncio.sleep(0.002)
    writer.write(body[40:])
    writer.close()


async def rev(client: Client) -> int:
    found = await client.data("{ twins { nodes { rev } } }")
    return sum(each["rev"] for each in found["twins"]["nodes"])


async def arrives(client: Client, wanted: int) -> None:
    """Wait until the twin is at this rev."""
    async with asyncio.timeout(PATIENCE):
        while await rev(client) != wanted:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("made", [by_event, by_mutation])
@pytest.mark.parametrize("padding", [0, 50_000])
async def test_a_command_whose_sender_leaves_at_once_is_carried_out(
    served: Service, made: object, padding: int
) -> None:
    reader = await served.client()
    for n in range(5):
        client = await served.client()  # of whose key the process has to ask the database first
        assert callable(made)
        await sent_and_left(client, *made(n, padding))
        await arrives(reader, n + 1)


async def test_a_command_that_waits_for_its_place_is_carried_out_when_its_sender_left(
    graph: Graph, keyring: Keyring, clock: StoppedClock, tenant: str
) -> None:
    async with service(graph, keyring, clock, tenant, max_in_flight_per_key=1) as running:
        await running.define()
        client, reader = await running.client(), await running.client()
        for n in range(10):
            await sent_and_left(client, *by_event(n, 0))
        await arrives(reader, 10)


async def test_a_command_over_a_websocket_is_carried_out_when_its_sender_leaves(client: Client) -> None:
    for n in range(5):
        async with client.socket() as socket:
            await socket.subscribe(OBSERVE, events=[event_body(n)])
            if n % 2:
                await socket.send({"type": "complete", "id": "1"})
        await arrives(client, n + 1)


async def test_a_question_whose_sender_leaves_gives_its_place_back(
    graph: Graph, keyring: Keyring, clock: StoppedClock, tenant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with service(graph, keyring, clock, tenant, max_in_flight_per_key=1) as running:
        await running.define()
        client = await running.client()
        began, ended = asyncio.Event(), asyncio.Event()

        async def slowly(*_: object) -> None:
            began.set()
            try:
                await asyncio.sleep(PATIENCE)
            finally:
                ended.set()

        monkeypatch.setattr(running.services.book, "latest", slowly)
        await sent_and_left(client, "/graphql", b'{"query": "{ definitions { number } }"}' + b" " * 40, JSON)
        async with asyncio.timeout(PATIENCE / 2):
            await began.wait()
            await ended.wait()
