"""Reading a twin: what one rev sees in one statement, and the rows of which there are very many in pages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from beliefgraph.errors import Fault
from beliefgraph.model.belief import Belief, Holding
from beliefgraph.model.decision import Decision, DecisionStatement, Deliberation
from beliefgraph.model.goal import Goal, GoalRelation, GoalStatement, Pursuit
from beliefgraph.model.metric import Metric, Reading
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
    """What one rev of a twin sees but for its bearings and measurements; `head_time` and the four after it are those of
    that rev's commit: how many rows the rev sees, these two among them, and how many it opened.

    `life` tells the twin from another of its name, before or after an erasure.
    """

    rev: int
    current: int
    life: str
    head_time: datetime
    last_updated: datetime
    definitions: int
    open_rows: int
    opened_rows: int
    beliefs: tuple[Belief, ...]
    relations: tuple[BeliefRelation, ...]
    holdings: tuple[Holding, ...]
    links: tuple[IdentifierLink, ...]
    goals: tuple[Goal, ...]
    statements: tuple[GoalStatement, ...]
    goal_relations: tuple[GoalRelation, ...]
    pursuits: tuple[Pursuit, ...]
    metrics: tuple[Metric, ...]
    readings: tuple[Reading, ...]
    decisions: tuple[Decision, ...]
    decision_statements: tuple[DecisionStatement, ...]
    deliberations: tuple[Deliberation, ...]

    @property
    def revisions(self) -> Iterator[Revision]:
        """Every revision among them."""
        return chain(
            self.relations,
            self.holdings,
            self.links,
            self.statements,
            self.goal_relations,
            self.pursuits,
            self.readings,
            self.decision_statements,
            self.deliberations,
        )


@dataclass(frozen=True)
class RowKind:
    """A kind of row of which a twin has very many: the queries for those that are open and those that were closed."""

    open: str
    closed: str

    async def since(self, graph: Graph, twin: str, rev: int, after: int) -> AsyncIterator[Sequence[Row]]:
        """The rows that revs after `after` opened up to `rev`, in pages by these revs; those closed come last.

        A row that is closed meanwhile may come twice.
        """
        first, skip = after + 1, 0
        while True:
            record = await graph.read(self.open, twin=twin, after=first, rev=rev, skip=skip, limit=PAGE_OF_ROWS)
            page: Sequence[Row] = record[0] if record else []
            if page:
                yield page
            if len(page) < PAGE_OF_ROWS:
                break
            last = page[-1][REV_FROM]
            skip = sum(row[REV_FROM] == last for row in page) + (skip if last == first else 0)
            first = last
        record = await graph.read(self.closed, twin=twin, rev=rev)
        if record and record[0]:
            yield record[0]


BEARINGS = RowKind("twin/bearings", "twin/closed_bearings")
MEASUREMENTS = RowKind("twin/measurements", "twin/closed_measurements")

PAGE_OF_ROWS = 20_000
"""Rows that one statement reads: some megabytes of Neo4j's memory for a transaction."""

Row = Sequence[Any]
"""A row as a query returns it: revision id, evidence, number, valid from and to in microseconds, rev from and to, then
what it has in common with others."""

REV_FROM = 5


async def load(graph: Graph, twin: str, rev: int | None = None) -> TwinRows | None:
    """The rows that `rev` sees, the current one if None; None if there is no such twin or it has no such commit.

    A reader in Neo4j may see half of a commit that lands while it reads: a row it closes may be missed, one it opens
    may not be there yet. So whoever reads the rest counts the rows against what the writer of the rev counted, those
    that the rev opened apart from the rest; if either differs, we read again: see `settled`.
    """
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
        await asyncio.sleep(PAUSE)
    raise damaged(twin, seen)


def damaged(twin: str, rev: int) -> Fault:
    """That the rows of a rev are not those that its commit counted, although nobody writes."""
    return Fault("twin-damaged", f"The rows of rev {rev} are not those that its commit counted.", twin=twin, rev=rev)


def _whole(twin: str, record: list[Any]) -> TwinRows | None:
    """The rows of a rev, if what they are about was all there to be read."""
    seen, current, life, beliefs, relations, holdings, links, *more, at = record
    goals, statements, hanging, pursuits, metrics, readings, decisions, told, deliberations = more
    if not at:
        return None
    head_time, last_updated, definitions, open_rows, opened_rows = at[0]
    found = TwinRows(
        rev=seen,
        current=current,
        life=life,
        head_time=codec.moment(head_time),
        last_updated=codec.moment(last_updated),
        definitions=definitions,
        open_rows=open_rows,
        opened_rows=opened_rows,
        beliefs=tuple(codec.belief(row, twin) for row in beliefs),
        relations=tuple(codec.relation(row, twin) for row in relations),
        holdings=tuple(codec.holding(row, twin) for row in holdings),
        links=tuple(codec.link(row, twin) for row in links),
        goals=tuple(codec.goal(row, twin) for row in goals),
        statements=tuple(codec.statement(row, twin) for row in statements),
        goal_relations=tuple(codec.goal_relation(row, twin) for row in hanging),
        pursuits=tuple(codec.pursuit(row, twin) for row in pursuits),
        metrics=tuple(codec.metric(row, twin) for row in metrics),
        readings=tuple(codec.reading(row, twin) for row in readings),
        decisions=tuple(codec.decision(row, twin) for row in decisions),
        decision_statements=tuple(codec.decision_statement(row, twin) for row in told),
        deliberations=tuple(codec.deliberation(row, twin) for row in deliberations),
    )
    known = {belief.id for belief in found.beliefs} | {goal.id for goal in found.goals}
    measured = {metric.id for metric in found.metrics}
    decided = {decision.id for decision in found.decisions}
    whole = (
        all(holding.key in known for holding in found.holdings)
        and all(reading.key in measured for reading in found.readings)
        and all(told.decision in decided for told in found.decision_statements)
        and all(deliberation.key in decided for deliberation in found.deliberations)
        and all(relation.source in known and relation.target in known for relation in found.relations)
        and all(statement.goal in known for statement in found.statements)
        and all(pursuit.key in known for pursuit in found.pursuits)
        and all(relation.source in known and relation.target in known for relation in found.goal_relations)
    )
    return found if whole else None
