"""Changes: the numbered notices that revisions were stored, queried or subscribed to.

They are read from the store, so the commits of every process arrive; a notifier only makes this process check sooner.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from beliefgraph.errors import BeliefgraphError, Conflict, Incorrect, Unavailable
from beliefgraph.model.caller import Caller
from beliefgraph.model.commit import Change
from beliefgraph.services.access.scope import no_such_twin, reach
from beliefgraph.services.permissions.sights import EVERYTHING, Visibility
from beliefgraph.services.snapshots.as_of import Snapshots
from beliefgraph.services.twin.heads import Heads
from beliefgraph.services.twin.notifier import Notifier
from beliefgraph.store import changes as stored
from beliefgraph.store.graph import Graph
from beliefgraph.telemetry.metrics import SUBSCRIPTION_LAG

MAX_CHANGES = 200

_log = logging.getLogger(__name__)

INTERVAL = 1.0
"""Seconds between two checks of the store."""

AT_ONCE = 50
"""Changes of one twin read in one check, at most half a queue; the next check follows at once for the rest."""

QUEUE = 256
"""Changes that wait for one subscriber before it counts as too slow (`overloaded`)."""

RESUME_LIMIT = 10_000
"""Revs that a subscriber may be behind and still resume (`resume-expired` beyond)."""


@dataclass(eq=False)
class _Subscriber:
    """The queue of one subscriber, and the reason why it ended, once it has."""

    room: int
    waiting: deque[Change] = field(default_factory=deque)
    ended: BeliefgraphError | None = None
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def hand(self, change: Change) -> None:
        """Put a change in the queue; a full one ends the subscription."""
        if len(self.waiting) >= self.room:
            self.end(
                Unavailable(
                    "overloaded",
                    "You read more slowly than the twin changes; subscribe again after the last rev you received.",
                    rev=self.waiting[-1].commit.rev,
                )
            )
        elif self.ended is None:
            self.waiting.append(change)
            self.news.set()

    def end(self, why: BeliefgraphError) -> None:
        """End the queue, with the reason given once it is read."""
        self.ended = self.ended or why
        self.news.set()

    async def next(self) -> Change:
        """The next change, when it comes; or raises the reason why there is none."""
        while not self.waiting:
            if self.ended is not None:
                raise self.ended
            self.news.clear()
            await self.news.wait()
        return self.waiting.popleft()


@dataclass(eq=False)
class _Watched:
    """A twin that is followed: its name, the rev up to which its changes were delivered, and the subscribers."""

    name: str
    rev: int
    subscribers: set[_Subscriber] = field(default_factory=set)


class Changes:
    """The changes of twins, and subscriptions to them: one check of the store serves all subscribers of a process."""

    def __init__(
        self,
        graph: Graph,
        notifier: Notifier,
        *,
        interval: float = INTERVAL,
        queue: int = QUEUE,
        resume_limit: int = RESUME_LIMIT,
        snapshots: Snapshots | None = None,
    ) -> None:
        self._graph = graph
        self._heads = Heads(graph)
        self._snapshots = snapshots
        self._notifier = notifier
        self._interval = interval
        self._queue = queue
        self._at_once = max(1, min(AT_ONCE, queue // 2))
        self._resume_limit = resume_limit
        self._watched: dict[str, _Watched] = {}
        self._watching: asyncio.Task[None] | None = None
        notifier.listen(self._watched)

    @property
    def followers(self) -> tuple[int, int]:
        """The number of subscribers, and the number of changes that wait for the slowest of them."""
        waiting = [len(each.waiting) for watched in self._watched.values() for each in watched.subscribers]
        return len(waiting), max(waiting, default=0)

    async def since(self, caller: Caller, twin: str, rev: int, *, limit: int = MAX_CHANGES) -> list[Change]:
        """The changes after a rev, in order, at most `limit` of them.

        If part of the twin is permitted, they are those of a twin that received only that part.
        """
        id_ = reach(caller, twin)
        seen = await self._seen(caller, id_, twin)
        if not 1 <= limit <= MAX_CHANGES:
            raise Incorrect("too-large", f"Ask for 1 to {MAX_CHANGES} changes at once.", limit=limit)
        if self._snapshots is not None and not seen.whole:
            return (await self._snapshots.replay(caller, id_, twin, seen)).since(rev, limit)
        head = await self._head(id_, twin)
        return await stored.since(self._graph, {id_: (rev, head)}, limit)

    async def subscribe(self, caller: Caller, twin: str, after_rev: int | None = None) -> AsyncIterator[Change]:
        """Every change after a rev, in order, each once, for as long as it is iterated; None begins with the next.

        Raises `not-found` without such a twin; `resume-expired` if the rev is too far back or ahead of the twin, or the
        twin is erased; `overloaded` if the consumer is too slow: resume after the last rev received.
        """
        id_ = reach(caller, twin)
        await self._seen(caller, id_, twin)
        head = await self._head(id_, twin)
        seen = head if after_rev is None else after_rev
        if seen > head or head - seen > self._resume_limit:
            raise Conflict(
                "resume-expired",
                f"The changes of {twin!r} after rev {seen} cannot be resumed; it is at rev {head}. Read it again.",
                twin=twin,
                rev=head,
            )
        subscriber = _Subscriber(self._queue)
        while seen < head or not self._join(id_, twin, seen, subscriber):
            # Earlier changes are read at this subscriber's own pace; so are those that others, further on, have
            # received.
            head = await self._still_there(id_, twin, seen)
            for change in await stored.since(self._graph, {id_: (seen, head)}, AT_ONCE):
                shown = await self._shown(caller, id_, twin, change)
                if shown is not None:
                    yield shown
                seen = change.commit.rev
        try:
            while True:
                change = await subscriber.next()
                if change.commit.rev > seen:
                    shown = await self._shown(caller, id_, twin, change)
                    if shown is not None:
                        yield shown
                    seen = change.commit.rev
        finally:
            self._leave(id_, subscriber)

    async def _seen(self, caller: Caller, twin: str, name: str) -> Visibility:
        """What the caller may see of a twin; `not-found` if that is nothing."""
        return EVERYTHING if self._snapshots is None else await self._snapshots.seen(caller, twin, name)

    async def _shown(self, caller: Caller, twin: str, name: str, change: Change) -> Change | None:
        """A change as it exists for the caller now; None if it has nothing that they may see."""
        seen = await self._seen(caller, twin, name)
        if self._snapshots is None or seen.whole:
            return change
        return (await self._snapshots.replay(caller, twin, name, seen)).changes.get(change.commit.rev)

    async def close(self) -> None:
        """Stop checking the store; every subscriber ends with `overloaded`."""
        for twin in list(self._watched):
            self._end(twin, Unavailable("overloaded", "The service is closing; subscribe again after your last rev."))
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
            self._watching = None

    async def _head(self, twin: str, name: str) -> int:
        head = await self._heads.of(twin)
        if head is None:
            raise no_such_twin(name)
        return head[0]

    async def _still_there(self, twin: str, name: str, seen: int) -> int:
        head = await self._heads.of(twin)
        if head is None or head[0] < seen:
            raise _gone(name)
        return head[0]

    def _join(self, twin: str, name: str, seen: int, subscriber: _Subscriber) -> bool:
        """Follow a twin from a rev on; False if later changes were already delivered."""
        watched = self._watched.setdefault(twin, _Watched(name, seen))
        if watched.rev > seen:
            return False
        watched.subscribers.add(subscriber)
        if self._watching is None or self._watching.done():
            self._watching = asyncio.create_task(self._watch(), name="changes")
        self._notifier.notify(twin)
        return True

    def _leave(self, twin: str, subscriber: _Subscriber) -> None:
        watched = self._watched.get(twin)
        if watched is not None:
            watched.subscribers.discard(subscriber)
            if not watched.subscribers:
                del self._watched[twin]

    def _end(self, twin: str, why: BeliefgraphError) -> None:
        for subscriber in self._watched.pop(twin).subscribers:
            subscriber.end(why)

    async def _watch(self) -> None:
        """Check the store about once a second, and at once when notified, while any twin is followed."""
        more = False
        while self._watched:
            try:
                if not more:
                    await self._notifier.wait(self._interval)
                more = await self._poll()
            except Unavailable as failure:
                _log.warning("changes cannot be read now", extra={"code": failure.code})
                more = False
                await asyncio.sleep(self._interval)
            except BeliefgraphError as failure:
                for twin in list(self._watched):
                    self._end(twin, failure)

    async def _poll(self) -> bool:
        """Deliver what is new; returns whether there may be more."""
        followed = dict(self._watched)
        heads = {twin: rev for twin, (rev, _) in (await stored.heads(self._graph, list(followed))).items()}
        wanted = {}
        for twin, watched in followed.items():
            head = heads.get(twin)
            if self._watched.get(twin) is not watched:
                continue
            if head is None or head < watched.rev:
                self._end(twin, _gone(watched.name))
            elif head > watched.rev:
                wanted[twin] = (watched.rev, head)
        if not wanted:
            return False
        for change in await stored.since(self._graph, wanted, self._at_once):
            following = self._watched.get(change.commit.twin)
            if following is None or change.commit.rev <= following.rev:
                continue
            following.rev = change.commit.rev
            SUBSCRIPTION_LAG.observe(max(0.0, time.time() - change.commit.at.timestamp()))
            for subscriber in list(following.subscribers):
                subscriber.hand(change)
                if subscriber.ended is not None:
                    self._leave(change.commit.twin, subscriber)
        return any(self._watched[twin].rev < head for twin, (_, head) in wanted.items() if twin in self._watched)


def _gone(twin: str) -> Conflict:
    return Conflict("resume-expired", "This twin was erased; there is nothing to resume.", twin=twin)
