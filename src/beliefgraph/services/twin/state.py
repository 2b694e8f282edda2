"""A twin in memory: everything that its confidences are derived from, as one rev sees it, and what it published."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar
from uuid import uuid4

import numpy as np

from beliefgraph.model.belief import Belief, Holding
from beliefgraph.model.commit import Commit
from beliefgraph.model.decision import Decision, DecisionStatement, Deliberation
from beliefgraph.model.delta import Delta, Records
from beliefgraph.model.evidence import Bearing
from beliefgraph.model.goal import Goal, GoalRelation, GoalStatement, Pursuit
from beliefgraph.model.identity import person_source, source_id
from beliefgraph.model.metric import Measurement, Metric, Reading
from beliefgraph.model.permission import Permission
from beliefgraph.model.record import Record
from beliefgraph.model.relation import BeliefRelation
from beliefgraph.model.revision import Publication, Revision, Statement
from beliefgraph.model.twin import IdentifierLink
from beliefgraph.services.twin.bearings import Bearings, no_bearings
from beliefgraph.services.twin.measurements import Measurements, Tally, no_measurements, tallied, tallies_without

T = TypeVar("T", bound=Record)

RecordsById = Mapping[type[Record], Mapping[str, Record]]

NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True)
class TwinState:
    """One twin at one rev: the rows that the rev sees.

    `made` has its records by type and id; `rows` its open revisions by type: published ones by the record they belong
    to, others by revision id. Bearings and measurements, which can be very many, are columns; `tallies` group the
    measurements by metric.

    `life` distinguishes it from another twin of its name, before or after an erasure, whose revs begin at 1 too.
    `head_time` is None for a twin without commits. `derived` is what layers derived when they last published, by layer
    name, if this process did that.
    """

    id: str
    tenant: str
    name: str
    life: str
    rev: int
    head_time: datetime | None
    last_updated: datetime | None
    definitions: int
    bearings: Bearings
    measurements: Measurements
    made: RecordsById = field(default_factory=dict)
    rows: RecordsById = field(default_factory=dict)
    tallies: Mapping[str, Tally] = field(default_factory=dict)
    derived: Mapping[str, object] = field(default_factory=dict, compare=False)

    def made_of(self, kind: type[T]) -> Mapping[str, T]:
        """The records of a type, by id."""
        return self.made.get(kind, NOTHING)  # type: ignore[return-value]

    def rows_of(self, kind: type[T]) -> Mapping[str, T]:
        """The open revisions of a type, by the record they are published for or by revision id."""
        return self.rows.get(kind, NOTHING)  # type: ignore[return-value]

    @cached_property
    def beliefs(self) -> Mapping[str, Belief]:
        """The beliefs that it has a row for."""
        return self.made_of(Belief)

    @cached_property
    def holdings(self) -> Mapping[str, Holding]:
        """Its published beliefs."""
        return self.rows_of(Holding)

    @cached_property
    def relations(self) -> tuple[BeliefRelation, ...]:
        """The relations between its beliefs: personal ones and those of definitions."""
        return tuple(self.rows_of(BeliefRelation).values())

    @cached_property
    def links(self) -> tuple[IdentifierLink, ...]:
        """The identifiers that lead to it."""
        return tuple(self.rows_of(IdentifierLink).values())

    @property
    def goals(self) -> Mapping[str, Goal]:
        """Its goals."""
        return self.made_of(Goal)

    @cached_property
    def statements(self) -> tuple[GoalStatement, ...]:
        """The statements about its goals."""
        return tuple(self.rows_of(GoalStatement).values())

    @cached_property
    def goal_relations(self) -> tuple[GoalRelation, ...]:
        """The relations of its goals."""
        return tuple(self.rows_of(GoalRelation).values())

    @property
    def pursuits(self) -> Mapping[str, Pursuit]:
        """Its published goals."""
        return self.rows_of(Pursuit)

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """Its metrics."""
        return self.made_of(Metric)

    @property
    def readings(self) -> Mapping[str, Reading]:
        """Its published metrics."""
        return self.rows_of(Reading)

    @property
    def decisions(self) -> Mapping[str, Decision]:
        """Its decisions."""
        return self.made_of(Decision)

    @cached_property
    def decision_statements(self) -> tuple[DecisionStatement, ...]:
        """The statements about its decisions."""
        return tuple(self.rows_of(DecisionStatement).values())

    @property
    def deliberations(self) -> Mapping[str, Deliberation]:
        """Its published decisions."""
        return self.rows_of(Deliberation)

    @property
    def permissions(self) -> tuple[Permission, ...]:
        """The statements about permissions."""
        return tuple(self.rows_of(Permission).values())

    @property
    def open_rows(self) -> int:
        """How many rows the rev sees: stored with its commit, so that an inconsistent read is detected."""
        return len(self.bearings) + len(self.measurements) + sum(map(len, self.rows.values()))

    @cached_property
    def own_source(self) -> str:
        """The id of the person modelled, as a source."""
        return source_id(self.tenant, person_source(self.name))

    def stated_in(self, evidence: Collection[str]) -> Iterator[Statement]:
        """All open rows from these pieces of evidence."""
        yield from self.bearings.records(self.bearings.of_evidence(evidence))
        yield from self.measurements.records(self.measurements.of_evidence(evidence))
        for kind, rows in self.rows.items():
            if issubclass(kind, Statement):
                yield from (row for row in rows.values() if isinstance(row, Statement) and row.evidence in evidence)

    def after(self, delta: Delta, rev: int | None = None) -> TwinState:
        """The twin after these rows were closed and those opened; nothing is derived yet.

        `rev` closes bearings and measurements; without it, they are removed as if they had never existed.
        """
        if not (delta.made or delta.opened or delta.closed):
            return self
        made, rows = dict(self.made), dict(self.rows)
        for kind, records in delta.made.by_type.items():
            made[kind] = {**self.made_of(kind), **{record.id: record for record in records}}  # type: ignore[attr-defined]
        for kind in {**delta.closed.by_type, **delta.opened.by_type}:
            if kind not in (Bearing, Measurement):
                rows[kind] = {
                    **_without(self.rows_of(kind), delta.closed.of(kind)),
                    **{place_of(row): row for row in delta.opened.of(kind)},
                }
        gone = [row.revision_id for row in delta.closed.of(Bearing)]
        return replace(
            self,
            made=made,
            rows=rows,
            bearings=self.bearings.closed(gone, rev).opened(delta.opened.of(Bearing)),
            **self._counted(delta.closed.of(Measurement), delta.opened.of(Measurement), rev),
        )

    def _counted(self, closed: Sequence[Measurement], opened: Sequence[Measurement], rev: int | None) -> dict[str, Any]:
        """The measurements and tallies after some were closed and others opened."""
        if not closed and not opened:
            return {}
        ids = [row.revision_id for row in closed]
        left = tallies_without(self.tallies, (row.metric for row in closed), self.measurements.of_revisions(ids))
        table = self.measurements.closed(ids, rev)
        begin = table.starts[-1]
        table = table.opened(opened)
        return {"measurements": table, "tallies": tallied(left, table, np.arange(begin, begin + len(opened)))}

    def at_commit(self, commit: Commit) -> TwinState:
        """The twin after a commit whose rows it already has."""
        return replace(
            self,
            rev=commit.rev,
            head_time=commit.head_time,
            last_updated=commit.at,
            definitions=commit.definitions,
            bearings=self.bearings.at(commit.rev),
            measurements=self.measurements.at(commit.rev),
        )


def place_of(row: Record) -> str:
    """The key of an open row in a state."""
    if isinstance(row, Publication):
        return row.key
    assert isinstance(row, Revision)
    return row.revision_id


def by_place(records: Records) -> RecordsById:
    """Open revisions in the form of a state."""
    return {kind: {place_of(row): row for row in rows} for kind, rows in records.by_type.items()}


def by_id(records: Records) -> RecordsById:
    """Records in the form of a state."""
    return {kind: {each.id: each for each in rows} for kind, rows in records.by_type.items()}  # type: ignore[attr-defined]


def _without(rows: Mapping[str, T], closed: Sequence[T]) -> Mapping[str, T]:
    gone = {place_of(row) for row in closed}
    return {place: row for place, row in rows.items() if place not in gone} if gone else rows


def fresh(id_: str, tenant: str, name: str) -> TwinState:
    """A twin without any data, at the start of a life of its own: rev 0, which no commit has."""
    return TwinState(id_, tenant, name, uuid4().hex, 0, None, None, 0, no_bearings(id_), no_measurements(id_))
