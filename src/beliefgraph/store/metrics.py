"""Reading what was published of metrics."""

from __future__ import annotations

from datetime import datetime

from beliefgraph.model.metric import Reading
from beliefgraph.store import codec
from beliefgraph.store.graph import Graph


async def readings(
    graph: Graph,
    twin: str,
    metric: str,
    *,
    rev: int,
    valid_time: datetime | None,
    before: int | None,
    limit: int,
) -> list[Reading]:
    """What was published of a metric up to a rev, and before another, the newest first, as the rev saw it."""
    record = await graph.read(
        "metric/history", twin=twin, metric=metric, rev=rev, valid_time=valid_time, before=before, limit=limit
    )
    known = [codec.reading(row, twin) for row in (record[0] if record else [])]
    return [r if r.rev_to is None or r.rev_to <= rev else r.model_copy(update={"rev_to": None}) for r in known]
