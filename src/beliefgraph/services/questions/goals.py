"""Queries on goals: their state as of a moment, explanation and history.

A query without `as_of` is answered from what was published; one with `as_of` is recomputed, unrounded. The explanation
of a goal is always recomputed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from functools import partial
from typing import Unpack

from beliefgraph.errors import NotFound
from beliefgraph.model.caller import Caller
from beliefgraph.model.goal import GoalRow, GoalStatus, MotivationExplanation, Pursuit
from beliefgraph.model.identity import goal_id, twin_id
from beliefgraph.model.page import Page
from beliefgraph.model.time import NOW, AsOf
from beliefgraph.services.access.scope import reach
from beliefgraph.services.definitions.book import DefinitionBook
from beliefgraph.services.questions.goal_rows import GoalsSeen, as_published
from beliefgraph.services.snapshots.as_of import HistoryPage, Snapshots
from beliefgraph.services.twin import paging
from beliefgraph.services.twin.paging import DEFAULT_PAGE, Position
from beliefgraph.store import goals as stored
from beliefgraph.store.goals import PursuedPage
from beliefgraph.store.graph import Graph


class Goals:
    """Answers queries on goals, which are named by their keys."""

    def __init__(self, graph: Graph, book: DefinitionBook, *, snapshots: Snapshots | None = None) -> None:
        self._graph = graph
        self._snapshots = snapshots or Snapshots(graph, book)

    async def goals(
        self,
        caller: Caller,
        twin: str,
        status: Collection[GoalStatus] | None = None,
        *,
        first: int = DEFAULT_PAGE,
        after: str | None = None,
        as_of: AsOf = NOW,
        at_least_rev: int | None = None,
        related: bool = False,
        explained: bool = False,
    ) -> Page[GoalRow]:
        """A page of the goals of these statuses, or of all, by motivation, descending."""
        id_, statuses = reach(caller, twin), None if status is None else sorted(status)
        walk = paging.walk("goals", id_, statuses, as_of, first=first, after=after)
        start = 0 if walk.begin is None else int(walk.begin.value) + 1
        await self._snapshots.reached(caller, id_, twin, at_least_rev)
        stored_whole = (await self._snapshots.seen(caller, id_, twin)).whole
        if as_of.is_now and stored_whole and not (related or explained):
            held = await self._held(id_, twin, rev=walk.rev, statuses=status, skip=start, limit=walk.limit)
            rows, total, seen, at = _bare(held), held.total, held.rev, held.head_time
        else:
            goals = await self._seen(caller, id_, twin, as_of, walk.rev)
            rows, total = await asyncio.to_thread(_some, goals, status, start, walk.limit, related, explained)
            seen, at = goals.moment.state.rev, goals.moment.at
        place = {row.state.goal.id: float(start + i) for i, row in enumerate(rows)}
        return walk.page(
            rows,
            lambda row: Position(place[row.state.goal.id], row.state.goal.id, seen),
            rev=seen,
            valid_time=at,
            total=total,
        )

    async def goal(
        self,
        caller: Caller,
        twin: str,
        key: str,
        *,
        as_of: AsOf = NOW,
        at_least_rev: int | None = None,
        related: bool = False,
        explained: bool = False,
    ) -> GoalRow:
        """One goal; `unknown-goal` if nothing was stated about it by then."""
        id_ = reach(caller, twin)
        await self._snapshots.reached(caller, id_, twin, at_least_rev)
        stored_whole = (await self._snapshots.seen(caller, id_, twin)).whole
        if as_of.is_now and stored_whole and not (related or explained):
            rows = _bare(await self._held(id_, twin, goal=goal_id(id_, key)))
            if not rows:
                raise _unknown(twin, key)
            return rows[0]
        seen = await self._seen(caller, id_, twin, as_of)
        return await asyncio.to_thread(_one, seen, twin, key, related, explained)

    async def goal_by_id(
        self, caller: Caller, id_: str, *, as_of: AsOf = NOW, related: bool, explained: bool
    ) -> GoalRow:
        """The goal of that id; `not-found` if the caller may not see it."""
        caller.require("read")
        found = await stored.goal_named(self._graph, id_, caller.tenant, caller.person)
        if found is None:
            raise NotFound("not-found", f"There is no goal {id_!r}.", goal=id_)
        twin, key = found
        try:
            return await self.goal(caller, twin, key, as_of=as_of, related=related, explained=explained)
        except NotFound:
            if await self._snapshots.shows_all(caller, twin_id(caller.tenant, twin), twin):
                raise
            raise NotFound("not-found", f"There is no goal {id_!r}.", goal=id_) from None

    async def explain(
        self, caller: Caller, twin: str, key: str, *, as_of: AsOf = NOW, at_least_rev: int | None = None
    ) -> MotivationExplanation:
        """Explanation of a goal's motivation; the contributions of the reasons sum to it, unrounded."""
        row = await self.goal(caller, twin, key, as_of=as_of, at_least_rev=at_least_rev, explained=True)
        assert row.explanation is not None
        return row.explanation

    async def history(self, caller: Caller, twin: str, key: str, **page: Unpack[HistoryPage]) -> Page[Pursuit]:
        """Published revisions of a goal, newest first, each with its reason."""
        of = Pursuit, goal_id(reach(caller, twin), key)
        read = partial(stored.pursuits, self._graph)
        found = await self._snapshots.history(caller, twin, "goal history", key, of, read, **page)
        if found.nothing:
            raise _unknown(twin, key)
        return found

    async def _seen(self, caller: Caller, id_: str, twin: str, as_of: AsOf, rev: int | None = None) -> GoalsSeen:
        return GoalsSeen(await self._snapshots.at(caller, id_, twin, as_of, rev), published=as_of.is_now)

    async def _held(
        self,
        id_: str,
        twin: str,
        *,
        rev: int | None = None,
        goal: str | None = None,
        statuses: Collection[GoalStatus] | None = None,
        skip: int = 0,
        limit: int = 1,
    ) -> PursuedPage:
        """Published goals, read in one statement."""
        read = partial(stored.page, self._graph, id_, rev=rev, goal=goal, statuses=statuses, skip=skip, limit=limit)
        return await self._snapshots.settled(id_, twin, rev, read)


def _bare(held: PursuedPage) -> list[GoalRow]:
    return [
        GoalRow.trusted(
            state=as_published(goal, pursuit, held.head_time, held.rev), related=None, motives=None, explanation=None
        )
        for goal, pursuit in held.goals
    ]


def _some(
    seen: GoalsSeen,
    status: Collection[GoalStatus] | None,
    start: int,
    most: int,
    related: bool,
    explained: bool,
) -> tuple[list[GoalRow], int]:
    """Goals of these statuses from an offset on, and their total number."""
    listed = [state for state in seen.ordered if status is None or state.status in status]
    wanted = listed[start : start + most]
    return [seen.row(state.goal.id, related=related, explained=explained) for state in wanted], len(listed)


def _one(seen: GoalsSeen, twin: str, key: str, related: bool, explained: bool) -> GoalRow:
    id_ = goal_id(seen.moment.state.id, key)
    if id_ not in seen.states:
        raise _unknown(twin, key)
    return seen.row(id_, related=related, explained=explained)


def _unknown(twin: str, key: str) -> NotFound:
    return NotFound("unknown-goal", f"This twin has no goal {key!r} at that moment.", twin=twin, goal=key)
