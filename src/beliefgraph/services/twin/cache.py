"""Twins kept in memory between commands and questions, at the rev they had, which the store is asked for each time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import cached_property, partial
from weakref import WeakValueDictionary

import structlog
from cachetools import LRUCache

from beliefgraph.errors import BeliefgraphError
from beliefgraph.services.process.flights import Flights
from beliefgraph.services.process.threads import unhurried
from beliefgraph.services.twin.checkpoints import Checkpoints
from beliefgraph.services.twin.heads import Head
from beliefgraph.services.twin.load import TWINS_AT_ONCE, read_state, read_states
from beliefgraph.services.twin.published import Published
from beliefgraph.services.twin.state import TwinState, fresh
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring
from beliefgraph.telemetry.metrics import CACHE_READS

CACHED_BYTES = 256 * 2**20
"""Bytes of all cached twins together, about."""

RECORD_BYTES = 1_000
"""What a row takes that is kept as a record, about."""

READS_AT_ONCE = 8
"""Reads of twins from the store that one process has under way, so that a large call leaves connections to others."""

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
        async with self._reading:
            return await read_states(self._graph, names, tenant)

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
