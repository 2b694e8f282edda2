"""Following a twin over a WebSocket."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest
from gql import Client as GqlClient
from gql import gql
from gql.transport.websockets import WebsocketsTransport
from tests.conftest import StoppedClock
from tests.web.service import Client, Service, heartbeat, service
from tests.world import rated
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring

FOLLOW = """
subscription Follow($twin: String!, $afterRev: Int) {
  changes(twin: $twin, afterRev: $afterRev) {
    rev cause beliefs { belief { id attribute } before { confidence } after { confidence status } }
  }
}"""


async def test_changes_are_sent_as_they_happen(client: Client) -> None:
    await client.observe(rated("0", 1.0))
    async with client.socket() as socket:
        await socket.subscribe(FOLLOW, twin="lena", afterRev=1)
        await client.observe(rated("1", 1.0))
        change = (await socket.data())["changes"]
        assert (change["rev"], change["cause"]) == (2, "OBSERVED")
        [moved] = change["beliefs"]
        assert moved["after"]["confidence"] > moved["before"]["confidence"]
        node = await client.data(
            "query N($id: ID!) { node(id: $id) { ... on Belief { attribute } } }", id=moved["belief"]["id"]
        )
        assert node["node"]["attribute"] == moved["belief"]["attribute"]


async def test_a_subscription_resumes_after_a_rev_without_a_gap_in_another_process(
    graph: Graph, keyring: Keyring, clock: StoppedClock, tenant: str
) -> None:
    async with (
        service(graph, keyring, clock, tenant) as first,
        service(graph, keyring, clock, tenant) as second,
    ):
        await first.define()
        writer = await first.client()
        await writer.observe(rated("0", 0.5))
        reader = await first.client()
        async with reader.socket() as socket:
            await socket.subscribe(FOLLOW, twin="lena", afterRev=0)
            seen = [(await socket.data())["changes"]["rev"]]
        for number in range(1, 6):  # while nobody listens
            await writer.observe(rated(str(number), 0.5))
        elsewhere = await second.client()
        async with elsewhere.socket() as socket:
            await socket.subscribe(FOLLOW, twin="lena", afterRev=seen[-1])
            writing = asyncio.create_task(_write(writer, 6, 12))  # by the other process, while this one catches up
            while seen[-1] < 12:
                seen.append((await socket.data())["changes"]["rev"])
            await writing
    assert seen == list(range(1, 13))


MESSAGE = {"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }"}}


async def _write(writer: Client, start: int, end: int) -> None:
    for number in range(start, end):
        await writer.observe(rated(str(number), 0.5))


async def test_gqls_own_client_can_follow(served: Service, client: Client) -> None:
    await client.observe(rated("0", 1.0), rated("1", 1.0, day=1))
    transport = WebsocketsTransport(
        url=f"ws{served.url.removeprefix('http')}/graphql",
        init_payload={"authorization": f"Bearer {client.secret}"},
        subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
    )
    async with GqlClient(transport=transport) as session:
        query = gql(FOLLOW)
        query.variable_values = {"twin": "lena", "afterRev": 0}
        async for found in session.subscribe(query):
            assert found["changes"]["rev"] == 1
            break


async def test_a_rev_that_is_ahead_of_the_twin_cannot_be_resumed_from(client: Client) -> None:
    await client.observe(rated("0", 1.0))
    async with client.socket() as socket:
        await socket.subscribe(FOLLOW, twin="lena", afterRev=99)
        assert _refusal(await socket.next())["code"] == "resume-expired"


async def test_a_twin_that_is_erased_ends_its_subscriptions(client: Client) -> None:
    await client.observe(rated("0", 1.0))
    async with client.socket() as socket:
        await socket.subscribe(FOLLOW, twin="lena", afterRev=0)
        await socket.data()
        await client.data('mutation { eraseTwin(twin: "lena") { rows } }')
        assert _refusal(await socket.next())["code"] == "resume-expired"


@pytest.mark.parametrize("twin", ["nobody", "omar"])
async def test_a_twin_out_of_reach_cannot_be_followed(served: Service, client: Client, twin: str) -> None:
    await client.observe(rated("0", 1.0, twin="omar"))
    lena = await served.client(person="lena")
    async with lena.socket() as socket:
        await socket.subscribe(FOLLOW, twin=twin)
        assert _refusal(await socket.next())["code"] == "not-found"


async def test_queries_and_mutations_work_over_a_socket_too(client: Client) -> None:
    async with client.socket() as socket:
        await socket.subscribe("{ definitions { number } }")
        assert await socket.data() == {"definitions": {"number": 1}}
        assert await socket.next() == {"type": "complete", "id": "1"}


async def test_a_socket_without_a_valid_key_is_closed(served: Service, client: Client) -> None:
    for payload in ({}, {"authorization": "Bearer bg_x"}, {"authorization": client.secret}, {"authorization": 5}):
        async with served.stranger().socket(payload) as socket:
            assert await socket.closed() == 4403


async def test_the_purpose_goes_into_connection_init(served: Service) -> None:
    client = await served.client(purposes=("care", "sales"))
    async with client.socket() as socket:
        assert await socket.closed() == 4403
    client.headers["purpose"] = "sales"
    async with client.socket() as socket:
        assert (await socket.next())["type"] == "connection_ack"


async def test_a_key_revoked_meanwhile_hears_and_asks_no_more(served: Service, client: Client) -> None:
    await client.observe(rated("0", 1.0))
    listener = await served.client("read")
    key = next(key for key in await served.services.callers.list(served.tenant) if key.scopes == ("read",))
    async with listener.socket() as socket:
        await socket.subscribe(FOLLOW, twin="lena", afterRev=0)
        await socket.data()
        await served.services.callers.revoke(key.id)
        await client.observe(rated("1", 1.0))
        assert _refusal(await socket.next())["code"] == "unauthenticated"
        await socket.send({"type": "subscribe", "id": "2", "payload": {"query": "{ definitions { number } }"}})
        assert await socket.closed() == 4403


def _refusal(message: dict[str, object]) -> dict[str, object]:
    """The extensions of the first error in a message, wherever the protocol puts it."""
    payload = message["payload"]
    errors = payload["errors"] if isinstance(payload, dict) else payload
    extensions: dict[str, object] = errors[0]["extensions"]  # type: ignore[index]
    return extensions


@pytest.mark.parametrize(
    ("bound", "code"),
    [({"max_in_flight": 2, "queue_timeout": 1}, "overloaded"), ({"request_timeout": 1}, "took-too-long")],
)
async def test_questions_over_a_socket_have_the_bounds_of_requests(
    graph: Graph, keyring: Keyring, clock: StoppedClock, tenant: str, bound: dict[str, float], code: str
) -> None:
    async with service(graph, keyring, clock, tenant, **bound) as running:
        client = await running.client()
        await running.define()
        await client.observe(rated("0", 0.5))
        waits = 'query { twin(name: "lena", atLeastRev: 9) { rev } }'
        async with client.socket() as socket:
            await socket.subscribe(waits, "0")
            for n in range(1, 4):
                await socket.send({"type": "subscribe", "id": str(n), "payload": {"query": waits}})
            refused = await socket.next()
            assert (refused["type"], refused["payload"][0]["extensions"]["code"]) == ("error", code)
        async with client.socket() as socket:
            await socket.subscribe('{ twin(name: "lena") { rev } }')
            assert await socket.data() == {"twin": {"rev": 1}}


async def test_operations_sent_on_many_sockets_at_once_do_not_hold_the_loop(
    graph: Graph, keyring: Keyring, clock: StoppedClock, tenant: str
) -> None:
    async with service(graph, keyring, clock, tenant, max_sockets_per_key=200) as running, AsyncExitStack() as stack:
        client = await running.client()
        many = [await stack.enter_async_context(client.socket()) for _ in range(150)]
        for socket in many:
            assert (await socket.next())["type"] == "connection_ack"
        async with heartbeat() as longest:
            await asyncio.gather(*(socket.send(MESSAGE) for socket in many))
            assert [(await socket.next())["type"] for socket in many] == ["next"] * 150
        assert longest[0] < 0.03


async def test_whoever_brings_no_key_is_not_waited_for(client: Client) -> None:
    address = f"ws{client.url.removeprefix('http')}/graphql"
    async with connect(address, subprotocols=[Subprotocol("graphql-transport-ws")]) as silent:
        async with asyncio.timeout(15):
            await silent.wait_closed()
        assert silent.close_code == 4408
