"""What an event publishes: rows written for readers, on the story and on a catalog of 850 attributes.

python tests/benchmarks/published.py [--json]

Counts beliefs, holdings opened and closed, relations drawn, and readings opened and closed. The limits are half of what
was written before the grid was one percentage point (decision 16).
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

sys.path.insert(0, str(Path(__file__).parents[2]))

from neo4j import AsyncDriver
from tests.benchmarks.breadth import START, catalog
from tests.benchmarks.report import Row, show
from tests.benchmarks.served import raw_driver, served

from beliefgraph.app import Services, running
from beliefgraph.model.caller import Caller, Scope
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.event import Event
from beliefgraph.model.vocabulary import words_of
from beliefgraph.story.story import load_story

BEFORE = {"the story": 36.5, "850 attributes, a new twin each": 47.8, "850 attributes, three twins": 77.8}
"""Rows published for each event when log-odds were published in hundredths, measured with the same events."""

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


async def published(services: Services, driver: AsyncDriver) -> list[Row]:
    """Rows published for each event, beside half of what they were."""
    story, wide = load_story(), [catalog(ATTRIBUTES, tree=True)]
    events: dict[str, tuple[Sequence[Catalog], Sequence[Event]]] = {
        "the story": (story.catalogs, story.events),
        "850 attributes, a new twin each": (wide, _events(EVENTS)),
        "850 attributes, three twins": (wide, _events(3)),
    }
    rows = []
    for name, (catalogs, sent) in events.items():
        caller = Caller(actor="bench", tenant=f"rows-{uuid4().hex}", scopes=words_of(Scope), purpose="benchmark")
        for each in catalogs:
            await services.book.publish(caller, each)
        for event in sent:
            await services.intake.observe(caller, [event])
        async with driver.session() as session:
            record = await (await session.run(ROWS, tenant=caller.tenant)).single(strict=True)
        rows.append(Row(f"rows published an event: {name}", record["rows"] / len(sent), "", must=BEFORE[name] / 2))
    return rows


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
