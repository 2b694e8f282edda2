"""The rev that twins are at now, asked of the store for all questions that wait, in one statement."""

from __future__ import annotations

import asyncio

from beliefgraph.services.process.places import HOLDER, NOBODY
from beliefgraph.store.changes import heads
from beliefgraph.store.graph import Graph

AT_ONCE = 2
"""Statements under way at once; who asks meanwhile shares the next one."""

Head = tuple[int, str]
"""The rev of a twin, and its life: after an erasure the revs of a name begin anew."""


class Heads:
    """Where twins are. An answer is never older than the question: its statement begins after it was asked."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._waiting: set[str] = set()
        self._next: asyncio.Task[dict[str, Head]] | None = None

    async def of(self, twin: str) -> Head | None:
        """Where a twin is, by its id; None if there is none."""
        if self._next is None:
            self._next = asyncio.create_task(self._read())
        self._waiting.add(twin)
        return (await asyncio.shield(self._next)).get(twin)

    async def _read(self) -> dict[str, Head]:
        HOLDER.set(NOBODY)  # whoever asked first, others do not wait for a connection behind what else that key does
        async with self._turn:
            twins, self._waiting, self._next = self._waiting, set(), None
            return await heads(self._graph, list(twins))
