"""A twin in memory: everything its confidences are derived from, as one rev sees it, and what it has published."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, TypeVar
from uuid import uuid4

import numpy as np
import numpy.typing as npt

from beliefgraph.inference import NO_ORIGIN
from beliefgraph.model.belief import Belief, Holding
from beliefgraph.model.commit import Commit
from beliefgraph.model.decision import Decision, DecisionStatement, Deliberation
from beliefgraph.model.evidence import Bearing, Stance
from beliefgraph.model.goal import Goal, GoalRelation, GoalStatement, Pursuit
from beliefgraph.model.identity import person_source, source_id
from beliefgraph.model.metric import Measurement, Metric, Reading
from beliefgraph.model.relation import BeliefRelation
from beliefgraph.model.revision import Revision
from beliefgraph.model.time import microseconds
from beliefgraph.model.twin import IdentifierLink
from beliefgraph.services.metrics.tally import NOTHING, Tally
from beliefgraph.store.commits import DecisionRows, GoalRows

if TYPE_CHECKING:
    from beliefgraph.services.goals.derive import GoalDerivation

R = TypeVar("R", bound=Revision)

STANCES: Mapping[Stance, int] = {"observation": 0, "assertion": 1, "correction": 2, "retraction": 3}
NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Columns:
    """The bearings of a twin as columns of one length, in the order of `bearings`; times in microseconds since 1970.

    `belief` counts in `belief_order`, `source` in `source_order`, and `origin`, what a bearing shares with others, in
    `origin_order`; NO_ORIGIN where it shares nothing.
    """

    belief: npt.NDArray[np.int64]
    source: npt.NDArray[np.int64]
    origin: npt.NDArray[np.int64]
    stance: npt.NDArray[np.int64]
    log_likelihood_ratio: npt.NDArray[np.float64]
    half_life: npt.NDArray[np.float64]
    valid_from: npt.NDArray[np.int64]
    valid_to: npt.NDArray[np.int64]


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
    bearings: tuple[Bearing, ...]
    relations: tuple[BeliefRelation, ...]
    holdings: Mapping[str, Holding]
    links: tuple[IdentifierLink, ...]
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
        measured = sum(len(tally.rows) for tally in self.tallies.values()) + len(self.readings)
        pursued = len(self.statements) + len(self.goal_relations) + len(self.pursuits)
        return beliefs + pursued + measured + len(self.decision_statements) + len(self.deliberations)

    @property
    def measurements(self) -> Iterator[Measurement]:
        """Every event that counts in a metric."""
        return chain.from_iterable(tally.rows for tally in self.tallies.values())

    @cached_property
    def own_source(self) -> str:
        """The id of the person modelled, as a source."""
        return source_id(self.tenant, person_source(self.name))

    @cached_property
    def belief_order(self) -> tuple[str, ...]:
        """The ids of the beliefs that evidence bears on, in the order in which `Columns.belief` numbers them."""
        return tuple(sorted({bearing.belief for bearing in self.bearings}))

    @cached_property
    def source_order(self) -> tuple[str, ...]:
        """The ids of the sources that speak, in the order in which `Columns.source` numbers them."""
        return tuple(dict.fromkeys(bearing.source for bearing in self.bearings))

    @cached_property
    def origin_order(self) -> tuple[str, ...]:
        """The names of the shared origins, in the order in which `Columns.origin` numbers them."""
        return tuple(dict.fromkeys(b.shared_origin for b in self.bearings if b.shared_origin is not None))

    @cached_property
    def columns(self) -> Columns:
        """The bearings as columns."""
        belief_at = {belief: i for i, belief in enumerate(self.belief_order)}
        source_at = {source: i for i, source in enumerate(self.source_order)}
        origin_at: dict[str | None, int] = {origin: i for i, origin in enumerate(self.origin_order)}
        origin_at[None] = NO_ORIGIN
        rows = [
            (
                belief_at[b.belief],
                source_at[b.source],
                origin_at[b.shared_origin],
                STANCES[b.stance],
                microseconds(b.valid_from),
                NEVER if b.valid_to is None else microseconds(b.valid_to),
            )
            for b in self.bearings
        ]
        whole = np.array(rows, dtype=np.int64).reshape(len(rows), 6)
        return Columns(
            belief=whole[:, 0],
            source=whole[:, 1],
            origin=whole[:, 2],
            stance=whole[:, 3],
            log_likelihood_ratio=np.array([b.log_likelihood_ratio for b in self.bearings], dtype=np.float64),
            half_life=np.array([b.half_life or np.inf for b in self.bearings], dtype=np.float64),
            valid_from=whole[:, 4],
            valid_to=whole[:, 5],
        )

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
    ) -> TwinState:
        """The twin after these rows were closed and those opened; nothing is derived yet."""
        gone = {row.revision_id for row in closed_bearings}
        ended = {row.revision_id for row in closed_relations}
        kept = tuple(b for b in self.bearings if b.revision_id not in gone) if gone else self.bearings
        held = tuple(r for r in self.relations if r.revision_id not in ended) if ended else self.relations
        return replace(
            self,
            beliefs={**self.beliefs, **{belief.id: belief for belief in beliefs}},
            bearings=(*kept, *bearings),
            relations=(*held, *relations),
            links=(*(link for link in self.links if link not in closed_links), *links),
            metrics={**self.metrics, **{metric.id: metric for metric in metrics}},
            tallies=tallied(self.tallies, closed_measurements, measurements),
        )

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

    def at_commit(self, commit: Commit, holdings: Iterable[Holding], readings: Iterable[Reading]) -> TwinState:
        """The twin once a commit is in force and has published these holdings and readings."""
        return replace(
            self,
            rev=commit.rev,
            head_time=commit.head_time,
            last_updated=commit.at,
            definitions=commit.definitions,
            holdings={**self.holdings, **{holding.key: holding for holding in holdings}},
            readings={**self.readings, **{reading.key: reading for reading in readings}},
        )


def _left(rows: tuple[R, ...], closed: set[str]) -> tuple[R, ...]:
    return tuple(row for row in rows if row.revision_id not in closed) if closed else rows


def fresh(id_: str, tenant: str, name: str) -> TwinState:
    """A twin of which nothing is known, at the start of a life of its own: rev 0, which no commit has."""
    return TwinState(id_, tenant, name, uuid4().hex, 0, None, None, 0, {}, (), (), {}, ())


def tallied(
    known: Mapping[str, Tally], closed: Iterable[Measurement], opened: Iterable[Measurement]
) -> Mapping[str, Tally]:
    """The tallies after these measurements were closed and those opened; the metrics they leave alone are the same."""
    gone: dict[str, set[str]] = {}
    for row in closed:
        gone.setdefault(row.metric, set()).add(row.revision_id)
    new: dict[str, list[Measurement]] = {}
    for row in opened:
        new.setdefault(row.metric, []).append(row)
    touched = {
        metric: known.get(metric, NOTHING).with_rows(new.get(metric, ()), gone.get(metric, ()))
        for metric in gone.keys() | new.keys()
    }
    return {**known, **touched} if touched else known
