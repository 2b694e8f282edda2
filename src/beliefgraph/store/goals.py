"""Published goals."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from beliefgraph.model.goal import Goal, GoalStatus, Pursuit
from beliefgraph.store import codec
from beliefgraph.store.graph import Graph
from beliefgraph.store.history import HistoryFilter, published


async def goal_named(graph: Graph, id_: str, tenant: str, person: str | None) -> tuple[str, str] | None:
    """The twin's name and the key of a goal, if the caller may see it."""
    record = await graph.read("goal/by_id", goal=id_, tenant=tenant, person=person)
    return None if record is None else (record[0], record[1])


@dataclass(frozen=True, slots=True)
class PursuedPage:
    """Some of the goals that a twin published, in order, with the number of matches and the rev and head time read."""

    rev: int
    head_time: datetime
    goals: tuple[tuple[Goal, Pursuit], ...]
    total: int


async def page(
    graph: Graph,
    twin: str,
    *,
    rev: int | None = None,
    goal: str | None = None,
    statuses: Collection[GoalStatus] | None = None,
    skip: int = 0,
    limit: int = 1,
) -> PursuedPage | None:
    """The goals with these statuses, or one goal, as published, in order of falling motivation.

    None without such a twin or commit, or while the commit is still becoming visible.
    """
    record = await graph.read(
        "goal/page",
        twin=twin,
        rev=rev,
        goal=goal,
        statuses=None if statuses is None else list(statuses),
        skip=skip,
        limit=limit,
    )
    if record is None or not record[-1]:
        return None
    seen, head_time, rows, total, _ = record
    found = tuple((codec.goal(goal, twin), codec.pursuit(row, twin)) for goal, row in rows)
    return PursuedPage(seen, codec.moment(head_time), found, total)


async def pursuits(
    graph: Graph, twin: str, goal: str, stretch: HistoryFilter
) -> tuple[int, datetime, list[Pursuit]] | None:
    """The published rows of a goal, newest first, with the rev read and its head time."""
    return await published(graph, "goal/history", twin, codec.pursuit, stretch, goal=goal)
