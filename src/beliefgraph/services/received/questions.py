"""Queries on what was received about a twin: evidence with texts, events as they arrived, and identifiers.

All stored data is returned, whether it counts or was withdrawn, so all of the twin must be permitted.
"""

from __future__ import annotations

from datetime import datetime

from beliefgraph.model.caller import Caller
from beliefgraph.model.event import QuarantinedEvent
from beliefgraph.model.page import Page
from beliefgraph.model.received import ReceivedEvent, ReceivedEvidence
from beliefgraph.model.time import NOW, microseconds, moment_of
from beliefgraph.model.twin import IdentifierLink
from beliefgraph.services.access.scope import no_such_twin, reach
from beliefgraph.services.beliefs.contests import contested_evidence
from beliefgraph.services.snapshots.as_of import Snapshots
from beliefgraph.services.twin import paging
from beliefgraph.services.twin.paging import DEFAULT_PAGE, PageRequest, Position
from beliefgraph.store import received as stored
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring


class Received:
    """Answers what was received about a twin, to the person and to callers who may see all of it."""

    def __init__(self, graph: Graph, keyring: Keyring, snapshots: Snapshots) -> None:
        self._graph = graph
        self._keyring = keyring
        self._snapshots = snapshots

    async def evidence(
        self, caller: Caller, twin: str, *, first: int = DEFAULT_PAGE, after: str | None = None
    ) -> Page[ReceivedEvidence]:
        """A page of all evidence of a twin, newest first, with its texts."""
        id_ = await self._reach(caller, twin)
        walk = paging.walk("received evidence", id_, first=first, after=after)
        found = await stored.evidence(self._graph, self._keyring, id_, before=_newest_first(walk), limit=walk.limit)
        if found is None:
            raise no_such_twin(twin)
        rev, head_time, rows = found
        contested = contested_evidence((await self._snapshots.at(caller, id_, twin, NOW)).state)
        return walk.page(
            [one.model_copy(update={"contested": one.evidence.id in contested}) for one in rows],
            lambda one: Position(-float(microseconds(one.evidence.time)), one.evidence.id, rev),
            rev=rev,
            valid_time=head_time,
        )

    async def events(
        self, caller: Caller, twin: str, *, first: int = DEFAULT_PAGE, after: str | None = None
    ) -> Page[ReceivedEvent]:
        """A page of the events of a twin as they arrived, including commands, newest first."""
        id_ = await self._reach(caller, twin)
        walk = paging.walk("received events", id_, first=first, after=after)
        found = await stored.events(self._graph, self._keyring, id_, before=_newest_first(walk), limit=walk.limit)
        if found is None:
            raise no_such_twin(twin)
        rev, head_time, rows = found
        return walk.page(
            rows,
            lambda one: Position(-float(microseconds(one.event.time)), one.id, rev),
            rev=rev,
            valid_time=head_time,
        )

    async def waiting(
        self, caller: Caller, twin: str, *, first: int = DEFAULT_PAGE, after: str | None = None
    ) -> Page[QuarantinedEvent]:
        """A page of the events that name a twin and are not processed yet, oldest first."""
        id_ = await self._reach(caller, twin)
        walk = paging.walk("waiting events", id_, first=first, after=after)
        begin = None if walk.begin is None else (moment_of(int(walk.begin.value)), walk.begin.id)
        found = await stored.waiting(self._graph, self._keyring, caller.tenant, id_, after=begin, limit=walk.limit)
        return walk.page(found, lambda one: Position(float(microseconds(one.since)), one.id))

    async def identifiers(self, caller: Caller, twin: str) -> list[IdentifierLink]:
        """The identifiers that lead to a twin, by kind and validity; their values are not stored."""
        id_ = await self._reach(caller, twin)
        links = (await self._snapshots.at(caller, id_, twin, NOW)).state.links
        return sorted(links, key=lambda link: (link.scheme, link.valid_from, link.key))

    async def _reach(self, caller: Caller, twin: str) -> str:
        id_ = reach(caller, twin)
        await self._snapshots.whole(caller, id_, twin)
        return id_


def _newest_first(walk: PageRequest) -> tuple[datetime, str] | None:
    """The place after which a walk, newest first, continues."""
    return None if walk.begin is None else (moment_of(-int(walk.begin.value)), walk.begin.id)
