"""Twins kept in memory between commands and questions, at the rev they had, which the store is asked for each time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from cachetools import LRUCache

from beliefgraph.errors import Unavailable
from beliefgraph.services.bearings import Bearings
from beliefgraph.services.blocks import Rows
from beliefgraph.services.checkpoints import Checkpoints, nothing_kept
from beliefgraph.services.metrics.tally import Measurements
from beliefgraph.services.state import TwinState, fresh
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring
from beliefgraph.store.twins import BEARINGS, MEASUREMENTS, RowKind, TwinRows, damaged, load

T = TypeVar("T", bound=Rows[Any, Any, Any])

CACHED_BYTES = 256 * 2**20
"""Bytes of all cached twins together, about."""

RECORD_BYTES = 1_000
"""What a row takes that is kept as a record, about."""

TRIES = 50
"""Readings of a twin that somebody keeps writing to before we say so."""

PAUSE = 0.005
"""Seconds between them, about the time of one commit."""

READS_AT_ONCE = 8
"""Twins that one process reads from the store at the same time, so that a large call leaves connections to others."""


class TwinCache:
    """The twins lately written to or asked about, bounded by their size; the least lately used go first."""

    def __init__(self, graph: Graph, keyring: Keyring | None = None, size: int = CACHED_BYTES) -> None:
        self._graph = graph
        self._checkpoints = None if keyring is None else Checkpoints(graph, keyring)
        self._twins: LRUCache[str, TwinState] = LRUCache(size, getsizeof=size_of)
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
            state = await read_state(self._graph, id_, tenant, name, checkpoints=self._checkpoints)
        self.keep(state)
        return state

    async def earlier(self, id_: str, tenant: str, name: str, rev: int) -> TwinState:
        """The twin at an earlier rev; its bearings and measurements are those in memory, as that rev sees them."""
        known = self._twins.get(id_)
        return await read_state(self._graph, id_, tenant, name, rev, checkpoints=self._checkpoints, known=known)

    async def close(self) -> None:
        """Wait for the checkpoints that are being written."""
        if self._checkpoints is not None:
            await self._checkpoints.close()

    def keep(self, state: TwinState) -> None:
        """Remember a twin as it is after a commit; one that is larger than the whole cache is read again each time."""
        self.drop(state.id)
        with suppress(ValueError):
            self._twins[state.id] = state
        if self._checkpoints is not None:
            self._checkpoints.consider(state)

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


def size_of(state: TwinState) -> int:
    """About how many bytes a twin takes in memory."""
    columns = state.bearings.size + state.measurements.size
    records = state.open_rows - len(state.bearings) - len(state.measurements) + len(state.beliefs)
    return columns + records * RECORD_BYTES + RECORD_BYTES


async def read_state(
    graph: Graph,
    id_: str,
    tenant: str,
    name: str,
    rev: int | None = None,
    *,
    checkpoints: Checkpoints | None = None,
    known: TwinState | None = None,
) -> TwinState:
    """The twin as the store has it, at its current rev or at an earlier one; a fresh one if there is none.

    Of `checkpoints`, and of the twin as it is `known` at a later rev, the rows are taken that they have. The rows are
    counted against what the writer of the rev counted; if they differ, all are read again. `twin-damaged` if they
    differ although nobody writes.
    """
    revs: set[int] = set()
    seen = 0
    for _ in range(TRIES):
        rows = await load(graph, id_, rev)
        if rows is None:
            return fresh(id_, tenant, name)
        if known is not None and known.life == rows.life and known.rev >= rows.rev:
            bearings, measurements = known.bearings.at(rows.rev), known.measurements.at(rows.rev)
        else:
            kept = await checkpoints.read(id_, rows.life, rows.rev) if checkpoints else nothing_kept(id_)
            bearings, measurements = await asyncio.gather(
                _since(graph, BEARINGS, kept.bearings, rows.rev, kept.bearings_rev),
                _since(graph, MEASUREMENTS, kept.measurements, rows.rev, kept.measurements_rev),
            )
        state = await asyncio.to_thread(_state, rows, bearings, measurements, id_, tenant, name)
        if _whole(state, rows):
            return state
        checkpoints = known = None
        seen = rows.rev
        revs.add(rows.current)
        await asyncio.sleep(PAUSE)
    if len(revs) == 1:
        raise damaged(id_, seen)
    raise Unavailable("store-unavailable", "The twin is being written to without a pause; try again.", twin=id_)


async def _since(graph: Graph, kind: RowKind, kept: T, rev: int, after: int) -> T:
    """The rows that were kept and those that revs after `after` opened, as a rev sees them."""
    async for page in kind.since(graph, kept.twin, rev, after):
        kept = await asyncio.to_thread(kept.stored, page)
    seen: T = kept.at(rev)
    return seen


def _whole(state: TwinState, rows: TwinRows) -> bool:
    """Whether all rows that the rev sees were there to be read, and no other."""
    opened = sum(row.rev_from == rows.rev for row in rows.revisions)
    opened += state.bearings.opened_by(rows.rev) + state.measurements.opened_by(rows.rev)
    return (
        (state.open_rows, opened) == (rows.open_rows, rows.opened_rows)
        and all(heading.belief in state.beliefs for heading in state.bearings.headings)
        and all(heading.metric in state.metrics for heading in state.measurements.headings)
    )


def _state(
    rows: TwinRows, bearings: Bearings, measurements: Measurements, id_: str, tenant: str, name: str
) -> TwinState:
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
        bearings=bearings,
        relations=rows.relations,
        holdings={holding.key: holding for holding in rows.holdings},
        links=rows.links,
        goals={goal.id: goal for goal in rows.goals},
        statements=rows.statements,
        goal_relations=rows.goal_relations,
        pursuits={pursuit.key: pursuit for pursuit in rows.pursuits},
        metrics={metric.id: metric for metric in rows.metrics},
        measurements=measurements,
        tallies=measurements.tallies(),
        readings={reading.key: reading for reading in rows.readings},
        decisions={decision.id: decision for decision in rows.decisions},
        decision_statements=rows.decision_statements,
        deliberations={deliberation.key: deliberation for deliberation in rows.deliberations},
    )
