"""Reading a twin: all the rows that one rev sees, in one statement."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime

from beliefgraph.errors import Unavailable
from beliefgraph.model.belief import Belief, Holding
from beliefgraph.model.evidence import Bearing
from beliefgraph.model.relation import BeliefRelation
from beliefgraph.model.twin import IdentifierLink
from beliefgraph.store import codec
from beliefgraph.store.graph import Graph

TRIES = 50
"""Readings of a twin that somebody keeps writing to before we say so."""

PAUSE = 0.005
"""Seconds between them, about the time of one commit."""


@dataclass(frozen=True)
class TwinRows:
    """What one rev of a twin sees; `head_time` and the two after it are those of that rev's commit."""

    rev: int
    head_time: datetime
    last_updated: datetime
    definitions: int
    beliefs: tuple[Belief, ...]
    bearings: tuple[Bearing, ...]
    relations: tuple[BeliefRelation, ...]
    holdings: tuple[Holding, ...]
    links: tuple[IdentifierLink, ...]


async def load(graph: Graph, twin: str, rev: int | None = None) -> TwinRows | None:
    """The rows that `rev` sees, the current one if None; None if there is no such twin or it has no such commit.

    A reader in Neo4j may see half of a commit that lands while it reads. So the rev is read again afterwards, and the
    rows of the current rev are counted against what its writer counted; if either differs, we read again.
    """
    for _ in range(TRIES):
        record = await graph.read("twin/inputs", twin=twin, rev=rev)
        if record is None:
            return None
        seen, before, beliefs, bearings, relations, holdings, links, at, after = record
        if not at:
            return None
        rows = len(bearings) + len(relations) + len(holdings) + len(links)
        current, open_rows = after[0]
        if before == current and (seen != current or rows == open_rows):
            return TwinRows(
                rev=seen,
                head_time=codec.moment(at[0][0]),
                last_updated=codec.moment(at[0][1]),
                definitions=at[0][2],
                beliefs=tuple(codec.belief(row, twin) for row in beliefs),
                bearings=tuple(codec.bearing(row, twin) for row in bearings),
                relations=tuple(codec.relation(row, twin) for row in relations),
                holdings=tuple(codec.holding(row, twin) for row in holdings),
                links=tuple(codec.link(row, twin) for row in links),
            )
        await asyncio.sleep(PAUSE)
    raise Unavailable("store-unavailable", "The twin is being written to without a pause; try again.", twin=twin)
