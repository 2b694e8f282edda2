"""Reading what was published of metrics."""

from __future__ import annotations

from beliefgraph.model.metric import Reading
from beliefgraph.store import codec
from beliefgraph.store.graph import Graph
from beliefgraph.store.history import Stretch, published


async def readings(graph: Graph, twin: str, metric: str, stretch: Stretch) -> list[Reading]:
    """What was published of a metric, newest first, as the rev saw it."""
    found = await published(graph, "metric/history", twin, codec.reading, stretch, metric=metric)
    return [] if found is None else found[-1]
