"""Published readings of metrics."""

from __future__ import annotations

from datetime import datetime

from beliefgraph.model.metric import Reading
from beliefgraph.store import codec
from beliefgraph.store.graph import Graph
from beliefgraph.store.history import HistoryFilter, published


async def readings(
    graph: Graph, twin: str, metric: str, stretch: HistoryFilter
) -> tuple[int, datetime, list[Reading]] | None:
    """The published rows of a metric, newest first, with the rev read and its head time."""
    return await published(graph, "metric/history", twin, codec.reading, stretch, metric=metric)
