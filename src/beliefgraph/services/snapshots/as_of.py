"""The moment of a twin that a query is about, and the twin as known then."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TypedDict, TypeVar

from beliefgraph.errors import NotFound, Unavailable
from beliefgraph.model.caller import Caller
from beliefgraph.model.page import Page
from beliefgraph.model.revision import Publication
from beliefgraph.model.time import NOW, AsOf
from beliefgraph.model.twin import Twin
from beliefgraph.services.access.scope import no_such_twin, reach
from beliefgraph.services.definitions.book import DefinitionBook
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.permissions.included import EVERYBODY, Included
from beliefgraph.services.permissions.replay import Replay
from beliefgraph.services.permissions.replays import Replays
from beliefgraph.services.permissions.sights import EVERYTHING, Sights, Visibility
from beliefgraph.services.twin import paging
from beliefgraph.services.twin.cache import TwinCache
from beliefgraph.services.twin.heads import Heads
from beliefgraph.services.twin.load import read_state
from beliefgraph.services.twin.notifier import Notifier
from beliefgraph.services.twin.paging import DEFAULT_PAGE, Position
from beliefgraph.services.twin.published import Published
from beliefgraph.services.twin.state import TwinState
from beliefgraph.store import beliefs as stored
from beliefgraph.store.graph import Graph
from beliefgraph.store.history import HistoryFilter

T = TypeVar("T")
R = TypeVar("R", bound=Publication)


class HistoryPage(TypedDict, total=False):
    """Which part of a history: how many rows, after which cursor, as of which moment, once the twin is at a rev."""

    first: int
    after: str | None
    as_of: AsOf
    at_least_rev: int | None


TRIES = 50
"""Attempts to read while a commit is becoming visible before giving up."""

PATIENCE = 5.0
"""Seconds that a read waits for the requested rev."""

INTERVAL = 1.0
"""Seconds between two checks while it waits, for commits of other processes; this process is notified of its own."""

PAUSE = 0.02
"""Seconds between two checks for a commit that is becoming visible."""


@dataclass(frozen=True)
class Snapshot:
    """A twin as one rev knows it, the definitions of that rev, and the valid time of the query.

    `apart` distinguishes it from others of the same rev: None for now; else the hypotheses at the requested moment, ""
    for none. `seen` is the part of the twin that exists for the caller.
    """

    state: TwinState
    graph: DefinitionGraph
    at: datetime
    apart: str | None = None
    seen: Visibility = EVERYTHING


class Snapshots:
    """Resolves the moments of queries; a twin that is cached at its current rev is not read again."""

    def __init__(
        self,
        graph: Graph,
        book: DefinitionBook,
        cache: TwinCache | None = None,
        notifier: Notifier | None = None,
        sights: Sights | None = None,
        *,
        patience: float = PATIENCE,
        interval: float = INTERVAL,
    ) -> None:
        self._graph = graph
        self._book = book
        self._cache = cache
        self._notifier = notifier or Notifier()
        self._heads = Heads(graph)
        self._sights = sights
        self._replays = None if sights is None else Replays(graph, book, sights)
        self._patience = patience
        self._interval = interval

    async def asked(
        self, caller: Caller, name: str, as_of: AsOf, at_least_rev: int | None, rev: int | None = None
    ) -> Snapshot:
        """The moment that a caller requests, for the twin of that name, once it is at `at_least_rev`.

        Refused as by `reach`, `reached` and `at`; with `rev`, at that rev.
        """
        id_ = reach(caller, name)
        await self.reached(caller, id_, name, at_least_rev)
        return await self.at(caller, id_, name, as_of, rev)

    async def seen(self, caller: Caller, twin: str, name: str) -> Visibility:
        """What the caller may see of a twin; `not-found` if that is nothing."""
        return EVERYTHING if self._sights is None else await self._sights.of(caller, twin, name)

    async def shows_all(self, caller: Caller, twin: str, name: str) -> bool:
        """Whether the caller may see all of a twin; False for one that does not exist for them."""
        try:
            return (await self.seen(caller, twin, name)).whole
        except NotFound:
            return False

    async def whole(self, caller: Caller, twin: str, name: str) -> None:
        """Refuse an answer that needs all data of a twin, unless all of it is permitted."""
        if self._sights is not None:
            await self._sights.whole(caller, twin, name)

    async def shown(self, caller: Caller, twin: Twin, seen: Visibility) -> Twin:
        """A twin as it exists for the caller, at the head time of what they may see."""
        if seen.whole:
            return twin
        moment = await self.at(caller, twin.id, twin.name, NOW)
        return twin.model_copy(update={"head_time": moment.at})

    async def shown_of(self, caller: Caller, twins: Sequence[Twin], most: int) -> list[Twin]:
        """The twins, among these, that exist for the caller, as they exist for them; the first `most` of them."""
        if self._sights is None:
            return list(twins[:most])
        seen = await self._sights.of_each(caller, [(twin.id, twin.name) for twin in twins])
        found: list[Twin] = []
        for twin, each in zip(twins, seen, strict=True):
            if len(found) == most:
                break
            with suppress(NotFound):
                if not each.sight.nothing:
                    found.append(await self.shown(caller, twin, each))
        return found

    async def included(self, caller: Caller) -> Included:
        """The twins that an answer from all twins together includes."""
        return EVERYBODY if self._sights is None else await self._sights.included(caller)

    async def under_latest(self, caller: Caller, moment: Snapshot) -> Snapshot:
        """The moment under the definitions now in force, as they exist for the caller."""
        graph = await self._book.latest(caller.tenant)
        return replace(moment, graph=self._definitions(graph, moment.seen))

    async def latest(self, caller: Caller, twin: str, name: str) -> DefinitionGraph:
        """The definitions now in force, as they exist for the caller of a twin."""
        return self._definitions(await self._book.latest(caller.tenant), await self.seen(caller, twin, name))

    def _definitions(self, graph: DefinitionGraph, seen: Visibility) -> DefinitionGraph:
        return graph if self._sights is None else self._sights.definitions(graph, seen)

    async def reached(self, caller: Caller, twin: str, name: str, at_least_rev: int | None) -> None:
        """Return once the twin is at that rev; `rev-not-reached` if it is not in time."""
        if at_least_rev is None:
            return
        await self.seen(caller, twin, name)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._patience
        with self._notifier.awaiting(twin) as notified:
            while True:
                notified.clear()
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
                    await asyncio.wait_for(notified.wait(), min(left, self._interval))

    async def published(self, caller: Caller, twin: str, name: str, rev: int | None) -> Published | None:
        """What the twin published, now or at `rev`, if this process has exactly that in memory.

        If it has the twin, the store is only asked for its rev. If only part of the twin is permitted, it is what that
        part publishes, derived.
        """
        head = await self._heads.of(twin) if self._cache is not None and self._cache.has(twin) else None
        if self._sights is not None:
            seen = await self._sights.of(caller, twin, name, head)
            if not seen.whole:
                moment = await self.at(caller, twin, name, NOW, rev)
                return self._sights.published(moment.state, moment.seen)
        if self._cache is None:
            return None
        if head is not None:
            found = self._cache.published(twin, head, rev)
            if found is not None:
                return found
        self._cache.missed(twin, caller.tenant, name)
        return None

    async def commit(self, twin: str, name: str, as_of: AsOf, rev: int | None = None) -> stored.CommitMoment:
        """The commit for `as_of`, or for `rev` if given; `not-found` if there is none."""
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
            await asyncio.sleep(PAUSE)  # the rev exists and its commit not yet: it becomes visible gradually
        when = f"at rev {wanted}" if wanted is not None else f"as recorded at {recorded_at}"
        raise NotFound("not-found", f"There was no twin {name!r} {when}.", twin=name)

    async def rev(self, twin: str, name: str, as_of: AsOf, rev: int | None = None) -> int | None:
        """The rev for `as_of`, or `rev` if given; None for the current one."""
        if rev is not None or (as_of.rev is None and as_of.recorded_at is None):
            return rev
        return (await self.commit(twin, name, as_of)).rev

    async def at(self, caller: Caller, twin: str, name: str, as_of: AsOf, rev: int | None = None) -> Snapshot:
        """The twin as known at the moment of `as_of`; with `rev`, at that rev.

        It is the twin that exists for the caller: what is not permitted now is absent at every moment, and without
        influence.
        """
        seen = await self.seen(caller, twin, name)
        moment = await self.all_of(twin, caller.tenant, name, as_of, rev)
        if self._sights is None or seen.whole:
            return moment
        state = await self._sights.state(moment.state, moment.graph, seen)
        if state.head_time is None:
            raise no_such_twin(name)
        at = as_of.valid_time or state.head_time
        return replace(moment, state=state, graph=self._definitions(moment.graph, seen), at=at, seen=seen)

    async def all_of(self, twin: str, tenant: str, name: str, as_of: AsOf, rev: int | None = None) -> Snapshot:
        """The whole twin as known at the moment, for the service's own tasks, whose results are not shown."""
        commit = await self.commit(twin, name, as_of, rev)
        state = await self._state(twin, tenant, name, commit)
        if state.head_time is None:
            raise no_such_twin(name)
        graph = await self._book.numbered(tenant, state.definitions)
        return Snapshot(state, graph, as_of.valid_time or state.head_time, None if as_of.is_now else "")

    async def _state(self, twin: str, tenant: str, name: str, commit: stored.CommitMoment) -> TwinState:
        if self._cache is not None and commit.rev == commit.current:
            state = await self._cache.at(twin, tenant, name, (commit.rev, commit.life))
            if state.rev == commit.rev:
                return state
        if self._cache is not None:
            return await self._cache.earlier(twin, tenant, name, commit.rev)
        return await read_state(self._graph, twin, tenant, name, commit.rev)

    async def settled(self, twin: str, name: str, rev: int | None, read: Callable[[], Awaitable[T | None]]) -> T:
        """The result of `read` once no commit is becoming visible; until then `read` returns None."""
        for _ in range(TRIES):
            found = await read()
            if found is not None:
                return found
            await self.commit(twin, name, NOW, rev)
        raise Unavailable("store-unavailable", "The twin is being written to without a pause; try again.", twin=name)

    async def replay(self, caller: Caller, twin: str, name: str, seen: Visibility) -> Replay:
        """What the permitted part of a twin published with each commit, for a caller who may see part of it.

        `not-found` if nothing of that part is left.
        """
        assert self._replays is not None
        moment = await self.all_of(twin, caller.tenant, name, NOW)
        replay = await self._replays.of(moment.state, seen)
        if replay.state is None or replay.shown is None or replay.shown.head_time is None:
            raise no_such_twin(name)
        return replay

    def hides(self, seen: Visibility, type_: str) -> bool:
        """Whether an event of this type without evidence is refused."""
        return self._sights is not None and self._sights.hides(seen, type_)

    async def history(
        self,
        caller: Caller,
        name: str,
        question: str,
        key: object,
        of: tuple[type[R], str],
        read: Callable[[str, str, HistoryFilter], Awaitable[tuple[int, datetime, Sequence[R]] | None]],
        *,
        first: int = DEFAULT_PAGE,
        after: str | None = None,
        as_of: AsOf = NOW,
        at_least_rev: int | None = None,
    ) -> Page[R]:
        """A page of what was published for one record, newest first; empty if nothing was.

        `question` and `key` identify the query of a cursor, `of` are the type of the rows and the id of the record.
        `read` returns, for a twin and a record, the rev, the head time at that rev, and rows; None without the twin, or
        while a commit is becoming visible. If part of the twin is permitted, the rows are those that this part
        published.
        """
        twin = reach(caller, name)
        walk = paging.walk(question, twin, key, as_of, first=first, after=after)
        await self.reached(caller, twin, name, at_least_rev)
        rev = await self.rev(twin, name, as_of, walk.rev)
        stretch = HistoryFilter(rev, as_of.valid_time, walk.before, walk.limit)
        shown = await self.seen(caller, twin, name)
        if shown.whole:
            seen, head_time, rows = await self.settled(twin, name, rev, partial(read, twin, of[1], stretch))
        else:
            replay = await self.replay(caller, twin, name, shown)
            then = replay.head_time(rev)
            if then is None:
                raise no_such_twin(name)
            seen, head_time, rows = rev or replay.rev, then, replay.published(*of, stretch)
        return walk.page(
            rows,
            lambda row: Position(float(row.rev_from), row.revision_id, seen),
            rev=seen,
            valid_time=as_of.valid_time or head_time,
        )
