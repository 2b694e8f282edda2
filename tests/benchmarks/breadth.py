"""Loading many twins: events in random order over 8,000 twins, over 25, and a raw UNWIND, in turn in one run.

python tests/benchmarks/breadth.py [--json] [--events 40000] [--batch 5000] [--attributes 30] [--tree]

Both are loaded from a file as `beliefgraph ingest` does: read, sorted by twin in windows, and taken in. The same events
are also taken in over 8,000 other twins without sorting, in calls of `--batch` events as they come.

Runs on the Neo4j that NEO4J_URI names, else on one of its own with the default memory. The raw `UNWIND` writes for each
event one Event, one Evidence with its FROM and REPORTED_BY, and its BEARS_ON, with unique ids and nothing else.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import random
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

sys.path.insert(0, str(Path(__file__).parents[2]))

import orjson
from neo4j import AsyncDriver
from tests.benchmarks.report import Row, show
from tests.benchmarks.served import raw_driver, served

from beliefgraph.app import Services, running
from beliefgraph.ingest.jsonl import read_lines
from beliefgraph.ingest.windows import WINDOW, batches
from beliefgraph.model.caller import Caller, Scope
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.event import Event
from beliefgraph.model.time import SystemClock
from beliefgraph.model.vocabulary import values_of
from beliefgraph.web.tuning import settle

EVENTS = 40_000
BATCH = 5_000
RAW_BATCH = 2_000
ATTRIBUTES = 30
MANY, FEW = 8_000, 25
SEED = 20260101
START = datetime(2026, 1, 1, tzinfo=UTC)

RAW = """
UNWIND $events AS row
MERGE (s:Source {id: row.source})
CREATE (e:Event {id: row.event, type: row.type, time: datetime(row.time), sealed: row.sealed})
CREATE (v:Evidence {id: row.evidence, summary: row.summary, time: datetime(row.time)})
CREATE (v)-[:FROM]->(e)
CREATE (v)-[:REPORTED_BY]->(s)
MERGE (b:Belief {id: row.belief})
CREATE (v)-[:BEARS_ON {revision_id: row.bearing, log_likelihood_ratio: row.llr}]->(b)
"""


async def breadth(
    services: Services,
    driver: AsyncDriver,
    events: int = EVENTS,
    batch: int = BATCH,
    attributes: int = ATTRIBUTES,
    tree: bool = False,
    log: Path | None = None,
) -> list[Row]:
    """The rate at which the same events load into many twins, into few, and raw; statements and bytes an event.

    `log` is the folder of Neo4j's transaction log, where it is known.
    """
    await _warm(services, driver, attributes, tree)
    streams = {twins: _events(events, twins, attributes) for twins in (MANY, FEW)}
    calls = {
        f"{MANY:,} twins": _from_file(streams[MANY], batch),
        f"{FEW} twins": _from_file(streams[FEW], batch),
        f"{MANY:,} twins, not sorted": _as_they_come(streams[MANY], batch),
    }
    loads = {
        name: _Load(services, await _tenant(services, attributes, tree), each, log) for name, each in calls.items()
    }
    raw_took, raw_logged = 0.0, 0
    for first in range(0, events, batch):
        for load in loads.values():
            await load.next()
        size = _bytes(log)
        for begin in range(first, min(first + batch, events), RAW_BATCH):
            raw_took += await _raw(driver, streams[MANY][begin : min(begin + RAW_BATCH, first + batch)])
        raw_logged += max(0, _bytes(log) - size)
    assert all(load.taken == events for load in loads.values())
    many, few, shuffled = loads.values()
    raw = events / raw_took
    return [
        *(Row(f"{events:,} events over {name}", load.rate, "events/s") for name, load in loads.items()),
        Row(f"{events:,} events by a raw UNWIND", raw, "events/s"),
        Row(f"{MANY:,} twins against {FEW}", many.rate / few.rate, "×", 0.6, most=False),
        Row(f"{MANY:,} twins against the raw UNWIND", many.rate / raw, "×", 0.15, 0.3, most=False),
        Row(f"{FEW} twins against the raw UNWIND", few.rate / raw, "×", 0.25, 0.5, most=False),
        Row(f"{MANY:,} twins, not sorted, against {FEW}", shuffled.rate / few.rate, "×"),
        Row(f"{MANY:,} twins, not sorted, against the raw UNWIND", shuffled.rate / raw, "×"),
        *(Row(f"statements an event, {name}", load.statements / events, "") for name, load in loads.items()),
        *(Row(f"log an event, {name}", load.logged / events / 1024, "KB") for name, load in loads.items() if log),
        *([Row("log an event, raw", raw_logged / events / 1024, "KB")] if log else []),
    ]


class _Load:
    """Events that are taken in call by call: how long that takes, and what it costs Neo4j."""

    def __init__(self, services: Services, caller: Caller, calls: Iterator[Sequence[Event]], log: Path | None) -> None:
        self._services, self._caller, self._calls, self._log = services, caller, calls, log
        self.took, self.taken, self.statements, self.logged = 0.0, 0, 0, 0

    async def next(self) -> None:
        """The next call, with the time to read it."""
        statements, size = self._services.graph.statements, _bytes(self._log)
        began = time.perf_counter()
        events = next(self._calls)
        receipts = await self._services.across.observe(self._caller, events)
        self.took += time.perf_counter() - began
        assert all(receipt.status == "accepted" for receipt in receipts)
        self.taken += len(events)
        self.statements += self._services.graph.statements - statements
        self.logged += max(0, _bytes(self._log) - size)

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.taken / self.took


def _from_file(events: Sequence[Event], batch: int) -> Iterator[Sequence[Event]]:
    """As `beliefgraph ingest` reads them."""
    file = io.BytesIO(b"\n".join(_line(event) for event in events))
    for some in batches(read_lines(file, SystemClock()), WINDOW, batch):
        yield [line.read for line in some.lines if isinstance(line.read, Event)]


def _line(event: Event) -> bytes:
    written = event.model_dump(mode="json", include={"id", "source", "type", "time", "twin", "data"})
    return orjson.dumps({"specversion": "1.0", **written})


def _as_they_come(events: Sequence[Event], batch: int) -> Iterator[Sequence[Event]]:
    for first in range(0, len(events), batch):
        yield events[first : first + batch]


async def _warm(services: Services, driver: AsyncDriver, attributes: int, tree: bool) -> None:
    """Let Neo4j and the service compile what they compile."""
    events = _events(RAW_BATCH, MANY, attributes)
    await services.intake.observe(await _tenant(services, attributes, tree), events)
    await _raw(driver, events)


def _bytes(folder: Path | None) -> int:
    return 0 if folder is None else sum(path.stat().st_size for path in folder.glob("neostore.transaction.db.*"))


async def _tenant(services: Services, attributes: int, tree: bool) -> Caller:
    caller = Caller(actor="bench", tenant=f"breadth-{uuid4().hex}", scopes=values_of(Scope), purpose="benchmark")
    await services.book.publish(caller, catalog(attributes, tree))
    return caller


def catalog(attributes: int, tree: bool) -> Catalog:
    """Attributes that stand alone, or hang in a tree of four branches; an event bears on one of them."""
    keys = [f"shop.a{n}" for n in range(attributes)]
    relations = [
        {"kind": "supports", "source": keys[(n - 1) // 4], "target": keys[n], "odds_ratio": 3.0}
        for n in range(1, attributes)
    ]
    return Catalog.model_validate(
        {
            "catalog": "shop",
            "version": "1.0.0",
            "attributes": [{"key": key, "domain": "shop", "prior": 0.3, "statement": f"is {key}"} for key in keys],
            "relations": relations if tree else [],
            "events": [
                {
                    "type": f"saw{n}",
                    "summary": "saw something",
                    "bears_on": [{"attribute": key, "log_likelihood_ratio": 0.5}],
                }
                for n, key in enumerate(keys)
            ],
        }
    )


def _events(events: int, twins: int, attributes: int) -> Sequence[Event]:
    order = random.Random(SEED)
    return [
        Event(
            id=str(n),
            source="/shop",
            type=f"saw{order.randrange(attributes)}",
            time=START + timedelta(seconds=n),
            twin=f"twin-{order.randrange(twins)}",
            data={"page": n % 40},
        )
        for n in range(events)
    ]


async def _raw(driver: AsyncDriver, events: Sequence[Event]) -> float:
    began = time.perf_counter()
    rows: list[dict[str, Any]] = [
        {
            "source": event.source,
            "event": str(uuid4()),
            "evidence": str(uuid4()),
            "bearing": str(uuid4()),
            "belief": f"{event.twin} {event.type}",
            "type": event.type,
            "summary": "saw something",
            "time": event.time.isoformat(),
            "sealed": event.model_dump_json().encode(),
            "llr": 0.5,
        }
        for event in events
    ]
    async with driver.session() as session:
        await (await session.run(RAW, events=rows)).consume()
    return time.perf_counter() - began


async def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--json", action="store_true", help="print rows {item, value, must, stretch, ok}")
    arguments.add_argument("--events", type=int, default=EVENTS, help="events of each way")
    arguments.add_argument("--batch", type=int, default=BATCH, help="events in one call")
    arguments.add_argument("--attributes", type=int, default=ATTRIBUTES, help="attributes of the catalog")
    arguments.add_argument("--tree", action="store_true", help="let the attributes hang in a tree")
    given = arguments.parse_args()
    with served() as (endpoint, settings, folder):
        async with (
            running(settings) as services,
            raw_driver(endpoint) as driver,
        ):
            settle()
            log = folder / "neo4j" / "data" / "transactions" / "neo4j"
            rows = await breadth(
                services,
                driver,
                given.events,
                given.batch,
                given.attributes,
                given.tree,
                log if log.is_dir() else None,
            )
    show("Breadth", rows, given.json)
    if any(row.ok is False for row in rows):
        raise SystemExit(1)


if __name__ == "__main__":
    asyncio.run(main())
