"""Twins kept in memory between commands and questions, at the rev they had, which the store is asked for each time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from weakref import WeakValueDictionary

import structlog
from cachetools import LRUCache

from beliefgraph.errors import BeliefgraphError
from beliefgraph.services.flights import Flights
from beliefgraph.services.heads import Head
from beliefgraph.services.published import Published
from beliefgraph.services.state import TwinState, fresh, tallied
from beliefgraph.store.graph import Graph
from beliefgraph.store.twins import load

CACHED_ROWS = 200_000
"""Rows of all cached twins together; a row takes about a kilobyte."""

READS_AT_ONCE = 8
"""Twins that one process reads from the store at the same time, so that a large call leaves connections to others."""

MISSES = 4
"""Questions about a twin that are answered from the store before it is fetched into memory: by then it paid off."""

MISSES_OF_LARGE = 1_000
"""The same of a twin that turned out to be larger than the whole cache."""

COUNTED = 10_000
"""Twins whose misses are counted, those lately asked about."""

REST = 9.0
"""How much longer than it took to fetch a twin for questions we wait before the next: a tenth of the time at most."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class _Kept:
    """A twin in memory, with what it published ready to be looked up once somebody asks."""

    state: TwinState

    @property
    def size(self) -> int:
        """The rows it takes in memory, with those that are made when what it published is read."""
        return self.state.open_rows + len(self.state.holdings) + 1

    @cached_property
    def published(self) -> Published:
        """What it published."""
        return Published(self.state)


class TwinCache:
    """The twins lately written to or asked about, bounded by their rows; the least lately used go first."""

    def __init__(self, graph: Graph, rows: int = CACHED_ROWS) -> None:
        self._graph = graph
        self._twins: LRUCache[str, _Kept] = LRUCache(rows, getsizeof=lambda kept: kept.size)
        self._reading = asyncio.Semaphore(READS_AT_ONCE)
        self._flights: Flights[tuple[str, Head], TwinState] = Flights()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._misses: LRUCache[str, int] = LRUCache(COUNTED)
        self._fetching: asyncio.Task[None] | None = None

    async def at(self, id_: str, tenant: str, name: str, current: Head | None) -> TwinState:
        """The twin at its current rev and life, as the store just said; None means that it does not exist.

        However many ask for it at once, it is read once.
        """
        if current is None:
            self.drop(id_)
            return fresh(id_, tenant, name)
        known = self._twins.get(id_)
        if known is not None and (known.state.rev, known.state.life) == current:
            return known.state
        return await self._flights.join((id_, current), lambda: self._read(id_, tenant, name))

    async def _read(self, id_: str, tenant: str, name: str) -> TwinState:
        async with self._reading:
            state = await read_state(self._graph, id_, tenant, name)
        self.keep(state)
        return state

    def has(self, id_: str) -> bool:
        """Whether a twin is in memory, at whatever rev."""
        return id_ in self._twins

    def published(self, id_: str, current: Head | None, rev: int | None) -> Published | None:
        """What a twin published at `rev`, or now where that is None, if it is in memory just as it was then.

        `current` is where the store says it is, None where it is not. A twin in memory that is behind is forgotten.
        """
        known = self._twins.get(id_)
        if known is None:
            return None
        behind = current is None or known.state.life != current[1] or known.state.rev < current[0]
        if behind:
            self.drop(id_)
        if current is None or known.state.life != current[1] or (behind if rev is None else known.state.rev != rev):
            return None
        return known.published

    def missed(self, id_: str, tenant: str, name: str) -> None:
        """Note that a question was answered from the store; a twin that is asked about again and again is fetched.

        That is done beside the questions, one twin after the other, and so seldom that they do not become slower.
        """
        misses = self._misses[id_] = self._misses.get(id_, 0) + 1
        if misses >= MISSES and (self._fetching is None or self._fetching.done()):
            self._fetching = asyncio.create_task(self._fetch(id_, tenant, name), name="fetch a twin")

    async def _fetch(self, id_: str, tenant: str, name: str) -> None:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        try:
            await self._read(id_, tenant, name)
        except BeliefgraphError as error:
            log.warning("a twin could not be fetched", code=error.code)
        self._misses[id_] = 0 if self.has(id_) else MISSES - MISSES_OF_LARGE
        await asyncio.sleep(REST * (loop.time() - begun))

    async def close(self) -> None:
        """Fetch nothing more."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.gather(self._fetching, return_exceptions=True)

    def keep(self, state: TwinState) -> None:
        """Remember a twin as it is after a commit; one that is larger than the whole cache is read again each time."""
        known = self._twins.get(state.id)
        if known is not None and known.state.life == state.life and known.state.rev > state.rev:
            return  # it was read while somebody here wrote to it
        self.drop(state.id)
        with suppress(ValueError):
            self._twins[state.id] = _Kept(state)

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
