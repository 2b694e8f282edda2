"""What one caller sends to hold up others, each for as long as it is told: the lines of `fairness.py`.

Runs in a process of its own, so that the time it takes to send is not the time that others wait.
"""

from __future__ import annotations

import asyncio
import random
import resource
import secrets
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from multiprocessing.synchronize import Event
from typing import Any

import httpx2
import orjson
from tests.web.service import Client
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

ELSEWHERE = "127.0.0.2"
"""The address that those come from who bring no key."""

AGAIN_S = 5.0
"""Seconds after which somebody who was sent away tries again."""

Attack = Callable[["Attacker"], Awaitable[None]]

ATTACKS: dict[str, Attack] = {}


def attack(line: str) -> Callable[[Attack], Attack]:
    """Put an attack on the list."""

    def put(made: Attack) -> Attack:
        ATTACKS[line] = made
        return made

    return put


@dataclass
class Attacker:
    """Somebody with a key that may do everything, and a twin of 2,000 beliefs called `crowd`."""

    client: Client

    @property
    def where(self) -> tuple[str, int]:
        """The address of the service."""
        host, _, port = self.client.url.removeprefix("http://").rpartition(":")
        return host, int(port)

    async def ask(self, query: str, **variables: Any) -> None:
        """Ask, whatever is answered."""
        with suppress(httpx2.HTTPError, ValueError):
            await self.client.ask(query, **variables)

    async def at_once(self, number: int, ask: Callable[[int], Awaitable[None]]) -> None:
        """Ask so many at once, again and again."""

        async def again(first: int) -> None:
            n = first
            while True:
                await ask(n)
                n += number
                await asyncio.sleep(0.01)

        await asyncio.gather(*map(again, range(number)))


def related(name: str, pairs: list[tuple[int, int]]) -> dict[str, Any]:
    """A catalog of 1,000 attributes, related in pairs."""
    chance = random.Random(name)
    attributes = [
        {"key": f"{name}.a{n}", "domain": name, "statement": "is so", "prior": chance.choice([0.01, 0.5, 0.99])}
        for n in range(1_000)
    ]
    relations = [
        {"kind": "supports", "source": f"{name}.a{one}", "target": f"{name}.a{other}", "odds_ratio": 30.0}
        for one, other in pairs
    ]
    return {"catalog": name, "version": "1.0.0", "attributes": attributes, "relations": relations}


def dense(name: str) -> dict[str, Any]:
    """20,000 relations."""
    chance, pairs = random.Random(name), set[tuple[int, int]]()
    while len(pairs) < 20_000:
        one, other = sorted(chance.sample(range(1_000), 2))
        pairs.add((one, other))
    return related(name, sorted(pairs))


def laborious(name: str) -> dict[str, Any]:
    """14,000 relations, which cannot hold together: it takes some ten seconds to find out."""
    return related(name, [(one, one + step) for one in range(1_000) for step in range(1, 15) if one + step < 1_000])


PUBLISH = "mutation ($catalog: JSON!) { publishDefinitions(catalog: $catalog) { number } }"
OBSERVE = "mutation ($events: [EventInput!]!) { observe(events: $events) { status } }"
MOMENT = "2026-01-05T09:00:00Z"


def event(id_: str, type_: str, twin: str, **data: Any) -> dict[str, Any]:
    """An event as GraphQL takes it."""
    return {"id": id_, "source": "attack", "type": type_, "time": MOMENT, "twin": twin, "data": data}


async def publish(attacker: Attacker, hard: Callable[[str], dict[str, Any]]) -> None:
    """Send eight catalogs, and each again as soon as it is answered."""
    catalogs = [hard(f"c{n}") for n in range(8)]
    await attacker.at_once(8, lambda n: attacker.ask(PUBLISH, catalog=catalogs[n % 8]))


@attack("1: 8 catalogs of 20,000 relations between 1,000 attributes")
async def too_dense(attacker: Attacker) -> None:
    """Publish what is refused for its density."""
    await publish(attacker, dense)


@attack("1: 8 catalogs of 14,000 relations that cannot hold together")
async def contradictory(attacker: Attacker) -> None:
    """Publish what is calibrated in vain."""
    await publish(attacker, laborious)


@attack("2: checkDecision with 500,000 features, four at once")
async def features(attacker: Attacker) -> None:
    """Check an option of 7.4 MB."""
    options = [{"key": "a", "features": {f"f{n:07}": 1 for n in range(500_000)}}]
    query = 'query ($o: [DecisionOptionInput!]!) { checkDecision(input: {twin: "crowd", options: $o}) { rev } }'
    await attacker.at_once(4, lambda _: attacker.ask(query, o=options))


@attack("2: whatIf with 100,000 events")
async def events_supposed(attacker: Attacker) -> None:
    """Suppose a thousand times what is allowed."""
    events = [{"id": str(n), "source": "attack", "type": "met", "time": MOMENT} for n in range(100_000)]
    query = 'query ($e: [EventInput!]!) { whatIf(input: {twin: "crowd", events: $e}) { rev } }'
    await attacker.at_once(2, lambda _: attacker.ask(query, e=events))


@attack("2: a filter of 690,000 statuses")
async def statuses(attacker: Attacker) -> None:
    """Ask for beliefs of one status, named again and again."""
    query = 'query ($f: BeliefFilterInput) { beliefs(twin: "crowd", filter: $f) { nodes { id } } }'
    await attacker.at_once(2, lambda _: attacker.ask(query, f={"statuses": ["ACTIVE"] * 690_000}))


@attack("3: introspection under 30 aliases, eight at once")
async def introspection(attacker: Attacker) -> None:
    """Ask for the schema 30 times in a query."""
    types = "types { name description fields { name description args { name } type { name } } }"
    query = "{" + " ".join(f"a{n}: __schema {{ {types} }}" for n in range(30)) + "}"
    small = "{ __schema { types { name fields { name type { name kind } } } } }"
    await attacker.at_once(8, lambda n: attacker.ask(query if n % 2 else small))


COSTLY = (
    "data.x.matches('((a{60}){60}){10}b')",
    "size(" + " + ".join(["data.l"] * 120) + ") > 1",
    "size((true ? data : data.l).x) > 1",
    "data.x.matches('(a{0,60}){0,10}b') || size(data.x + data.x + data.x) > 1",
)
"""Expressions that were seen to take seconds, and one as costly as may be published."""


def costly(n: int) -> dict[str, Any]:
    """A catalog with a rule that asks one of them."""
    bearing = {"attribute": f"texts.match{n}", "log_likelihood_ratio": 1.0, "when": COSTLY[n]}
    attribute = {"key": f"texts.match{n}", "domain": "texts", "prior": 0.5, "statement": "matches"}
    rule = {"type": f"matched{n}", "summary": "matched", "bears_on": [bearing]}
    return {"catalog": f"costly{n}", "version": "1.0.0", "attributes": [attribute], "events": [rule]}


@attack("4: events that are costly to interpret, six at once")
async def expressions(attacker: Attacker) -> None:
    """Publish rules with costly expressions, and send each of them a text of 60 KB and a long list."""

    async def send(n: int) -> None:
        of = n % len(COSTLY)
        await attacker.ask(PUBLISH, catalog=costly(of))
        long = {"x": "a" * 60_000} if of != 1 else {"l": [0] * 10_000}
        sent = [event(secrets.token_hex(8), f"matched{of}", f"m{n % 6}", **long)]
        await attacker.ask(OBSERVE, events=sent)

    await attacker.at_once(6, send)


@attack("5: 64 requests that send their headers and one byte")
async def one_byte(attacker: Attacker) -> None:
    """Begin bodies that never end."""
    headers = (
        f"POST /graphql HTTP/1.1\r\nhost: here\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n"
        f"authorization: Bearer {attacker.client.secret}\r\n\r\n{{"
    ).encode()

    async def begin(_: int) -> None:
        reader, writer = await asyncio.open_connection(*attacker.where)
        writer.write(headers)
        await reader.read()
        writer.close()

    await attacker.at_once(64, begin)


@attack("6: 100 connections with random keys")
async def random_keys(attacker: Attacker) -> None:
    """Ask with keys that nobody has."""
    transport = httpx2.AsyncHTTPTransport(local_address=ELSEWHERE, limits=httpx2.Limits(max_connections=None))
    async with httpx2.AsyncClient(transport=transport, timeout=30) as http:

        async def guess(_: int) -> None:
            stranger = Client(http, attacker.client.url, f"bg_{secrets.token_urlsafe(32)}")
            with suppress(httpx2.HTTPError):
                await stranger.post({"query": "{ definitions { number } }"})

        await attacker.at_once(100, guess)


@attack("6: /readyz on 300 connections")
async def probes(attacker: Attacker) -> None:
    """Ask whether the service is ready."""
    transport = httpx2.AsyncHTTPTransport(local_address=ELSEWHERE, limits=httpx2.Limits(max_connections=None))
    async with httpx2.AsyncClient(transport=transport, timeout=30) as http:

        async def probe(_: int) -> None:
            with suppress(httpx2.HTTPError):
                await http.get(f"{attacker.client.url}/readyz")

        await attacker.at_once(300, probe)


async def idle(attacker: Attacker, number: int) -> None:
    """Open connections and send nothing, again as soon as they are closed."""

    async def begin(_: int) -> None:
        with suppress(OSError):
            reader, writer = await asyncio.open_connection(*attacker.where, local_addr=(ELSEWHERE, 0))
            await reader.read()
            writer.close()
        await asyncio.sleep(AGAIN_S)

    await attacker.at_once(number, begin)


@attack("7: 1,100 idle connections where 1,024 files are allowed")
async def more_than_files(attacker: Attacker) -> None:
    """Have more connections than the service was allowed files when it was started."""
    await idle(attacker, 1_100)


@attack("7: 3,000 idle connections")
async def many_idle(attacker: Attacker) -> None:
    """Have as many connections as the service takes."""
    await idle(attacker, 3_000)


@attack("8: batches of 1,000 new twins")
async def new_twins(attacker: Attacker) -> None:
    """Write batch after batch."""

    async def write(_: int) -> None:
        batch = secrets.token_hex(6)
        await attacker.ask(
            OBSERVE, events=[event(f"{batch}-{n}", "met", f"{batch}-{n}", about="a") for n in range(1_000)]
        )

    await attacker.at_once(1, write)


@attack("9: queries of 8 MB over WebSockets, four at once")
async def long_messages(attacker: Attacker) -> None:
    """Send what is too long to be a query."""
    query = "{ definitions { number } }" + " " * 7_900_000

    async def send(n: int) -> None:
        async with attacker.client.socket() as socket:
            await socket.subscribe(query, str(n))
            await socket.next()

    await attacker.at_once(4, lambda n: _whatever(send(n)))


@attack("9: 1,000 sockets of one key, each with 20 subscriptions")
async def sockets(attacker: Attacker) -> None:
    """Open them all, and subscribe on each."""
    address = f"ws{attacker.client.url.removeprefix('http')}/graphql"
    init = orjson.dumps({"type": "connection_init", "payload": {"authorization": f"Bearer {attacker.client.secret}"}})
    payload = {"query": 'subscription { changes(twin: "crowd") { __typename } }'}

    async def follow(_: int) -> None:
        async with AsyncExitStack() as stack:
            socket = await stack.enter_async_context(
                connect(address, subprotocols=[Subprotocol("graphql-transport-ws")])
            )
            await socket.send(init.decode())
            await socket.recv()
            for n in range(20):
                await socket.send(orjson.dumps({"type": "subscribe", "id": str(n), "payload": payload}).decode())
            while True:
                await socket.recv()

    await attacker.at_once(1_000, lambda n: _whatever(follow(n)))


async def _whatever(sending: Awaitable[None]) -> None:
    with suppress(OSError, WebSocketException, TimeoutError, AssertionError):
        await sending
    await asyncio.sleep(AGAIN_S)


@attack("10: 10,000 events that open 10,000 beliefs of a twin")
async def open_beliefs(attacker: Attacker) -> None:
    """Write the stated maximum."""

    async def write(_: int) -> None:
        twin = secrets.token_hex(6)
        await attacker.ask(OBSERVE, events=[event(f"{twin}-{n}", "met", twin, about=f"s{n}") for n in range(10_000)])

    await attacker.at_once(1, write)


@attack("11: 50 heavy queries at once")
async def heavy(attacker: Attacker) -> None:
    """Ask for 2,000 beliefs with their relations."""
    query = """{ beliefs(twin: "crowd", first: 2000) { nodes {
      attribute statement confidence logOdds status changedAtRev relations { kind other { statement } } } } }"""
    await attacker.at_once(50, lambda _: attacker.ask(query))


def run(line: str, url: str, secret: str, seconds: float, begun: Event) -> None:
    """Carry an attack out for so long once it has begun, with as many open files as may be."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    async def work() -> None:
        limits = httpx2.Limits(max_connections=None)
        async with httpx2.AsyncClient(timeout=60, limits=limits) as http:
            begun.set()
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await ATTACKS[line](Attacker(Client(http, url, secret)))

    asyncio.run(work())
