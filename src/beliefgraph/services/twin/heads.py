"""The current rev of twins, read from the store for all waiting queries in one Cypher statement."""

from __future__ import annotations

import asyncio

from beliefgraph.services.process.fair_semaphore import HOLDER, SHARED
from beliefgraph.store.changes import heads
from beliefgraph.store.graph import Graph

AT_ONCE = 2
"""Most concurrent Cypher statements; later queries share the next one."""

Head = tuple[int, str]
"""The rev of a twin, and its life: after an erasure the revs of a name start again."""


class Heads:
    """The heads of twins. An answer is never older than the request: its Cypher statement begins after the request."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._waiting: set[str] = set()
        self._next: asyncio.Task[dict[str, Head]] | None = None

    async def of(self, twin: str) -> Head | None:
        """The head of a twin, by its id; None if there is none."""
        if self._next is None:
            self._next = asyncio.create_task(self._read())
        self._waiting.add(twin)
        return (await asyncio.shield(self._next)).get(twin)

    async def _read(self) -> dict[str, Head]:
        HOLDER.set(SHARED)  # whichever key is first, the others do not queue for a connection behind its other work
        async with self._turn:
            twins, self._waiting, self._next = self._waiting, set(), None
            return await heads(self._graph, list(twins))
