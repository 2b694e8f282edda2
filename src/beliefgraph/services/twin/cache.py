"""Twins kept in memory between commands and queries, at the rev that they had; the store is asked for it each time."""

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
from beliefgraph.services.process.memory import give_back
from beliefgraph.services.process.threads import cooperatively
from beliefgraph.services.twin.checkpoints import Checkpoints
from beliefgraph.services.twin.compressed import CompressedTwins
from beliefgraph.services.twin.heads import Head
from beliefgraph.services.twin.load import TWINS_AT_ONCE, read_state, read_states
from beliefgraph.services.twin.published import Published
from beliefgraph.services.twin.state import TwinState, fresh
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring
from beliefgraph.telemetry.metrics import CACHE_READS

CACHED_BYTES = 512 * 2**20
"""Approximate size in bytes of all cached twins together."""

COMPRESSED_SHARE = 0.25
"""Share of these bytes for compressed twins."""

COMPRESSIBLE_BYTES = 256 * 2**10
"""Size in bytes of the largest twin that is compressed when it is evicted: it takes about a millisecond."""

COMPRESSED_AT_ONCE = 8
"""Most twins that are compressed because another is cached, so that a large one does not hold up the event loop."""

LARGE_BYTES = 16 * 2**20
"""Size in bytes of a twin from which memory is returned to the operating system after it was read."""

RECORD_BYTES = 1_000
"""Approximate size in bytes of a row kept as a record."""

READS_AT_ONCE = 8
"""Most concurrent reads of twins by one process, so that a large call leaves connections to others."""

MISSES = 4
"""Queries on a twin that are answered from the store before it is fetched into memory: by then fetching pays off."""

MISSES_OF_LARGE = 1_000
"""The same for a twin that turned out to be larger than the whole cache."""

COUNTED = 10_000
"""Most twins whose misses are counted, the most recently queried."""

REST = 9.0
"""Pause after fetching a twin for queries, relative to its duration: fetching takes at most a tenth of the time."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class _CachedTwin:
    """A twin in memory, with an index of what it published, built on first use."""

    state: TwinState

    @property
    def size(self) -> int:
        """Its approximate size in memory in bytes, including the index of what it published if that was built."""
        return size_of(self.state) + (len(self.state.holdings) * RECORD_BYTES if self.indexed else 0)

    @property
    def indexed(self) -> bool:
        """Whether the index of what it published was built."""
        return "published" in vars(self)

    @cached_property
    def published(self) -> Published:
        """The index of what it published."""
        return Published(self.state)


class _CachedTwins(LRUCache[str, _CachedTwin]):
    """The cached twins; `evicted` collects those that made room for others."""

    def __init__(self, size: int) -> None:
        super().__init__(size, getsizeof=lambda kept: kept.size)
        self.evicted: list[TwinState] = []

    def popitem(self) -> tuple[str, _CachedTwin]:
        id_, kept = super().popitem()
        self.evicted.append(kept.state)
        return id_, kept


class TwinCache:
    """The twins recently written to or queried, bounded by total size; the least recently used are evicted first.

    A small twin that is evicted is kept compressed until the memory for such twins is full.
    """

    def __init__(self, graph: Graph, keyring: Keyring | None = None, size: int = CACHED_BYTES) -> None:
        self._graph = graph
        self._checkpoints = None if keyring is None else Checkpoints(graph, keyring)
        self._compressed = CompressedTwins(int(size * COMPRESSED_SHARE))
        self._twins = _CachedTwins(size - int(size * COMPRESSED_SHARE))
        self._reading = asyncio.Semaphore(READS_AT_ONCE)
        self._flights: Flights[tuple[str, Head], TwinState] = Flights()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._misses: LRUCache[str, int] = LRUCache(COUNTED)
        self._fetching: asyncio.Task[None] | None = None

    async def at(self, id_: str, tenant: str, name: str, current: Head | None) -> TwinState:
        """The twin at its current rev and life, as the store just said; None means that it does not exist.

        Concurrent requests share one read.
        """
        known = self._known(id_, tenant, name, current)
        if known is not None:
            return known
        assert current is not None
        return await self._flights.join((id_, current), lambda: self._read(id_, tenant, name))

    async def all_at(self, names: Mapping[str, str], tenant: str, current: Mapping[str, Head]) -> dict[str, TwinState]:
        """Several twins likewise, by id, given the names, and the heads of those that exist; others are not delayed."""
        found: dict[str, TwinState] = {}
        async for id_ in cooperatively(names):
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
        """One of the twins that are read together; read separately if it was not among them."""
        state = (await read).get(id_)
        if state is None:
            return await self._read(id_, tenant, name)
        CACHE_READS.labels("miss").inc()
        self.keep(state)
        return state

    def _known(self, id_: str, tenant: str, name: str, current: Head | None) -> TwinState | None:
        """The twin, if it does not have to be read."""
        if current is None:
            self.drop(id_)
            return fresh(id_, tenant, name)
        known = self._twins.get(id_)
        if known is None:
            restored = self._compressed.take(id_, current)
            if restored is not None:
                CACHE_READS.labels("compressed").inc()
                self._hold(_CachedTwin(restored))
            return restored
        if (known.state.rev, known.state.life) != current:
            if known.state.life != current[1] or known.state.rev < current[0]:
                self.drop(id_)  # so that it does not take up memory while it is read again
            return None
        CACHE_READS.labels("hit").inc()
        return known.state

    async def _read(self, id_: str, tenant: str, name: str) -> TwinState:
        CACHE_READS.labels("miss").inc()
        async with self._reading:
            state = await read_state(self._graph, id_, tenant, name, checkpoints=self._checkpoints)
            if size_of(state) >= LARGE_BYTES:
                await asyncio.to_thread(give_back)
        self.keep(state)
        return state

    async def earlier(self, id_: str, tenant: str, name: str, rev: int) -> TwinState:
        """The twin at an earlier rev; its bearings and measurements are those in memory, as that rev sees them."""
        kept = self._twins.get(id_)
        known = None if kept is None else kept.state
        return await read_state(self._graph, id_, tenant, name, rev, checkpoints=self._checkpoints, known=known)

    @property
    def filled(self) -> tuple[int, int]:
        """The number of twins in memory, and their approximate size in bytes, those compressed included."""
        twins, size = self._compressed.filled
        return len(self._twins) + twins, int(self._twins.currsize) + size

    def has(self, id_: str) -> bool:
        """Whether a twin is in memory, at any rev, and not compressed."""
        return id_ in self._twins

    def peek(self, id_: str, head: Head) -> TwinState | None:
        """The twin, if it is in memory at exactly this head."""
        known = self._twins.get(id_)
        return None if known is None or (known.state.rev, known.state.life) != head else known.state

    def published(self, id_: str, current: Head | None, rev: int | None) -> Published | None:
        """What a twin published at `rev`, or now if that is None, if it is in memory at that rev.

        `current` is where the store says that it is, None if it does not exist. A twin in memory that is behind is
        dropped.
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
        indexed, found = known.indexed, known.published
        if not indexed:
            self._hold(known)  # it is larger now
        return found

    def missed(self, id_: str, tenant: str, name: str) -> None:
        """Record that a query was answered from the store; a twin that is queried repeatedly is fetched.

        Fetching runs in the background, one twin after the other, and rarely enough not to slow down queries.
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
        """Stop fetching, and wait for the checkpoints that are being written."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.gather(self._fetching, return_exceptions=True)
        if self._checkpoints is not None:
            await self._checkpoints.close()

    def keep(self, state: TwinState) -> None:
        """Cache a twin as it is after a commit; one larger than the whole cache is read again each time."""
        known = self._twins.get(state.id)
        if known is not None and known.state.life == state.life and known.state.rev > state.rev:
            return  # read while this process wrote to it
        self.drop(state.id)
        self._hold(_CachedTwin(state))
        if self._checkpoints is not None:
            self._checkpoints.consider(state)

    def _hold(self, kept: _CachedTwin) -> None:
        with suppress(ValueError):  # larger than the whole cache
            self._twins[kept.state.id] = kept
        evicted, self._twins.evicted = self._twins.evicted, []
        small = [state for state in evicted if size_of(state) <= COMPRESSIBLE_BYTES]
        for state in small[-COMPRESSED_AT_ONCE:]:
            self._compressed.keep(state)

    def drop(self, id_: str) -> None:
        """Drop a twin."""
        self._twins.pop(id_, None)
        self._compressed.drop(id_)

    @asynccontextmanager
    async def queue(self, ids: Iterable[str]) -> AsyncIterator[None]:
        """Wait until no other command of this process works on these twins: it avoids conflicts, but is not a lock."""
        async with AsyncExitStack() as stack:
            for id_ in sorted(set(ids)):
                lock = self._locks.setdefault(id_, asyncio.Lock())
                await stack.enter_async_context(lock)
            yield


def size_of(state: TwinState) -> int:
    """The approximate size of a twin in memory in bytes."""
    columns = state.bearings.size + state.measurements.size
    records = state.open_rows - len(state.bearings) - len(state.measurements) + len(state.beliefs)
    return columns + records * RECORD_BYTES + RECORD_BYTES
