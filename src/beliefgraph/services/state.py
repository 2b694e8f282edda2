"""A twin in memory: everything its confidences are derived from, as one rev sees it, and what it has published."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

import numpy as np

from beliefgraph.model.belief import Belief, Holding
from beliefgraph.model.commit import Commit
from beliefgraph.model.decision import Decision, DecisionStatement, Deliberation
from beliefgraph.model.evidence import Bearing
from beliefgraph.model.goal import Goal, GoalRelation, GoalStatement, Pursuit
from beliefgraph.model.identity import person_source, source_id
from beliefgraph.model.metric import Measurement, Metric, Reading
from beliefgraph.model.relation import BeliefRelation
from beliefgraph.model.revision import Revision
from beliefgraph.model.twin import IdentifierLink
from beliefgraph.services.bearings import Bearings, no_bearings
from beliefgraph.services.metrics.tally import Measurements, Tally, no_measurements, tallied, untallied
from beliefgraph.store.commits import DecisionRows, GoalRows

if TYPE_CHECKING:
    from beliefgraph.services.goals.derive import GoalDerivation

R = TypeVar("R", bound=Revision)


@dataclass(frozen=True)
class TwinState:
    """One twin at one rev: the rows that the rev sees.

    `holdings` are by belief, `goals` and `pursuits` by goal, `tallies` and `readings` by metric, `decisions`
    and `deliberations` by decision.

    `life` tells it from another twin of its name, before or after an erasure, whose revs begin at 1 too. `head_time` is
    None for a twin that has no commit yet. `derived_goals` is what its pursuits were published from, where this process
    derived them.
    """

    id: str
    tenant: str
    name: str
    life: str
    rev: int
    head_time: datetime | None
    last_updated: datetime | None
    definitions: int
    beliefs: Mapping[str, Belief]
    bearings: Bearings
    relations: tuple[BeliefRelation, ...]
    holdings: Mapping[str, Holding]
    links: tuple[IdentifierLink, ...]
    measurements: Measurements
    goals: Mapping[str, Goal] = field(default_factory=dict)
    statements: tuple[GoalStatement, ...] = ()
    goal_relations: tuple[GoalRelation, ...] = ()
    pursuits: Mapping[str, Pursuit] = field(default_factory=dict)
    derived_goals: GoalDerivation | None = field(default=None, compare=False)
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    tallies: Mapping[str, Tally] = field(default_factory=dict)
    readings: Mapping[str, Reading] = field(default_factory=dict)
    decisions: Mapping[str, Decision] = field(default_factory=dict)
    decision_statements: tuple[DecisionStatement, ...] = ()
    deliberations: Mapping[str, Deliberation] = field(default_factory=dict)

    @property
    def open_rows(self) -> int:
        """How many rows the rev sees: kept with its commit, so that a torn read is noticed."""
        beliefs = len(self.bearings) + len(self.relations) + len(self.holdings) + len(self.links)
        measured = len(self.measurements) + len(self.readings)
        pursued = len(self.statements) + len(self.goal_relations) + len(self.pursuits)
        return beliefs + pursued + measured + len(self.decision_statements) + len(self.deliberations)

    @cached_property
    def own_source(self) -> str:
        """The id of the person modelled, as a source."""
        return source_id(self.tenant, person_source(self.name))

    def with_inputs(
        self,
        *,
        beliefs: Iterable[Belief],
        closed_bearings: Iterable[Bearing],
        bearings: Sequence[Bearing],
        closed_relations: Iterable[BeliefRelation],
        relations: Sequence[BeliefRelation],
        closed_links: Iterable[IdentifierLink] = (),
        links: Sequence[IdentifierLink] = (),
        metrics: Iterable[Metric] = (),
        closed_measurements: Iterable[Measurement] = (),
        measurements: Iterable[Measurement] = (),
        rev: int | None = None,
    ) -> TwinState:
        """The twin after these rows were closed and those opened; nothing is derived yet.

        `rev` closes them; without one it is as if they had never been.
        """
        gone = [row.revision_id for row in closed_bearings]
        ended = {row.revision_id for row in closed_relations}
        held = tuple(r for r in self.relations if r.revision_id not in ended) if ended else self.relations
        return replace(
            self,
            beliefs={**self.beliefs, **{belief.id: belief for belief in beliefs}},
            bearings=self.bearings.closed(gone, rev).opened(bearings),
            relations=(*held, *relations),
            links=(*(link for link in self.links if link not in closed_links), *links),
            metrics={**self.metrics, **{metric.id: metric for metric in metrics}},
            **self._counted(list(closed_measurements), list(measurements), rev),
        )

    def _counted(self, closed: Sequence[Measurement], opened: Sequence[Measurement], rev: int | None) -> dict[str, Any]:
        """The measurements and tallies after some were closed and others opened."""
        if not closed and not opened:
            return {}
        ids = [row.revision_id for row in closed]
        left = untallied(self.tallies, (row.metric for row in closed), self.measurements.of_revisions(ids))
        table = self.measurements.closed(ids, rev)
        begin = table.starts[-1]
        table = table.opened(opened)
        return {"measurements": table, "tallies": tallied(left, table, np.arange(begin, begin + len(opened)))}

    def with_goals(self, rows: GoalRows) -> TwinState:
        """The twin after these rows about goals were closed and opened."""
        closed = {r.revision_id for r in (*rows.closed_statements, *rows.closed_relations)}
        gone = {p.key for p in rows.closed_pursuits}
        return replace(
            self,
            goals={**self.goals, **{goal.id: goal for goal in rows.goals}},
            statements=(*_left(self.statements, closed), *rows.statements),
            goal_relations=(*_left(self.goal_relations, closed), *rows.relations),
            pursuits={
                **{key: pursuit for key, pursuit in self.pursuits.items() if key not in gone},
                **{pursuit.key: pursuit for pursuit in rows.pursuits},
            },
        )

    def with_decisions(self, rows: DecisionRows) -> TwinState:
        """The twin after these rows about decisions were closed and opened."""
        closed = {r.revision_id for r in rows.closed_statements}
        gone = {d.key for d in rows.closed_deliberations}
        return replace(
            self,
            decisions={**self.decisions, **{decision.id: decision for decision in rows.decisions}},
            decision_statements=(*_left(self.decision_statements, closed), *rows.statements),
            deliberations={
                **{key: row for key, row in self.deliberations.items() if key not in gone},
                **{row.key: row for row in rows.deliberations},
            },
        )

    def at_commit(
        self, commit: Commit, dropped: Iterable[Holding], holdings: Iterable[Holding], readings: Iterable[Reading]
    ) -> TwinState:
        """The twin once a commit is in force, has dropped some holdings and published others, and these readings."""
        gone = {holding.key for holding in dropped}
        held = {key: each for key, each in self.holdings.items() if key not in gone} if gone else self.holdings
        return replace(
            self,
            rev=commit.rev,
            head_time=commit.head_time,
            last_updated=commit.at,
            definitions=commit.definitions,
            bearings=self.bearings.at(commit.rev),
            measurements=self.measurements.at(commit.rev),
            holdings={**held, **{holding.key: holding for holding in holdings}},
            readings={**self.readings, **{reading.key: reading for reading in readings}},
        )


def _left(rows: tuple[R, ...], closed: set[str]) -> tuple[R, ...]:
    return tuple(row for row in rows if row.revision_id not in closed) if closed else rows


def fresh(id_: str, tenant: str, name: str) -> TwinState:
    """A twin of which nothing is known, at the start of a life of its own: rev 0, which no commit has."""
    return TwinState(
        id_, tenant, name, uuid4().hex, 0, None, None, 0, {}, no_bearings(id_), (), {}, (), no_measurements(id_)
    )
