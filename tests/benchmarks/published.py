"""What an event publishes: rows written for readers, on the story and on a catalog of 850 attributes.

python tests/benchmarks/published.py [--json]

Counts beliefs, holdings opened and closed, relations drawn, and readings opened and closed; beside what is written for
the same events in hundredths of log-odds, as before the grid was one percentage point (decision 16).
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch
from uuid import uuid4

sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np
from neo4j import AsyncDriver
from tests.benchmarks.breadth import START, catalog
from tests.benchmarks.report import Row, show
from tests.benchmarks.served import raw_driver, served

from beliefgraph.app import Services, running
from beliefgraph.inference.arrays import Flags, Floats
from beliefgraph.inference.kernels import grid
from beliefgraph.model.caller import Caller, Scope
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.event import Event
from beliefgraph.model.vocabulary import values_of
from beliefgraph.story.story import load_story

ATTRIBUTES, EVENTS = 850, 100

ROWS = """
MATCH (t:Twin {tenant: $tenant})
CALL (t) {
  OPTIONAL MATCH (t)-[h:HOLDS]->(b:Belief)
  WITH count(h) AS opened, count(CASE WHEN h.rev_to < 2147483647 THEN 1 END) AS closed, collect(DISTINCT b) AS beliefs
  OPTIONAL MATCH (a)-[r:SUPPORTS|CONTRADICTS|IMPLIES|EXCLUDES|CAUSES {origin: 'inferred'}]->()
  WHERE a IN beliefs
  WITH opened, closed, size(beliefs) AS made, count(r) AS drawn
  RETURN opened + closed + made + drawn AS believed
}
CALL (t) {
  OPTIONAL MATCH (t)-[m:MEASURES]->()
  WITH count(m) AS opened, count(CASE WHEN m.rev_to < 2147483647 THEN 1 END) AS closed
  RETURN opened + closed AS measured
}
RETURN sum(believed + measured) AS rows
"""


def hundredths(log_odds: Floats, found: Floats) -> None:
    """The log-odds in hundredths."""
    found[:] = np.round(log_odds, 2)


def apart(log_odds: Floats, prior: Floats, least: float, found: Flags) -> None:
    """Whether log-odds differ by a hundredth or more from those of a prior probability."""
    found[:] = np.abs(log_odds - np.log(prior / (1 - prior))) >= 0.01


async def published(services: Services, driver: AsyncDriver) -> list[Row]:
    """Rows published for each event, in percentage points and in hundredths of log-odds."""
    story, wide = load_story(), [catalog(ATTRIBUTES, tree=True)]
    events: dict[str, tuple[Sequence[Catalog], Sequence[Event]]] = {
        "the story": (story.catalogs, story.events),
        "850 attributes, a new twin each": (wide, _events(EVENTS)),
        "850 attributes, three twins": (wide, _events(3)),
    }
    rows = []
    for name, (catalogs, sent) in events.items():
        now = await _rows(services, driver, catalogs, sent)
        with patch.multiple(grid, nearest=hundredths, apart=apart):
            before = await _rows(services, driver, catalogs, sent)
        rows.append(Row(f"rows per event, {name}", now, ""))
        rows.append(Row(f"rows per event in hundredths, {name}", before, ""))
        rows.append(Row(f"ratio, {name}", now / before, "×", must=0.5))
    return rows


async def _rows(services: Services, driver: AsyncDriver, catalogs: Sequence[Catalog], events: Sequence[Event]) -> float:
    """Rows published for each event in a new tenant."""
    caller = Caller(actor="bench", tenant=f"rows-{uuid4().hex}", scopes=values_of(Scope), purpose="benchmark")
    for each in catalogs:
        await services.book.publish(caller, each)
    for event in events:
        await services.intake.observe(caller, [event])
    async with driver.session() as session:
        record = await (await session.run(ROWS, tenant=caller.tenant)).single(strict=True)
    return float(record["rows"]) / len(events)


def _events(twins: int) -> Sequence[Event]:
    return [
        Event(
            id=str(n), source="/shop", type=f"saw{n * 17 % ATTRIBUTES}", time=START, twin=f"twin-{n % twins}", data={}
        )
        for n in range(EVENTS)
    ]


async def main(as_json: bool) -> None:
    """Measure and print."""
    with served() as (endpoint, settings, _):
        async with running(settings) as services, raw_driver(endpoint) as driver:
            show("What is published", await published(services, driver), as_json)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    asyncio.run(main(parser.parse_args().json))
