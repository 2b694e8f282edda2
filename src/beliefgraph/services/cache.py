"""Twins kept in memory between commands and questions, at the rev they had, which the store is asked for each time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from weakref import WeakValueDictionary

from cachetools import LRUCache

from beliefgraph.services.state import TwinState, fresh, tallied
from beliefgraph.store.graph import Graph
from beliefgraph.store.twins import load

CACHED_ROWS = 200_000
"""Rows of all cached twins together; a row takes about a kilobyte."""


READS_AT_ONCE = 8
"""Twins that one process reads from the store at the same time, so that a large call leaves connections to others."""


class TwinCache:
    """The twins lately written to or asked about, bounded by their rows; the least lately used go first."""

    def __init__(self, graph: Graph, rows: int = CACHED_ROWS) -> None:
        self._graph = graph
        self._twins: LRUCache[str, TwinState] = LRUCache(rows, getsizeof=lambda state: state.open_rows + 1)
        self._reading = asyncio.Semaphore(READS_AT_ONCE)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def at(self, id_: str, tenant: str, name: str, current: tuple[int, str] | None) -> TwinState:
        """The twin at its current rev and life, as the store just said; None means that it does not exist."""
        known = self._twins.get(id_)
        if current is None:
            self.drop(id_)
            return fresh(id_, tenant, name)
        if known is not None and (known.rev, known.life) == current:
            return known
        async with self._reading:
            state = await read_state(self._graph, id_, tenant, name)
        self.keep(state)
        return state

    def keep(self, state: TwinState) -> None:
        """Remember a twin as it is after a commit; one that is larger than the whole cache is read again each time."""
        self.drop(state.id)
        with suppress(ValueError):
            self._twins[state.id] = state

    def drop(self, id_: str) -> None:
        """Forget a twin."""
        self._twins.pop(id_, None)

    @asynccontextmanager
    async def queue(self, ids: Iterable[str]) -> AsyncIterator[None]:
        """Wait until no other command of this process is at these twins: a race saved, not a promise made."""
        async with AsyncExitStack() as stack:
            for id_ in sorted(set(ids)):
                lock = self._locks.setdefault(id_, asyncio.Lock())
                await stack.enter_async_context(lock)
            yield


async def read_state(graph: Graph, id_: str, tenant: str, name: str, rev: int | None = None) -> TwinState:
    """The twin as the store has it, at its current rev or at an earlier one; a fresh one if there is none."""
    rows = await load(graph, id_, rev)
    if rows is None:
        return fresh(id_, tenant, name)
    return TwinState(
        id=id_,
        tenant=tenant,
        name=name,
        life=rows.life,
        rev=rows.rev,
        head_time=rows.head_time,
        last_updated=rows.last_updated,
        definitions=rows.definitions,
        beliefs={belief.id: belief for belief in rows.beliefs},
        bearings=rows.bearings,
        relations=rows.relations,
        holdings={holding.key: holding for holding in rows.holdings},
        links=rows.links,
        goals={goal.id: goal for goal in rows.goals},
        statements=rows.statements,
        goal_relations=rows.goal_relations,
        pursuits={pursuit.key: pursuit for pursuit in rows.pursuits},
        metrics={metric.id: metric for metric in rows.metrics},
        tallies=tallied({}, (), rows.measurements),
        readings={reading.key: reading for reading in rows.readings},
        decisions={decision.id: decision for decision in rows.decisions},
        decision_statements=rows.decision_statements,
        deliberations={deliberation.key: deliberation for deliberation in rows.deliberations},
    )
