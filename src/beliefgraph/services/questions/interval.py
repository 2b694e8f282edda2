"""Guaranteed bounds on a belief's confidence, as of any moment."""

from __future__ import annotations

import asyncio

from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.caller import Caller
from beliefgraph.model.interval import BeliefInterval
from beliefgraph.model.time import NOW, AsOf
from beliefgraph.services.definitions.book import DefinitionBook
from beliefgraph.services.snapshots.as_of import Snapshot, Snapshots
from beliefgraph.services.snapshots.recompute import recompute
from beliefgraph.store.graph import Graph


class Intervals:
    """Bounds the confidence of beliefs, as of any moment."""

    def __init__(self, graph: Graph, book: DefinitionBook, *, snapshots: Snapshots | None = None) -> None:
        self._snapshots = snapshots or Snapshots(graph, book)

    async def interval(
        self, caller: Caller, twin: str, key: BeliefKey, *, as_of: AsOf = NOW, at_least_rev: int | None = None
    ) -> BeliefInterval:
        """The least and greatest log-odds of the belief, with its state; `too-wide` if it has no answer."""
        moment = await self._snapshots.asked(caller, twin, as_of, at_least_rev)
        return await asyncio.to_thread(_bounded, moment, key)


def _bounded(moment: Snapshot, key: BeliefKey) -> BeliefInterval:
    seen = recompute(moment, (key,))
    target, derived = seen.answered(key), seen.derived
    unit, positions, column = derived.layout.unit_of(target)
    state, pinned = seen.state(target), derived.pinned_log_odds(target)
    found = unit.model.interval(column, derived.log_likelihood[positions])
    if found is None:
        reason = "values" if unit.model.exclusive else "several_causes"
        return BeliefInterval(state=state, low_log_odds=None, high_log_odds=None, pinned_log_odds=pinned, reason=reason)
    low, high = (derived.clamp(target, end) for end in found)
    return BeliefInterval(state=state, low_log_odds=low, high_log_odds=high, pinned_log_odds=pinned)
