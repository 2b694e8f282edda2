"""Which moment of a twin a question is about, and the twin as it was known then."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from beliefgraph.errors import NotFound, Unavailable
from beliefgraph.model.caller import Caller
from beliefgraph.model.page import Page
from beliefgraph.model.revision import Revision
from beliefgraph.model.time import NOW, AsOf
from beliefgraph.services.bell import Bell
from beliefgraph.services.cache import TwinCache, read_state
from beliefgraph.services.definition_graph import DefinitionGraph
from beliefgraph.services.definitions import DefinitionBook
from beliefgraph.services.heads import Heads
from beliefgraph.services.paging import Place, Walk
from beliefgraph.services.published import Published
from beliefgraph.services.scope import no_such_twin, reach
from beliefgraph.services.state import TwinState
from beliefgraph.store import beliefs as stored
from beliefgraph.store.graph import Graph
from beliefgraph.store.history import Stretch

T = TypeVar("T")
R = TypeVar("R", bound=Revision)

TRIES = 50
"""Readings that meet a commit just becoming visible before we say so."""

PATIENCE = 5.0
"""Seconds that a read waits for the rev it was told to wait for."""

INTERVAL = 1.0
"""Seconds between two looks while it waits, for the commits of other processes; those of this one ring a bell."""

PAUSE = 0.02
"""Seconds between two looks for a commit that is becoming visible."""


@dataclass(frozen=True)
class Moment:
    """A twin as one rev knows it, the definitions of that rev, and the valid time to look at.

    `apart` tells it from others of the same rev: None of now; else what is supposed at the moment asked for, "" for
    nothing.
    """

    state: TwinState
    graph: DefinitionGraph
    at: datetime
    apart: str | None = None


class Moments:
    """Resolves the moments that questions name; a twin that is cached as it is now need not be read for it."""

    def __init__(
        self,
        graph: Graph,
        book: DefinitionBook,
        cache: TwinCache | None = None,
        bell: Bell | None = None,
        *,
        patience: float = PATIENCE,
        interval: float = INTERVAL,
    ) -> None:
        self._graph = graph
        self._book = book
        self._cache = cache
        self._bell = bell or Bell()
        self._heads = Heads(graph)
        self._patience = patience
        self._interval = interval

    async def asked(
        self, caller: Caller, name: str, as_of: AsOf, at_least_rev: int | None, rev: int | None = None
    ) -> Moment:
        """The moment that a caller asks about, of the twin of that name, once it is at `at_least_rev`.

        Refused as `reach`, `reached` and `at` refuse; with `rev`, at that rev.
        """
        id_ = reach(caller, name)
        await self.reached(id_, name, at_least_rev)
        return await self.at(id_, caller.tenant, name, as_of, rev)

    async def reached(self, twin: str, name: str, at_least_rev: int | None) -> None:
        """Return once the twin is at that rev; `rev-not-reached` if it is not in time."""
        if at_least_rev is None:
            return
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._patience
        with self._bell.awaiting(twin) as rung:
            while True:
                rung.clear()
                found = await self._heads.of(twin)
                current = 0 if found is None else found[0]
                left = deadline - loop.time()
                if current >= at_least_rev:
                    return
                if left <= 0:
                    if found is None:
                        raise no_such_twin(name)
                    raise Unavailable(
                        "rev-not-reached",
                        f"The twin {name!r} is at rev {current}, not yet at {at_least_rev}; ask again.",
                        twin=name,
                        rev=current,
                        at_least_rev=at_least_rev,
                    )
                with suppress(TimeoutError):
                    await asyncio.wait_for(rung.wait(), min(left, self._interval))

    async def published(self, twin: str, tenant: str, name: str, rev: int | None) -> Published | None:
        """What the twin published as it is now, or as it was at `rev`, if this process has just that in memory.

        Where it has the twin, the store is asked for its rev and nothing more.
        """
        if self._cache is None:
            return None
        if self._cache.has(twin):
            found = self._cache.published(twin, await self._heads.of(twin), rev)
            if found is not None:
                return found
        self._cache.missed(twin, tenant, name)
        return None

    async def commit(self, twin: str, name: str, as_of: AsOf, rev: int | None = None) -> stored.CommitMoment:
        """The commit that `as_of` means, or that of `rev` where one is given; `not-found` where there is none."""
        wanted = as_of.rev if rev is None else rev
        recorded_at = as_of.recorded_at if rev is None else None
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._patience
        while True:
            found = await stored.commit_at(self._graph, twin, rev=wanted, recorded_at=recorded_at)
            if found is None:
                raise no_such_twin(name)
            current, commit = found
            if commit is not None:
                return commit
            landing = recorded_at is None and 0 < (current if wanted is None else wanted) <= current
            if not landing or loop.time() >= deadline:
                break
            await asyncio.sleep(PAUSE)  # the rev is there and its commit not yet: it becomes visible piece by piece
        when = f"at rev {wanted}" if wanted is not None else f"as recorded at {recorded_at}"
        raise NotFound("not-found", f"There was no twin {name!r} {when}.", twin=name)

    async def rev(self, twin: str, name: str, as_of: AsOf, rev: int | None = None) -> int | None:
        """The rev that `as_of` means, or `rev` where one is given; None for the current one."""
        if rev is not None or (as_of.rev is None and as_of.recorded_at is None):
            return rev
        return (await self.commit(twin, name, as_of)).rev

    async def at(self, twin: str, tenant: str, name: str, as_of: AsOf, rev: int | None = None) -> Moment:
        """The twin as it was known at the moment that `as_of` means; with `rev`, at that rev."""
        commit = await self.commit(twin, name, as_of, rev)
        state = await self._state(twin, tenant, name, commit)
        if state.head_time is None:
            raise no_such_twin(name)
        graph = await self._book.numbered(tenant, state.definitions)
        return Moment(state, graph, as_of.valid_time or state.head_time, None if as_of.is_now else "")

    async def _state(self, twin: str, tenant: str, name: str, commit: stored.CommitMoment) -> TwinState:
        if self._cache is not None and commit.rev == commit.current:
            state = await self._cache.at(twin, tenant, name, (commit.rev, commit.life))
            if state.rev == commit.rev:
                return state
        if self._cache is not None:
            return await self._cache.earlier(twin, tenant, name, commit.rev)
        return await read_state(self._graph, twin, tenant, name, commit.rev)

    async def settled(self, twin: str, name: str, rev: int | None, read: Callable[[], Awaitable[T | None]]) -> T:
        """What is read once no commit is just becoming visible; until then it reads None."""
        for _ in range(TRIES):
            found = await read()
            if found is not None:
                return found
            await self.commit(twin, name, NOW, rev)
        raise Unavailable("store-unavailable", "The twin is being written to without a pause; try again.", twin=name)

    async def walked(
        self,
        twin: str,
        name: str,
        walk: Walk,
        as_of: AsOf,
        at_least_rev: int | None,
        read: Callable[[Stretch], Awaitable[tuple[int, datetime, Sequence[R]] | None]],
    ) -> Page[R]:
        """A page of what was published of one thing, the newest first; empty where nothing was.

        `read` answers with the rev that it saw, the head time of that, and rows; None without the twin.
        """
        await self.reached(twin, name, at_least_rev)
        rev = await self.rev(twin, name, as_of, walk.rev)
        found = await read(Stretch(rev, as_of.valid_time, walk.before, walk.limit))
        if found is None:
            raise no_such_twin(name)
        seen, head_time, rows = found
        return walk.page(
            rows,
            lambda row: Place(float(row.rev_from), row.revision_id, seen),
            rev=seen,
            valid_time=as_of.valid_time or head_time,
        )
