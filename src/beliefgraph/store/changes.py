"""Changes: commits with the holdings and readings they opened, for any number of twins in one statement."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from beliefgraph.model.commit import BeliefChange, Change, Commit
from beliefgraph.model.decision import DecisionChange
from beliefgraph.model.goal import GoalChange
from beliefgraph.model.metric import MetricChange
from beliefgraph.store import codec
from beliefgraph.store.graph import Graph
from beliefgraph.store.personal import PersonalTexts

MANY = 500
"""Number of rows from which changes are built in a thread."""

COMMIT_FIELDS = 6
"""Fields of a commit in `change/since` after its twin and rev, before the numbers of opened and closed rows."""


async def heads(graph: Graph, twins: Sequence[str]) -> dict[str, tuple[int, str]]:
    """The rev of each of these twins that exists, and the incarnation of its name."""
    record = await graph.read("change/heads", twins=list(twins))
    return {twin: (rev, life) for twin, rev, life in (record[0] if record else [])}


async def since(graph: Graph, wanted: Mapping[str, tuple[int, int]], limit: int) -> list[Change]:
    """The changes of twins, each after a rev and up to another, in order, at most `limit` per twin.

    A commit that is still becoming visible is left out, with all later ones of its twin: read them again later.
    """
    rows = [{"twin": twin, "after": after, "upto": upto} for twin, (after, upto) in wanted.items()]
    record = await graph.read("change/since", wanted=rows, limit=limit)
    commits = record[0] if record else []
    following = {twin: after for twin, (after, _) in wanted.items()}
    if sum(len(part) for _, *parts in commits for part in parts) > MANY:
        found = await asyncio.to_thread(_changes, graph.personal, commits, following)
    else:
        found = _changes(graph.personal, commits, following)
    return await _in_layers(graph, found, wanted) if graph.layers and found else found


async def _in_layers(graph: Graph, found: list[Change], wanted: Mapping[str, tuple[int, int]]) -> list[Change]:
    """The changes, with those of layers that have no statements of their own; only those whose rows are complete."""
    last = {change.commit.twin: change.commit.rev for change in found}
    rows = [{"twin": twin, "after": wanted[twin][0], "upto": rev} for twin, rev in last.items()]
    record = await graph.read("layer/changes", wanted=rows)
    commits = {
        (twin, rev): (opened, closed)
        for twin, rev, counted, opened, closed in (record[0] if record else [])
        if counted == [len(opened), len(closed)]
    }
    whole, ended = [], set()
    for change in found:
        twin, rev = change.commit.twin, change.commit.rev
        if twin in ended or (twin, rev) not in commits:
            ended.add(twin)
            continue
        whole.append(change.model_copy(update={"layers": graph.layers.changes(*commits[twin, rev], graph.personal)}))
    return whole


def _changes(personal: PersonalTexts, commits: Iterable[Any], following: dict[str, int]) -> list[Change]:
    """The changes of commits, each if it directly follows its twin's previous one and its rows are complete."""
    found = []
    for (twin, rev, *commit), *rows in commits:
        about, counted = commit[:COMMIT_FIELDS], commit[COMMIT_FIELDS:]
        beliefs, dropped, opened, closed, metrics, statements, taken_back = rows
        seen = list(map(len, rows))
        if rev == following[twin] + 1 and seen == counted:
            following[twin] = rev
            goals, decisions = _goals(twin, opened, closed), _decisions(twin, statements, taken_back)
            found.append(
                _change(
                    personal,
                    twin,
                    rev,
                    about,
                    [*beliefs, *([*row, None] for row in dropped)],
                    goals,
                    metrics,
                    decisions,
                )
            )
    return found


def _goals(twin: str, opened: list[Any], closed: list[Any]) -> tuple[GoalChange, ...]:
    after = {id_: codec.pursuit(row, twin) for id_, _, row in opened}
    before = {id_: codec.pursuit(row, twin) for id_, _, row in closed}
    keys = {id_: key for id_, key, _ in (*closed, *opened)}
    return tuple(
        GoalChange.trusted(goal=codec.goal([id_, keys[id_]], twin), before=before.get(id_), after=after.get(id_))
        for id_ in sorted(keys)
    )


def _decisions(twin: str, opened: list[Any], closed: list[Any]) -> tuple[DecisionChange, ...]:
    after = {id_: codec.deliberation(row, twin) for id_, _, row in opened}
    before = {id_: codec.deliberation(row, twin) for id_, _, row in closed}
    keys = {id_: key for id_, key, _ in (*closed, *opened)}
    return tuple(
        DecisionChange.trusted(
            decision=codec.decision([id_, keys[id_]], twin), before=before.get(id_), after=after.get(id_)
        )
        for id_ in sorted(keys)
    )


def _change(
    personal: PersonalTexts,
    twin: str,
    rev: int,
    commit: list[Any],
    beliefs: list[Any],
    goals: tuple[GoalChange, ...],
    metrics: list[Any],
    decisions: tuple[DecisionChange, ...],
) -> Change:
    at, head_time, actor, purpose, cause, definitions = commit
    return Change.trusted(
        commit=Commit.trusted(
            twin=twin,
            rev=rev,
            at=codec.moment(at),
            head_time=codec.moment(head_time),
            actor=actor,
            purpose=purpose,
            cause=cause,
            definitions=definitions,
        ),
        beliefs=tuple(
            BeliefChange.trusted(
                belief=personal.belief(codec.belief(belief, twin)),
                before=None if before is None else codec.holding(before, twin),
                after=None if after is None else codec.holding(after, twin),
            )
            for belief, before, after in beliefs
        ),
        goals=goals,
        metrics=tuple(
            MetricChange.trusted(
                metric=codec.metric(metric, twin),
                before=None if before is None else codec.reading(before, twin),
                after=codec.reading(after, twin),
            )
            for metric, before, after in metrics
        ),
        decisions=decisions,
        layers={},
    )
