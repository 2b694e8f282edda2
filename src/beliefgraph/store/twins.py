"""Reading a twin: all the rows that one rev sees, in one statement."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from beliefgraph.errors import Fault, Unavailable
from beliefgraph.model.belief import Belief, Holding
from beliefgraph.model.decision import Decision, DecisionStatement, Deliberation
from beliefgraph.model.evidence import Bearing
from beliefgraph.model.goal import Goal, GoalRelation, GoalStatement, Pursuit
from beliefgraph.model.metric import Measurement, Metric, Reading
from beliefgraph.model.relation import BeliefRelation
from beliefgraph.model.revision import Revision
from beliefgraph.model.twin import IdentifierLink
from beliefgraph.store import codec
from beliefgraph.store.graph import Graph

TRIES = 50
"""Readings of a twin that somebody keeps writing to before we say so."""

PAUSE = 0.005
"""Seconds between them, about the time of one commit."""


@dataclass(frozen=True)
class TwinRows:
    """What one rev of a twin sees; `head_time` and the two after it are those of that rev's commit.

    `life` tells the twin from another of its name, before or after an erasure.
    """

    rev: int
    life: str
    head_time: datetime
    last_updated: datetime
    definitions: int
    beliefs: tuple[Belief, ...]
    bearings: tuple[Bearing, ...]
    relations: tuple[BeliefRelation, ...]
    holdings: tuple[Holding, ...]
    links: tuple[IdentifierLink, ...]
    goals: tuple[Goal, ...]
    statements: tuple[GoalStatement, ...]
    goal_relations: tuple[GoalRelation, ...]
    pursuits: tuple[Pursuit, ...]
    metrics: tuple[Metric, ...]
    measurements: tuple[Measurement, ...]
    readings: tuple[Reading, ...]
    decisions: tuple[Decision, ...]
    decision_statements: tuple[DecisionStatement, ...]
    deliberations: tuple[Deliberation, ...]


async def load(graph: Graph, twin: str, rev: int | None = None) -> TwinRows | None:
    """The rows that `rev` sees, the current one if None; None if there is no such twin or it has no such commit.

    A reader in Neo4j may see half of a commit that lands while it reads: a row it closes may be missed, one it opens
    may not be there yet. So the rows are counted against what the writer of the rev counted, those that the rev opened
    apart from the rest; if either differs, we read again. `twin-damaged` if they differ although nobody writes.
    """
    revs: set[int] = set()
    for _ in range(TRIES):
        record = await graph.read("twin/inputs", twin=twin, rev=rev)
        if record is None:
            return None
        seen, current, *_ = record
        if not 0 < seen <= current:
            return None
        rows = _whole(twin, record)
        if rows is not None:
            return rows
        revs.add(current)
        await asyncio.sleep(PAUSE)
    if len(revs) == 1:
        raise Fault(
            "twin-damaged", f"The rows of rev {seen} are not those that its commit counted.", twin=twin, rev=seen
        )
    raise Unavailable("store-unavailable", "The twin is being written to without a pause; try again.", twin=twin)


def _whole(twin: str, record: list[Any]) -> TwinRows | None:
    """The rows of a rev, if they were all there to be read, and no other."""
    seen, _, life, beliefs, bearings, relations, holdings, links, *more, at = record
    goals, statements, hanging, pursuits, metrics, measurements, readings, decisions, told, deliberations = more
    if not at:
        return None
    head_time, last_updated, definitions, open_rows, opened_rows = at[0]
    found = TwinRows(
        rev=seen,
        life=life,
        head_time=codec.moment(head_time),
        last_updated=codec.moment(last_updated),
        definitions=definitions,
        beliefs=tuple(codec.belief(row, twin) for row in beliefs),
        bearings=tuple(codec.bearing(row, twin) for row in bearings),
        relations=tuple(codec.relation(row, twin) for row in relations),
        holdings=tuple(codec.holding(row, twin) for row in holdings),
        links=tuple(codec.link(row, twin) for row in links),
        goals=tuple(codec.goal(row, twin) for row in goals),
        statements=tuple(codec.statement(row, twin) for row in statements),
        goal_relations=tuple(codec.goal_relation(row, twin) for row in hanging),
        pursuits=tuple(codec.pursuit(row, twin) for row in pursuits),
        metrics=tuple(codec.metric(row, twin) for row in metrics),
        measurements=tuple(codec.measurement(row, twin) for row in measurements),
        readings=tuple(codec.reading(row, twin) for row in readings),
        decisions=tuple(codec.decision(row, twin) for row in decisions),
        decision_statements=tuple(codec.decision_statement(row, twin) for row in told),
        deliberations=tuple(codec.deliberation(row, twin) for row in deliberations),
    )
    revisions: list[Revision] = [
        *found.bearings,
        *found.relations,
        *found.holdings,
        *found.links,
        *found.statements,
        *found.goal_relations,
        *found.pursuits,
        *found.measurements,
        *found.readings,
        *found.decision_statements,
        *found.deliberations,
    ]
    known = {belief.id for belief in found.beliefs} | {goal.id for goal in found.goals}
    measured = {metric.id for metric in found.metrics}
    decided = {decision.id for decision in found.decisions}
    whole = (
        len(revisions) == open_rows
        and sum(row.rev_from == seen for row in revisions) == opened_rows
        and all(bearing.belief in known for bearing in found.bearings)
        and all(holding.key in known for holding in found.holdings)
        and all(measurement.metric in measured for measurement in found.measurements)
        and all(reading.key in measured for reading in found.readings)
        and all(told.decision in decided for told in found.decision_statements)
        and all(deliberation.key in decided for deliberation in found.deliberations)
        and all(relation.source in known and relation.target in known for relation in found.relations)
        and all(statement.goal in known for statement in found.statements)
        and all(pursuit.key in known for pursuit in found.pursuits)
        and all(relation.source in known and relation.target in known for relation in found.goal_relations)
    )
    return found if whole else None
