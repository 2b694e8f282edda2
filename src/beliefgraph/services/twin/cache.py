"""Twins kept in memory between commands and questions, at the rev they had, which the store is asked for each time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, TypeVar
from weakref import WeakValueDictionary

import structlog
from cachetools import LRUCache

from beliefgraph.errors import BeliefgraphError, Unavailable
from beliefgraph.model.delta import Records
from beliefgraph.services.process.flights import Flights
from beliefgraph.services.process.threads import unhurried
from beliefgraph.services.twin.bearings import Bearings, no_bearings
from beliefgraph.services.twin.blocks import Rows
from beliefgraph.services.twin.checkpoints import Checkpoints, nothing_kept
from beliefgraph.services.twin.heads import Head
from beliefgraph.services.twin.measurements import Measurements, no_measurements
from beliefgraph.services.twin.published import Published
from beliefgraph.services.twin.state import TwinState, by_id, by_place, fresh
from beliefgraph.store.graph import Graph, out_of_memory
from beliefgraph.store.keys import Keyring
from beliefgraph.store.twins import BEARINGS, MEASUREMENTS, RowKind, TwinRows, damaged, load
from beliefgraph.telemetry.metrics import CACHE_READS

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
"""Reads of twins from the store that one process has under way, so that a large call leaves connections to others."""

FEW_ROWS = 1_000
"""A twin of fewer bearings, and fewer measurements, is read by one statement, with others like it."""

TWINS_AT_ONCE = 25
"""Twins that one statement reads: some megabytes where they are large."""

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
        """About how many bytes it takes in memory, with the rows that are made when what it published is read."""
        return size_of(self.state) + len(self.state.holdings) * RECORD_BYTES

    @cached_property
    def published(self) -> Published:
        """What it published."""
        return Published(self.state)


class TwinCache:
    """The twins lately written to or asked about, bounded by their size; the least lately used go first."""

    def __init__(self, graph: Graph, keyring: Keyring | None = None, size: int = CACHED_BYTES) -> None:
        self._graph = graph
        self._checkpoints = None if keyring is None else Checkpoints(graph, keyring)
        self._twins: LRUCache[str, _Kept] = LRUCache(size, getsizeof=lambda kept: kept.size)
        self._reading = asyncio.Semaphore(READS_AT_ONCE)
        self._flights: Flights[tuple[str, Head], TwinState] = Flights()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._misses: LRUCache[str, int] = LRUCache(COUNTED)
        self._fetching: asyncio.Task[None] | None = None

    async def at(self, id_: str, tenant: str, name: str, current: Head | None) -> TwinState:
        """The twin at its current rev and life, as the store just said; None means that it does not exist.

        However many ask for it at once, it is read once.
        """
        known = self._known(id_, tenant, name, current)
        if known is not None:
            return known
        assert current is not None
        return await self._flights.join((id_, current), lambda: self._read(id_, tenant, name))

    async def all_at(self, names: Mapping[str, str], tenant: str, current: Mapping[str, Head]) -> dict[str, TwinState]:
        """Several twins likewise, by id, given their names and where those are that exist; others are not held up."""
        found: dict[str, TwinState] = {}
        async for id_ in unhurried(names):
            known = self._known(id_, tenant, names[id_], current.get(id_))
            if known is not None:
                found[id_] = known
        left = [id_ for id_ in names if id_ not in found]
        alone = left if len(left) == 1 else {id_ for id_ in left if self._flights.has((id_, current[id_]))}
        together = [id_ for id_ in left if id_ not in alone]
        reading = [self.at(id_, tenant, names[id_], current[id_]) for id_ in alone]
        for first in range(0, len(together), TWINS_AT_ONCE):
            some = {id_: names[id_] for id_ in together[first : first + TWINS_AT_ONCE]}
            read = asyncio.ensure_future(self._read_few(some, tenant))
            reading += [
                self._flights.join((id_, current[id_]), partial(self._of_few, read, id_, tenant, name))
                for id_, name in some.items()
            ]
        return found | {state.id: state for state in await asyncio.gather(*reading)}

    async def _read_few(self, names: Mapping[str, str], tenant: str) -> dict[str, TwinState]:
        """Several twins at once; none where Neo4j has not the memory for all of them together."""
        async with self._reading:
            try:
                return await read_states(self._graph, names, tenant)
            except Unavailable as refused:
                if out_of_memory(refused.__cause__):
                    return {}
                raise

    async def _of_few(self, read: Awaitable[Mapping[str, TwinState]], id_: str, tenant: str, name: str) -> TwinState:
        """A twin of those that are read together; by itself where it was not among them."""
        state = (await read).get(id_)
        if state is None:
            return await self._read(id_, tenant, name)
        CACHE_READS.labels("miss").inc()
        self.keep(state)
        return state

    def _known(self, id_: str, tenant: str, name: str, current: Head | None) -> TwinState | None:
        """The twin, if it need not be read."""
        if current is None:
            self.drop(id_)
            return fresh(id_, tenant, name)
        known = self._twins.get(id_)
        if known is None or (known.state.rev, known.state.life) != current:
            return None
        CACHE_READS.labels("hit").inc()
        return known.state

    async def _read(self, id_: str, tenant: str, name: str) -> TwinState:
        CACHE_READS.labels("miss").inc()
        async with self._reading:
            state = await read_state(self._graph, id_, tenant, name, checkpoints=self._checkpoints)
        self.keep(state)
        return state

    async def earlier(self, id_: str, tenant: str, name: str, rev: int) -> TwinState:
        """The twin at an earlier rev; its bearings and measurements are those in memory, as that rev sees them."""
        kept = self._twins.get(id_)
        known = None if kept is None else kept.state
        return await read_state(self._graph, id_, tenant, name, rev, checkpoints=self._checkpoints, known=known)

    @property
    def filled(self) -> tuple[int, int]:
        """How many twins are in memory, and about how many bytes they take."""
        return len(self._twins), int(self._twins.currsize)

    def has(self, id_: str) -> bool:
        """Whether a twin is in memory, at whatever rev."""
        return id_ in self._twins

    def peek(self, id_: str, head: Head) -> TwinState | None:
        """The twin if it is in memory just as it is where the store says that it is."""
        known = self._twins.get(id_)
        return None if known is None or (known.state.rev, known.state.life) != head else known.state

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
        CACHE_READS.labels("hit").inc()
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
        """Fetch nothing more, and wait for the checkpoints that are being written."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.gather(self._fetching, return_exceptions=True)
        if self._checkpoints is not None:
            await self._checkpoints.close()

    def keep(self, state: TwinState) -> None:
        """Remember a twin as it is after a commit; one that is larger than the whole cache is read again each time."""
        known = self._twins.get(state.id)
        if known is not None and known.state.life == state.life and known.state.rev > state.rev:
            return  # it was read while somebody here wrote to it
        self.drop(state.id)
        with suppress(ValueError):
            self._twins[state.id] = _Kept(state)
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
        rows = (await load(graph, [id_], rev, FEW_ROWS if known is None else 0)).get(id_)
        if rows is None:
            return fresh(id_, tenant, name)
        if known is not None and known.life == rows.life and known.rev >= rows.rev:
            bearings, measurements = known.bearings.at(rows.rev), known.measurements.at(rows.rev)
        elif rows.bearings is not None and rows.measurements is not None:
            bearings, measurements = await asyncio.to_thread(_few, rows, id_)
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


async def read_states(graph: Graph, names: Mapping[str, str], tenant: str) -> dict[str, TwinState]:
    """Twins of few rows at their current rev, by id, given their names: one statement for all of them.

    Left out are those that have more rows, and those that somebody was writing to: these are read one by one.
    """
    found = await load(graph, list(names), rows=FEW_ROWS)
    return await asyncio.to_thread(_states_of_few, found, names, tenant)


def _states_of_few(found: Mapping[str, TwinRows], names: Mapping[str, str], tenant: str) -> dict[str, TwinState]:
    states = {}
    for id_, rows in found.items():
        if rows.bearings is not None and rows.measurements is not None:
            state = _state(rows, *_few(rows, id_), id_, tenant, names[id_])
            if _whole(state, rows):
                states[id_] = state
    return states


def _few(rows: TwinRows, id_: str) -> tuple[Bearings, Measurements]:
    """The bearings and measurements that were read with the other rows."""
    bearings = no_bearings(id_).stored(rows.bearings or ()).at(rows.rev)
    return bearings, no_measurements(id_).stored(rows.measurements or ()).at(rows.rev)


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
        bearings=bearings,
        measurements=measurements,
        made=by_id(rows.made),
        rows=by_place(Records(rows.revisions)),
        tallies=measurements.tallies(),
    )
