"""What an event takes on disk.

python tests/benchmarks/disk.py [--json] [--events 100000]

One twin of so many events, each with two bearings and usually a measurement, as in tests/benchmarks/growth.py. Neo4j
writes everything to its files when it stops, so one of its own is started and stopped before and after. A file counts
up to its last byte that is not zero: Neo4j reserves up to 32 MiB in advance. The transaction log is not counted.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks.growth import AT_ONCE, catalog, event
from tests.benchmarks.report import Row, show
from tests.benchmarks.served import settings_on

from beliefgraph.app import running
from beliefgraph.inference import warm
from beliefgraph.local import LocalNeo4j
from beliefgraph.model.caller import Caller

MUST = 3_250
"""Bytes that an event may take: half of what it took with 83 indexes."""

PARTS = {
    "properties": "neostore.propertystore.db",
    "long texts": "neostore.propertystore.db.strings",
    "sealed texts": "neostore.propertystore.db.arrays",
    "nodes": "neostore.nodestore.db",
    "relationships": "neostore.relationshipstore.db",
    "indexes": "schema",
}
"""Files of the database, or folders of them."""


def size(path: Path) -> int:
    """Bytes that are used of a file, or of all files in a folder."""
    files = (file for file in (path, *path.rglob("*")) if file.is_file())
    return sum(len(file.read_bytes().rstrip(b"\0")) for file in files)


async def stored(folder: Path, events: int) -> dict[str, int]:
    """Start Neo4j, publish the catalog, take in so many events, and stop it: bytes of each part, and of all."""
    with LocalNeo4j(folder / "neo4j", bolt_port=0, http_port=0) as endpoint:
        async with running(settings_on(endpoint, folder)) as services:
            caller = Caller(actor="disk", tenant="disk", scopes=("read", "write", "define"), purpose="benchmark")
            await services.book.publish(caller, catalog())
            for first in range(0, events, AT_ONCE):
                some = [event("one", n, events) for n in range(first, min(first + AT_ONCE, events))]
                await services.intake.observe(caller, some)
    database = folder / "neo4j" / "data" / "databases" / "neo4j"
    return {what: size(database / name) for what, name in PARTS.items()} | {"in all": size(database)}


async def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--json", action="store_true", help="print rows {item, value, must, stretch, ok}")
    arguments.add_argument("--events", type=int, default=100_000, help="events of the twin")
    given = arguments.parse_args()
    await asyncio.to_thread(warm)
    with tempfile.TemporaryDirectory() as folder:
        before = await stored(Path(folder), 0)
        after = await stored(Path(folder), given.events)
    took = {what: (after[what] - before[what]) / given.events for what in after}
    rows = [Row(f"per event, {what}", n, "bytes", MUST if what == "in all" else None) for what, n in took.items()]
    show("On disk", rows, given.json)
    if any(row.ok is False for row in rows):
        raise SystemExit(1)


if __name__ == "__main__":
    asyncio.run(main())
