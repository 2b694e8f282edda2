"""The changes of twins under sights, cached and continued when a twin has new commits."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from cachetools import LRUCache

from beliefgraph.model.commit import Commit
from beliefgraph.services.definitions.book import DefinitionBook
from beliefgraph.services.permissions.replay import Inputs, Replay, View, replayed
from beliefgraph.services.permissions.sights import Sights, Visibility
from beliefgraph.services.process.flights import Flights
from beliefgraph.services.twin.state import TwinState
from beliefgraph.store import permissions as stored
from beliefgraph.store.graph import Graph

KEPT = 64
"""Most replays kept in memory, the most recently used."""

PORTION = 500
"""Commits replayed in one step; each step is cached, so that the work of a call that times out is not lost."""


class Replays:
    """Replays what twins published under a sight."""

    def __init__(self, graph: Graph, book: DefinitionBook, sights: Sights) -> None:
        self._graph = graph
        self._book = book
        self._sights = sights
        self._kept: LRUCache[tuple[object, ...], Replay] = LRUCache(KEPT)
        self._flights: Flights[tuple[object, ...], Replay] = Flights()

    async def of(self, state: TwinState, seen: Visibility) -> Replay:
        """The changes under a sight up to the rev of the given twin."""
        assert seen.policy is not None
        key = (state.id, state.life, seen.policy.number, seen.sight)
        known = self._kept.get(key, Replay())
        if known.rev >= state.rev:
            return known
        return await self._flights.join((*key, state.rev), lambda: self._taken_on(key, known, state, seen))

    async def _taken_on(self, key: tuple[object, ...], replay: Replay, state: TwinState, seen: Visibility) -> Replay:
        rows, commits = await stored.inputs(self._graph, state.id, state.rev, replay.rev)
        view = await self._view(state, seen, commits)
        for first in range(0, len(commits), PORTION):
            inputs = Inputs(rows, commits[first : first + PORTION])
            replay = self._kept[key] = await asyncio.to_thread(replayed, replay, state, inputs, view)
        return replay

    async def _view(self, state: TwinState, seen: Visibility, commits: Sequence[Commit]) -> View:
        assert seen.policy is not None
        parts = {
            number: self._sights.part(await self._book.numbered(state.tenant, number), seen)
            for number in {commit.definitions for commit in commits}
        }
        outside = await self._sights.outside(state, seen)
        return View(parts, outside, self._sights.layers)
