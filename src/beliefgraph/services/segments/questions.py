"""Which segment a twin is in, as of any moment. Nothing is stored: it is derived from evidence."""

from __future__ import annotations

import asyncio

from beliefgraph.model.caller import Caller
from beliefgraph.model.segment import TwinSegment
from beliefgraph.model.time import NOW, AsOf
from beliefgraph.services.definitions.book import DefinitionBook
from beliefgraph.services.derivation.derive import segment_at
from beliefgraph.services.snapshots.as_of import Snapshots
from beliefgraph.store.graph import Graph


class Segments:
    """Answers which segment a twin is in, and what is learned for it."""

    def __init__(self, graph: Graph, book: DefinitionBook, *, snapshots: Snapshots | None = None) -> None:
        self._snapshots = snapshots or Snapshots(graph, book)

    async def segment(
        self, caller: Caller, twin: str, *, as_of: AsOf = NOW, at_least_rev: int | None = None
    ) -> TwinSegment | None:
        """The segment of a twin with its base rates in force; None if the twin is in none."""
        moment = await self._snapshots.asked(caller, twin, as_of, at_least_rev)
        key = await asyncio.to_thread(segment_at, moment.state, moment.graph, moment.at)
        if key is None:
            return None
        definitions = moment.graph.definitions
        horizons = [(one, each.within) for one in definitions.outcomes.values() for each in one.horizons]
        rates = [definitions.rate_of(one, within, key) for one, within in horizons]
        return TwinSegment(
            segment=definitions.segments[key],
            parameters=None if definitions.parameters is None else definitions.parameters.number,
            base_rates=definitions.base_rates.get(key, ()),
            rates=tuple(rate for rate in rates if rate is not None),
        )
