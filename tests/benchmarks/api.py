"""How fast the service answers and takes in, as ratios to raw Bolt in the same run.

python tests/benchmarks/api.py [--json] [--twins 100] [--events 100000] [--only bulk] [--peer]

A Neo4j of its own, 100 twins of 850 beliefs and 935 relations, and the service in a process of its own. Raw Bolt runs
the service's own Cypher, with the service's own parameters, on the same graph. With `--peer`, instead, the service
beside @neo4j/graphql with graphql-yoga (`tests/benchmarks/peer.py`), which needs Node, on as many twins as the service
keeps in memory by default.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import httpx2
import orjson
import psutil
from neo4j import AsyncDriver, AsyncGraphDatabase, AsyncManagedTransaction, NotificationMinimumSeverity
from rich.console import Console
from rich.progress import track
from tests.benchmarks import peer, twins
from tests.benchmarks.report import Row, median, percentile, show
from tests.benchmarks.served import Served, settings_on
from websockets.asyncio.client import ClientConnection, connect

from beliefgraph.app import Services, running
from beliefgraph.config import Settings
from beliefgraph.local import Endpoint, LocalNeo4j, Memory
from beliefgraph.model.belief import BeliefKey, Holding
from beliefgraph.model.caller import Caller, Scope
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.event import Event
from beliefgraph.model.identity import twin_id
from beliefgraph.model.question import BeliefOrder
from beliefgraph.model.vocabulary import values_of
from beliefgraph.services.commands.drafts import observations
from beliefgraph.services.commands.writer import with_hashes
from beliefgraph.services.commits.advance import advance
from beliefgraph.services.interpretation.rules import RuleInterpreter
from beliefgraph.services.layer.context import CommandContext
from beliefgraph.services.twin.load import read_state
from beliefgraph.store import commits
from beliefgraph.store.commits import Statement, TwinCommit
from beliefgraph.store.graph import Graph, connected
from beliefgraph.store.keys import Keyring
from beliefgraph.store.layer_rows import NO_LAYERS, Layers
from beliefgraph.store.migrations import migrate
from beliefgraph.store.queries import given, query

TENANT = "bench"
TWINS = 100
BESIDE_PEER = 30
QUIET = NotificationMinimumSeverity.OFF
EVERYTHING: tuple[Scope, ...] = values_of(Scope)
ROUNDS = 300
WARM = 60
OBSERVED = 120
LISTENERS = 20
LOAD_S = 15
SENT_EACH_S = 10

Q1 = "query($t:String!,$k:BeliefKeyInput!){belief(twin:$t,key:$k){statement confidence status rev}}"
Q2 = """query($t:String!){beliefs(twin:$t,first:50){nodes{attribute statement confidence logOdds status
 changedAtRev}}}"""
Q3 = """query($t:String!){beliefs(twin:$t,first:50){nodes{attribute statement confidence logOdds status changedAtRev
 relations(kinds:[SUPPORTS]){kind oddsRatio other{statement confidence
 relations(kinds:[SUPPORTS]){kind oddsRatio other{statement confidence}}}}}}}"""


@dataclass
class Bench:
    """What a run stands on: services in this process, one in another, and a raw driver."""

    services: Services
    caller: Caller
    endpoint: Endpoint
    settings: Settings
    driver: AsyncDriver
    url: str
    key: str
    number: int
    rows: list[Row] = field(default_factory=list)


class Recorder(Graph):
    """A graph that remembers what it was asked to read."""

    asked: tuple[str, dict[str, Any]] = ("", {})

    async def read(self, name: str, /, **parameters: Any) -> list[Any] | None:
        self.asked = (name, parameters)
        return await super().read(name, **parameters)


async def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--json", action="store_true", help="print rows {item, value, must, stretch, ok}")
    arguments.add_argument("--twins", type=int, help=f"how many; {TWINS}, and {BESIDE_PEER} with --peer")
    arguments.add_argument("--events", type=int, default=100_000, help="events of the bulk run")
    arguments.add_argument("--only", nargs="*", choices=PARTS, help="some parts alone")
    arguments.add_argument("--peer", action="store_true", help="beside @neo4j/graphql and graphql-yoga; needs Node")
    given = arguments.parse_args()
    number = given.twins or (BESIDE_PEER if given.peer else TWINS)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        async with bench(home, number) as made:
            try:
                for part in given.only or ([] if given.peer else PARTS):
                    await PARTS[part](made, home, given.events)
                if given.peer:
                    with peer.peer(made.endpoint, home) as address:
                        made.rows += await peer.beside(made.url, made.key, address, TENANT, made.number)
            finally:
                show(f"API on {number} twins of {twins.BELIEFS} beliefs", made.rows, given.json)
    if any(row.ok is False for row in made.rows):
        raise SystemExit(1)


@asynccontextmanager
async def bench(home: Path, number: int) -> AsyncIterator[Bench]:
    """Neo4j, the twins, and the service, for as long as the block runs."""
    local = LocalNeo4j(home / "neo4j", memory=Memory("1g", "256m"), bolt_port=0, http_port=0)
    with local as endpoint:
        settings = settings_on(endpoint, home, port=0)
        async with running(settings, serving=True) as services:
            made = await services.callers.create(TENANT, "bench", EVERYTHING, ("benchmark",))
            caller = await services.callers.authenticate(made.secret)
            await services.book.publish(caller, twins.catalog())
            for twin in track(range(number), "Building twins", console=Console(stderr=True), transient=True):
                receipts = await services.intake.observe(caller, list(twins.founding(twin)))
                assert all(receipt.status == "accepted" for receipt in receipts), receipts
            driver = _driver(endpoint)
            with Served(endpoint, home / "keys") as own:
                yield Bench(services, caller, endpoint, settings, driver, own.url, made.secret, number)
            await driver.close()


def _driver(endpoint: Endpoint) -> AsyncDriver:
    return AsyncGraphDatabase.driver(endpoint.uri, auth=endpoint.auth, notifications_min_severity=QUIET)


async def reads(made: Bench) -> None:
    """Q1 to Q3 over HTTP against the same Cypher over Bolt, in turn."""
    recorder = Recorder(made.driver)
    async with running(made.settings, serving=True) as own:
        questions = type(own.questions)(recorder, own.keyring, own.book)
        for item, text, variables, ask, must in (
            (
                "Q1 one belief, 4 fields",
                Q1,
                lambda t: {"t": t, "k": {"attribute": twins.name(7)}},
                lambda t: questions.belief(made.caller, t, BeliefKey(attribute=twins.name(7))),
                4.0,
            ),
            (
                "Q2 first 50 by confidence, 6 fields",
                Q2,
                lambda t: {"t": t},
                lambda t: questions.beliefs(made.caller, t, order=BeliefOrder(), first=50),
                3.0,
            ),
            (
                "Q3 the same with their supports, two levels",
                Q3,
                lambda t: {"t": t},
                lambda t: questions.beliefs(
                    made.caller, t, order=BeliefOrder(), first=50, relation_levels=2, relation_kinds=("supports",)
                ),
                4.0,
            ),
        ):
            served_s, raw_s = await _against_bolt(made, recorder, text, variables, ask)
            made.rows += [
                Row(f"{item}: HTTP p50", median(served_s) * 1e3, "ms"),
                Row(f"{item}: raw Bolt p50", median(raw_s) * 1e3, "ms"),
                Row(f"{item}: ratio", median(served_s) / median(raw_s), "×", must, must / 2),
            ]


async def _against_bolt(
    made: Bench,
    recorder: Recorder,
    text: str,
    variables: Callable[[str], dict[str, Any]],
    ask: Callable[[str], Awaitable[object]],
) -> tuple[list[float], list[float]]:
    served_s, raw_s = [], []
    headers = {"authorization": f"Bearer {made.key}", "content-type": "application/json"}
    async with httpx2.AsyncClient(base_url=made.url, headers=headers) as client:
        for index in range(ROUNDS + WARM):
            twin = twins.twin(index % made.number)
            body = orjson.dumps({"query": text, "variables": variables(twin)})
            begun = time.perf_counter()
            answer = await client.post("/graphql", content=body)
            took = time.perf_counter() - begun
            assert "errors" not in answer.json(), answer.text
            await ask(twin)
            name, parameters = recorder.asked
            begun = time.perf_counter()
            async with made.driver.session(database="neo4j", default_access_mode="READ") as session:
                result = await session.run(query(name), given(parameters))
                await result.single()
            raw_took = time.perf_counter() - begun
            if index >= WARM:
                served_s.append(took)
                raw_s.append(raw_took)
    return served_s, raw_s


async def observing(made: Bench) -> None:
    """One event at a time through the service, against the statement that writes the same, raw."""
    served_s: list[float] = []
    revisions: list[int] = []
    headers = {"authorization": f"Bearer {made.key}", "content-type": "application/cloudevents+json"}
    raw_s, inference_s = [], []
    raw = RawWriter(made, 1)
    await raw.load()
    async with httpx2.AsyncClient(base_url=made.url, headers=headers) as client:
        for index in range(OBSERVED + WARM):
            event = twins.single(0, index)
            body = _cloud_event(event)
            begun = time.perf_counter()
            answer = await client.post("/events", content=body)
            took = time.perf_counter() - begun
            assert answer.status_code == 200, answer.text
            written, inferred = await raw.observe(twins.single(1, index))
            if index >= WARM and raw.revisions <= 100:
                served_s.append(took)
                raw_s.append(written)
                inference_s.append(inferred)
                revisions.append(raw.revisions)
    made.rows += [
        Row("observe over HTTP: p50", median(served_s) * 1e3, "ms"),
        Row("observe: revisions, median of those up to 100", median(revisions), "rows"),
        Row("observe: raw write, p50", median(raw_s) * 1e3, "ms"),
        Row("observe: of it inference, p50", median(inference_s) * 1e3, "ms"),
        Row("observe: ratio", median(served_s) / median(raw_s), "×", 6.0, 3.0),
    ]


class RawWriter:
    """Writes what the service would write of an event, with two raw statements in one transaction."""

    def __init__(self, made: Bench, number: int) -> None:
        self._made = made
        self._name = twins.twin(number)
        self._id = twin_id(TENANT, self._name)
        self._interpreter = RuleInterpreter()
        self.revisions = 0

    async def load(self) -> None:
        """Read the twin, once."""
        self._state = await read_state(self._made.services.graph, self._id, TENANT, self._name)
        self._graph = await self._made.services.book.latest(TENANT)

    async def observe(self, event: Event) -> tuple[float, float]:
        """Seconds that writing an event took, and seconds that inferring what to write took."""
        updater = self._made.services.intake._updater
        named = updater.name(self._made.caller, self._name, "write")
        digest = updater.keyring.digester(self._made.caller.tenant)
        arrived = with_hashes(digest, named, event, event.model_dump(mode="json"))
        setting = CommandContext(self._state, self._graph, self._made.caller, arrived)
        said = self._interpreter.interpret(event, self._graph.definitions)
        begun = time.perf_counter()
        step = advance(
            self._state,
            self._graph,
            observations([(setting, said)]),
            self._made.caller,
            datetime.now(UTC),
        )
        inferred = time.perf_counter() - begun
        self.revisions = len(step.commit.delta.opened.of(Holding))
        statements = commits.statements(self._made.services.keyring, [step.commit])[:1]

        async def work(tx: AsyncManagedTransaction) -> None:
            for name, parameters in statements:
                await (await tx.run(query(name), given(parameters))).consume()

        begun = time.perf_counter()
        async with self._made.driver.session(database="neo4j") as session:
            await session.execute_write(work)
        took = time.perf_counter() - begun
        self._state = step.state
        return took, inferred


async def subscribing(made: Bench) -> None:
    """From the sending of an event to its arrival at a subscriber, while others send and listen too."""
    sent: dict[tuple[str, int], float] = {}
    delays: list[float] = []
    names = [twins.twin(2 + i % (made.number - 2)) for i in range(LISTENERS)]
    headers = {"authorization": f"Bearer {made.key}", "content-type": "application/cloudevents+json"}

    async def listen(name: str, ready: asyncio.Event) -> None:
        address = made.url.replace("http", "ws") + "/graphql"
        async with connect(address, subprotocols=["graphql-transport-ws"], max_size=None) as socket:  # type: ignore[list-item]
            await _subscribe(socket, name, made.key)
            ready.set()
            async for message in socket:
                heard = orjson.loads(message)
                if heard["type"] == "next":
                    rev = heard["payload"]["data"]["changes"]["rev"]
                    begun = sent.get((name, rev))
                    if begun is not None:
                        delays.append(time.perf_counter() - begun)

    readies = [asyncio.Event() for _ in names]
    listening = [asyncio.create_task(listen(name, ready)) for name, ready in zip(names, readies, strict=True)]
    await asyncio.gather(*(ready.wait() for ready in readies))
    await asyncio.sleep(1)
    revs = {name: (await made.services.questions.twin(made.caller, name)).rev for name in set(names)}
    index = 0
    async with httpx2.AsyncClient(base_url=made.url, headers=headers, timeout=30) as client:
        end = time.perf_counter() + LOAD_S
        while time.perf_counter() < end:
            name = names[index % len(names)]
            event = twins.single(int(name[-4:]), 10_000 + index)
            begun = time.perf_counter()
            revs[name] += 1
            sent[name, revs[name]] = begun
            answer = await client.post("/events", content=_cloud_event(event))
            assert answer.json()["receipts"][0]["rev"] == revs[name], answer.text
            index += 1
            await asyncio.sleep(max(0.0, 1 / SENT_EACH_S - (time.perf_counter() - begun)))
    await asyncio.sleep(2)
    for task in listening:
        task.cancel()
    expected = sum(names.count(name) for name, _ in sent)
    made.rows += [
        Row("event to subscriber, under load: p50", percentile(delays, 50) * 1e3, "ms"),
        Row("event to subscriber, under load: p99", percentile(delays, 99) * 1e3, "ms"),
        Row("event to subscriber: share that arrived", len(delays) / expected, "", 1.0, 1.0, most=False),
    ]


async def _subscribe(socket: ClientConnection, name: str, key: str) -> None:
    await socket.send(orjson.dumps({"type": "connection_init", "payload": {"authorization": f"Bearer {key}"}}).decode())
    assert orjson.loads(await socket.recv())["type"] == "connection_ack"
    text = "subscription($t:String!){changes(twin:$t){rev beliefs{belief{statement} after{confidence}}}}"
    message = {"id": "1", "type": "subscribe", "payload": {"query": text, "variables": {"t": name}}}
    await socket.send(orjson.dumps(message).decode())


async def bulk(made: Bench, home: Path, number: int) -> None:
    """`beliefgraph ingest` of many events, its memory, and the same rows written by raw UNWINDs on another Neo4j."""
    bulk_catalog = Catalog.model_validate(
        {
            "catalog": "bulk",
            "version": "1.0.0",
            "attributes": [{"key": "bulk.holds", "domain": "bulk", "prior": 0.5, "statement": "holds for {subject}"}],
            "events": [
                {
                    "type": "bulk.rated",
                    "summary": "rated it",
                    "source": "data.by",
                    "bears_on": [
                        {
                            "attribute": "bulk.holds",
                            "subject": "data.item",
                            "log_likelihood_ratio": "double(data.llr)",
                        }
                    ],
                }
            ],
        }
    )
    made_key = await made.services.callers.create("bulk", "bulk", EVERYTHING, ("benchmark",))
    caller = await made.services.callers.authenticate(made_key.secret)
    await made.services.book.publish(caller, bulk_catalog)
    file = home / "events.jsonl"
    with file.open("wb") as out:
        for index in range(number):
            out.write(_cloud_event(_bulk_event(index)) + b"\n")
    took, early, late = _ingested(made, file, made_key.secret)
    raw_s = await _raw_bulk(made, home, bulk_catalog, min(number, 20_000))
    served_rate, raw_rate = number / took, min(number, 20_000) / raw_s
    made.rows += [
        Row(f"bulk ingest of {number:,} events: rate", served_rate, "events/s"),
        Row("bulk ingest: raw UNWIND of the same nodes and edges", raw_rate, "events/s"),
        Row("bulk ingest: ratio", served_rate / raw_rate, "×", 0.4, 0.8, most=False),
        Row("bulk ingest: memory when a fifth was in", early, "MB"),
        Row("bulk ingest: memory at the end", late, "MB"),
        Row("bulk ingest: growth of memory over the last four fifths", late / early, "×", 1.25, 1.05),
    ]


def _bulk_event(index: int) -> Event:
    return Event(
        id=f"bulk-{index}",
        source="bulk",
        type="bulk.rated",
        time=twins.START + timedelta(minutes=index),
        twin=f"bulk-{index // 7 % 1000:04d}",
        data={"item": f"item-{index % 7}", "llr": 0.5 if index % 3 else -0.5, "by": f"rater-{index % 50}"},
    )


def _ingested(made: Bench, file: Path, key: str) -> tuple[float, float, float]:
    """Seconds that the command took, and its memory in MB after a fifth of them and at the end."""
    environ = {
        **os.environ,
        "NEO4J_URI": made.endpoint.uri,
        "NEO4J_PASSWORD": made.endpoint.password,
        "BELIEFGRAPH_KEYS": str(made.settings.keys),
        "BELIEFGRAPH_KEY": key,
    }
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "beliefgraph", "ingest", str(file)], env=environ, stderr=subprocess.DEVNULL
    )
    seen: list[tuple[float, float]] = []
    watched = psutil.Process(process.pid)
    while process.poll() is None:
        try:
            seen.append((time.perf_counter() - begun, watched.memory_info().rss / 1e6))
        except psutil.NoSuchProcess:
            break
        time.sleep(0.2)
    took = time.perf_counter() - begun
    assert process.wait() == 0
    early = [rss for at, rss in seen if at <= took / 5]
    return took, max(early), max(rss for _, rss in seen)


async def _raw_bulk(made: Bench, home: Path, catalog: Catalog, number: int) -> float:
    """Seconds that raw statements take to write what the service writes of so many events, on an empty Neo4j."""
    statements = await _statements(made, catalog, number)
    with LocalNeo4j(home / "raw", memory=Memory("1g", "256m"), bolt_port=0, http_port=0) as endpoint:
        async with connected(endpoint.uri, endpoint.user, endpoint.password) as graph:
            await migrate(graph, made.services.clock)
        async with AsyncGraphDatabase.driver(
            endpoint.uri, auth=endpoint.auth, notifications_min_severity=QUIET
        ) as driver:
            begun = time.perf_counter()
            for together in statements:

                async def work(tx: AsyncManagedTransaction, together: list[Statement] = together) -> None:
                    for name, parameters in together:
                        await (await tx.run(query(name), given(parameters))).consume()

                async with driver.session(database="neo4j") as session:
                    await session.execute_write(work)
            return time.perf_counter() - begun


async def _statements(made: Bench, catalog: Catalog, number: int) -> list[list[Statement]]:
    """What the service writes of the events, taken down while it does so under another tenant."""
    key = await made.services.callers.create("bulk-raw", "bulk", EVERYTHING, ("benchmark",))
    caller = await made.services.callers.authenticate(key.secret)
    await made.services.book.publish(caller, catalog)
    taken: list[list[Statement]] = []
    statements_of = commits.statements

    def noted(keyring: Keyring, commits: Sequence[TwinCommit], layers: Layers = NO_LAYERS) -> list[Statement]:
        taken.append(statements_of(keyring, commits, layers))
        return taken[-1]

    commits.statements = noted
    try:
        for first in range(0, number, 2_000):
            events = [_bulk_event(index) for index in range(first, min(first + 2_000, number))]
            await made.services.intake.observe(caller, events)
    finally:
        commits.statements = statements_of
    return taken


def _cloud_event(event: Event) -> bytes:
    return orjson.dumps(
        {
            "specversion": "1.0",
            "id": event.id,
            "source": event.source,
            "type": event.type,
            "time": event.time.isoformat(),
            "twin": event.twin,
            "datacontenttype": "application/json",
            "data": event.data,
        }
    )


PARTS: dict[str, Callable[[Bench, Path, int], Awaitable[None]]] = {
    "reads": lambda made, _home, _events: reads(made),
    "observe": lambda made, _home, _events: observing(made),
    "subscribe": lambda made, _home, _events: subscribing(made),
    "bulk": bulk,
}


if __name__ == "__main__":
    asyncio.run(main())
