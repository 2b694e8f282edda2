"""When questions were last asked."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from beliefgraph.store import codec
from beliefgraph.store.graph import Graph


async def last_of(graph: Graph, twin: str, types: Collection[str], rev: int, until: datetime) -> dict[str, datetime]:
    """The time of the latest event of each type that the rev knows, up to a moment; types without events are absent."""
    if not types:
        return {}
    record = await graph.read("asking/asked", twin=twin, types=sorted(types), rev=rev, until=until.isoformat())
    return {type_: codec.moment(time) for type_, time in (record[0] if record else [])}
