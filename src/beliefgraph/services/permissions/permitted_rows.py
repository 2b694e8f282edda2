"""The rows of a twin that remain when what is refused is removed. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

import numpy as np

from beliefgraph.model.belief import Belief
from beliefgraph.model.contest import Contested
from beliefgraph.model.decision import Decision, DecisionStatement
from beliefgraph.model.goal import Goal, GoalRelation
from beliefgraph.model.metric import Metric
from beliefgraph.model.record import Record
from beliefgraph.model.relation import BeliefRelation
from beliefgraph.model.revision import Publication, Revision, Statement
from beliefgraph.model.time import moment_of
from beliefgraph.model.timeline import is_remainder
from beliefgraph.services.layer.protocol import Layer
from beliefgraph.services.permissions.hidden import Hidden
from beliefgraph.services.twin.bearings import Bearings
from beliefgraph.services.twin.blocks import among, distinct, packed
from beliefgraph.services.twin.measurements import Measurements
from beliefgraph.services.twin.state import RecordsById, TwinState

T = TypeVar("T", Bearings, Measurements)


def _hidden(state: TwinState, hidden: Hidden, further: Sequence[Layer]) -> frozenset[str]:
    """The records of a twin that are refused, by their ids; there may be very many beliefs."""
    found = [
        *hidden.among_beliefs(state.beliefs),
        *(id_ for id_, each in state.metrics.items() if hidden.metric(each.name)),
        *(id_ for id_, each in state.goals.items() if hidden.goal(each.key)),
        *(id_ for id_, each in state.decisions.items() if hidden.decision(each.key)),
    ]
    for layer in further:
        records = state.made_of(layer.record).items()
        found += [id_ for id_, each in records if hidden.record(layer.name, layer.key_of(each))]
    return frozenset(found)


class PermittedRows:
    """The rows of a twin that remain when what is refused is removed, in all of its layers."""

    def __init__(self, state: TwinState, hidden: Hidden, outside: Collection[str], layers: Sequence[Layer]) -> None:
        self._before, self._hidden = state, hidden
        self._further = [layer for layer in layers if layer.label is not None]
        self._names = _hidden(state, hidden, self._further)
        self._evidence = {*outside, *self._refused_evidence()}

    @property
    def refused(self) -> set[str]:
        """The evidence that is removed."""
        return self._evidence

    @property
    def everything(self) -> bool:
        """Whether nothing is removed."""
        return not (self._names or self._evidence)

    @property
    def state(self) -> TwinState:
        """The twin with the remaining rows, and nothing published."""
        before = self._before
        bearings = self._rows(before.bearings)
        measurements = self._rows(before.measurements)
        rows: RecordsById = {
            kind: self._permitted_rows(kind, rows)
            for kind, rows in before.rows.items()
            if not issubclass(kind, Publication)
        }
        base = replace(before, rows=rows, bearings=bearings, measurements=measurements, derived={})
        latest = max(_latest(base), default=None)
        return replace(base, made=self._made(base), tallies=measurements.tallies(), head_time=latest)

    def with_drawn(self, state: TwinState) -> TwinState:
        """The same with the relations of the definitions between the remaining beliefs."""
        beliefs = state.beliefs
        drawn = {
            place: row
            for place, row in self._before.rows_of(BeliefRelation).items()
            if row.origin == "inferred" and row.source in beliefs and row.target in beliefs
        }
        return replace(state, rows={**state.rows, BeliefRelation: {**state.rows_of(BeliefRelation), **drawn}})

    def closed_times(self, closed: Sequence[Revision]) -> Iterator[datetime]:
        """The valid times of the remaining closed rows, given those besides the columns: head times never decrease."""
        state, refused = self._before, set(self._evidence)
        refused.update(row.evidence for row in closed if isinstance(row, Statement) and self._names_refused(row))
        parts = []
        for table in (state.bearings, state.measurements):
            numbers = table.register.where(lambda heading: heading[0] in self._names)
            for block in table.blocks:
                rows = np.flatnonzero(block.rev_to <= table.rev)
                if len(rows):
                    part = block.take(rows)
                    refused.update(distinct(part.evidence[np.isin(part.heading, numbers)]))
                    parts.append(part)
        for part in parts:
            since = part.valid_from[~among(part.evidence, packed(refused))] if refused else part.valid_from
            if len(since):
                yield moment_of(int(since.max()))
        for row in closed:
            left = row.evidence not in refused if isinstance(row, Statement) else isinstance(row, BeliefRelation)
            if left and self._keeps(row):
                yield from _times(row)

    def _refused_evidence(self) -> Iterator[str]:
        """The evidence that is about something refused."""
        state, names = self._before, self._names
        for table in (state.bearings, state.measurements) if names else ():
            about = table.headed(lambda heading: heading[0] in names)
            if len(about):
                yield from distinct(table.column("evidence", about))
        for kind, rows in state.rows.items():
            if issubclass(kind, Statement):
                for row in rows.values():
                    if isinstance(row, Statement) and self._names_refused(row):
                        yield row.evidence

    def _names_refused(self, row: Statement) -> bool:
        hidden = self._hidden
        if any(id_ in self._names for id_ in row.about):
            return True
        grounds = row.reasons or () if isinstance(row, DecisionStatement) else ()
        return any(
            (ground.goal is not None and hidden.goal(ground.goal))
            or (ground.belief is not None and hidden.named(ground.belief.attribute))
            for ground in grounds
        )

    def _rows(self, table: T) -> T:
        if not self._evidence:
            return table
        gone = packed(self._evidence)
        return table.kept(lambda block: ~among(block.evidence, gone))

    def _permitted_rows(self, kind: type[Record], rows: Mapping[str, Record]) -> Mapping[str, Record]:
        """The remaining rows of a kind, without the relations of definitions."""
        if kind is BeliefRelation:
            rows = {
                place: row
                for place, row in rows.items()
                if isinstance(row, BeliefRelation) and row.origin != "inferred"
            }
        return {place: row for place, row in rows.items() if self._keeps(row)}

    def _keeps(self, row: Record) -> bool:
        if isinstance(row, BeliefRelation):
            return row.source not in self._names and row.target not in self._names
        if isinstance(row, Contested):
            return row.evidence not in self._evidence
        if isinstance(row, Statement):
            return row.evidence not in self._evidence and not any(id_ in self._names for id_ in row.about)
        return True

    def _made(self, base: TwinState) -> RecordsById:
        """The records that the remaining rows are about."""
        about = {heading.belief for heading in base.bearings.headings}
        about |= {heading.metric for heading in base.measurements.headings}
        about |= {end for row in base.relations for end in (row.source, row.target)}
        for rows in base.rows.values():
            about.update(id_ for row in rows.values() if isinstance(row, Statement) for id_ in row.about)
        kinds: list[type[Record]] = [Belief, Metric, Goal, Decision, *(layer.record for layer in self._further)]
        return {kind: {id_: each for id_, each in self._before.made_of(kind).items() if id_ in about} for kind in kinds}


def _latest(state: TwinState) -> Iterator[datetime]:
    """The valid times of a twin's rows, for columns only the latest; the maximum is its head time."""
    for kind, rows in state.rows.items():
        if issubclass(kind, Statement | BeliefRelation):
            for row in rows.values():
                yield from _times(row)
    for table in (state.bearings, state.measurements):
        seen = (block.valid_from[block.seen(table.rev)] for block in table.blocks)
        yield from (moment_of(int(since.max())) for since in seen if len(since))


def _times(row: Record) -> Iterator[datetime]:
    """The valid times of a row: its start, if stated then, and its end, if a command ended it."""
    assert isinstance(row, Revision)
    if not (isinstance(row, BeliefRelation) and is_remainder(row)):
        yield row.valid_from
    if isinstance(row, BeliefRelation | GoalRelation) and row.ended and row.valid_to is not None:
        yield row.valid_to
