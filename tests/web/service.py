"""A service on a real Neo4j behind a real socket, and a client of it."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import orjson
from tests.world import CATALOG
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from beliefgraph.api import create_app
from beliefgraph.app import Services, build
from beliefgraph.config import Settings
from beliefgraph.model.caller import Scope
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.event import Event
from beliefgraph.model.time import Clock
from beliefgraph.services.commits.layers import LAYERS
from beliefgraph.services.layer.protocol import Layer
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring
from beliefgraph.web.server import serving

EVERYTHING: tuple[Scope, ...] = ("read", "write", "correct", "define", "erase")
PATIENCE = 10.0

Json = dict[str, Any]


@dataclass
class Client:
    """Somebody with a key."""

    http: httpx2.AsyncClient
    url: str
    secret: str | None
    headers: dict[str, str] = field(default_factory=dict)

    async def post(self, body: bytes | Json, path: str = "/graphql", **headers: str) -> httpx2.Response:
        """What comes back for a body."""
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        sent = {"content-type": "application/json", **self.headers, **headers}
        if self.secret is not None:
            sent.setdefault("authorization", f"Bearer {self.secret}")
        return await self.http.post(self.url + path, content=content, headers=sent)

    async def ask(self, query: str, **variables: Any) -> Json:
        """The whole answer to a query."""
        answer: Json = (await self.post({"query": query, "variables": variables})).json()
        return answer

    async def data(self, query: str, **variables: Any) -> Json:
        """What a query brings, which must not be refused."""
        answer = await self.ask(query, **variables)
        assert "errors" not in answer, answer["errors"]
        found: Json = answer["data"]
        return found

    async def refused(self, query: str, **variables: Any) -> Json:
        """The extensions of the refusal that a query must meet."""
        answer = await self.ask(query, **variables)
        assert "errors" in answer, answer
        extensions: Json = answer["errors"][0]["extensions"]
        assert extensions["docs"] == f"{self.url}/errors/{extensions['code']}"
        return extensions

    async def observe(self, *events: Event) -> list[Json]:
        """Send events; their receipts."""
        query = """
        mutation Observe($events: [EventInput!]!) {
          observe(events: $events) { id status twin rev code beliefs { belief { id statement } } }
        }"""
        sent = [event.model_dump(mode="json") for event in events]
        receipts: list[Json] = (await self.data(query, events=sent))["observe"]
        return receipts

    @asynccontextmanager
    async def socket(self, init: Json | None = None) -> AsyncIterator[Socket]:
        """A WebSocket on which `connection_init` was sent."""
        address = f"ws{self.url.removeprefix('http')}/graphql"
        async with connect(address, subprotocols=[Subprotocol("graphql-transport-ws")]) as connection:
            socket = Socket(connection)
            payload = {"authorization": f"Bearer {self.secret}", **self.headers} if init is None else init
            await socket.send({"type": "connection_init", "payload": payload})
            yield socket


@dataclass
class Socket:
    """A WebSocket that speaks graphql-transport-ws."""

    connection: ClientConnection

    async def send(self, message: Json) -> None:
        """Send a message."""
        await self.connection.send(orjson.dumps(message).decode())

    async def next(self) -> Json:
        """The next message; it must be text."""
        async with asyncio.timeout(PATIENCE):
            message = await self.connection.recv()
        assert isinstance(message, str)
        read: Json = orjson.loads(message)
        return read

    async def subscribe(self, query: str, id_: str = "1", **variables: Any) -> None:
        """Begin an operation, once the connection is acknowledged."""
        assert (await self.next())["type"] == "connection_ack"
        await self.send({"type": "subscribe", "id": id_, "payload": {"query": query, "variables": variables}})

    async def data(self) -> Json:
        """What the next message brings, which must not be refused."""
        message = await self.next()
        assert message["type"] == "next", message
        assert "errors" not in message["payload"], message
        found: Json = message["payload"]["data"]
        return found

    async def closed(self) -> int | None:
        """The code with which it closes."""
        async with asyncio.timeout(PATIENCE):
            await self.connection.wait_closed()
        return self.connection.close_code


@asynccontextmanager
async def heartbeat() -> AsyncIterator[list[float]]:
    """The longest the loop was held while the block ran, in seconds of its own processor time, at [0].

    Python's collector is off: what it walks here is what all tests before have left, and a service tunes it.
    """
    longest = [0.0]
    gc.disable()

    async def beat() -> None:
        while True:
            began = time.thread_time()
            await asyncio.sleep(0)
            longest[0] = max(longest[0], time.thread_time() - began)

    beating = asyncio.create_task(beat())
    try:
        yield longest
    finally:
        gc.enable()
        beating.cancel()


@dataclass
class Service:
    """One process of the service, as it were: with services and a server of its own."""

    services: Services
    url: str
    http: httpx2.AsyncClient
    tenant: str

    @property
    def graph(self) -> Graph:
        """Its connection to Neo4j."""
        return self.services.graph

    async def client(
        self,
        *scopes: Scope,
        person: str | None = None,
        tenant: str | None = None,
        purposes: tuple[str, ...] = ("testing",),
        headers: Mapping[str, str] | None = None,
    ) -> Client:
        """Somebody with a new key; one for everything unless scopes are named."""
        made = await self.services.callers.create(
            tenant or self.tenant, "tester", scopes or EVERYTHING, purposes, person
        )
        return Client(self.http, self.url, made.secret, dict(headers or {}))

    def stranger(self, secret: str | None = None) -> Client:
        """Somebody with no key, or with this one."""
        return Client(self.http, self.url, secret)

    async def define(self, catalog: Catalog = CATALOG) -> None:
        """Put definitions in force, the small world's unless others are given."""
        made = await self.services.callers.create(self.tenant, "definer", ["define"], ["testing"])
        caller = await self.services.callers.authenticate(made.secret)
        await self.services.book.publish(caller, catalog)


@asynccontextmanager
async def service(
    graph: Graph,
    keyring: Keyring,
    clock: Clock,
    tenant: str,
    layers: Sequence[Layer] = LAYERS,
    /,
    **settings: object,
) -> AsyncIterator[Service]:
    """A service that listens on a free port and is warm."""
    async with cold_service(graph, keyring, clock, tenant, layers, **settings) as running:
        await running.services.warming.finished()
        yield running


@asynccontextmanager
async def cold_service(
    graph: Graph,
    keyring: Keyring,
    clock: Clock,
    tenant: str,
    layers: Sequence[Layer] = LAYERS,
    /,
    **settings: object,
) -> AsyncIterator[Service]:
    """A service that listens on a free port; its kernels have just begun to be compiled or loaded."""
    given = Settings.model_validate({"port": 0, "poll_interval": 0.2, "shutdown_timeout": 1, **settings})
    services = build(given, graph, keyring, clock, layers=layers)
    scheduling = asyncio.create_task(services.scheduler.run())
    warming = asyncio.create_task(services.warming.run())
    await services.readiness.refresh()
    looking = asyncio.create_task(services.readiness.run())
    try:
        async with serving(create_app(services), given) as served, httpx2.AsyncClient(timeout=30) as http:
            yield Service(services, served.url, http, tenant)
    finally:
        scheduling.cancel()
        looking.cancel()
        await asyncio.gather(scheduling, warming, looking, return_exceptions=True)
        await services.changes.close()
