"""Statements about goals resolved at a moment: field by field, and one relation of each key. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
import numpy.typing as npt

from beliefgraph.inference.goals import GoalGraph
from beliefgraph.model.goal import FIELDS, GoalRelation, GoalStatement, GoalStatus
from beliefgraph.model.timeline import lateness
from beliefgraph.services.twin.state import TwinState


@dataclass(slots=True)
class StatedGoal:
    """The stated fields of a goal; None where one was not stated."""

    title: str | None = None
    status: GoalStatus | None = None
    priority: float | None = None
    progress: float | None = None
    deadline: datetime | None = None


@dataclass(frozen=True)
class ResolvedGoals:
    """Statements and relations as resolved at a moment; the result holds `until` another.

    `stated` has every goal with a statement, by id. The `structure` has the relations whose two ends are stated, in the
    order of their keys.
    """

    statements: tuple[GoalStatement, ...]
    relations: tuple[GoalRelation, ...]
    at: datetime
    until: datetime | None
    stated: Mapping[str, StatedGoal]
    structure: Structure


@dataclass(frozen=True)
class Structure:
    """The relations between goals by kind; the edges of `graph` are in the same order."""

    ids: tuple[str, ...]
    parts: Sequence[GoalRelation]
    needs: Sequence[GoalRelation]
    rivals: Sequence[GoalRelation]
    motives: Sequence[GoalRelation]

    @cached_property
    def place(self) -> Mapping[str, int]:
        """Index of every goal in the order of the ids."""
        return {id_: i for i, id_ in enumerate(self.ids)}

    @cached_property
    def graph(self) -> GoalGraph:
        """The relations as arrays."""
        return GoalGraph(
            goals=len(self.ids),
            whole=self._places(row.target for row in self.parts),
            part=self._places(row.source for row in self.parts),
            part_weight=_weights(self.parts),
            waiting=self._places(row.source for row in self.needs),
            needed=self._places(row.target for row in self.needs),
            need_weight=_weights(self.needs),
            rival=self._places(row.source for row in self.rivals),
            other=self._places(row.target for row in self.rivals),
            rival_weight=_weights(self.rivals),
        )

    def _places(self, ids: Iterable[str]) -> npt.NDArray[np.int64]:
        return np.fromiter(map(self.place.__getitem__, ids), dtype=np.int64)


def resolve(state: TwinState, at: datetime, before: ResolvedGoals | None = None) -> ResolvedGoals:
    """A twin's statements and relations about goals as they hold at a valid time.

    For each field the statement with the latest valid time wins, the person's own before all others; for each relation
    likewise, as a whole (`lateness`). Ties are broken by the evidence id, so the order of arrival does not matter. What
    still holds in `before`, the resolution at an earlier rev, is reused.
    """
    statements, relations = state.statements, state.goal_relations
    if before is None or not _still_stands(before, relations, at):
        return _resolved(state, at)
    known = len(before.statements)
    if statements[:known] != before.statements:
        return _resolved(state, at)
    new = [row for row in statements[known:] if _valid(row, at)]
    touched = {row.goal for row in new}
    if not touched <= before.stated.keys():
        return _resolved(state, at)
    rows = [row for row in statements if row.goal in touched and _valid(row, at)] if touched else []
    until = _soonest(before.until, *(_until(row, at) for row in statements[known:]))
    return ResolvedGoals(statements, relations, at, until, {**before.stated, **_stated(rows)}, before.structure)


def stated_goals(state: TwinState, at: datetime, goals: Collection[str]) -> Mapping[str, StatedGoal]:
    """The stated fields of those of these goals that have a statement at a valid time, by id."""
    return _stated([row for row in state.statements if row.goal in goals and _valid(row, at)]) if goals else {}


def _still_stands(before: ResolvedGoals, relations: tuple[GoalRelation, ...], at: datetime) -> bool:
    return before.relations == relations and before.at <= at and (before.until is None or at < before.until)


def _resolved(state: TwinState, at: datetime) -> ResolvedGoals:
    statements, relations = state.statements, state.goal_relations
    stated = _stated([row for row in statements if _valid(row, at)])
    standing: dict[str, GoalRelation] = {}
    for row in relations:
        if _valid(row, at):
            known = standing.get(row.key)
            if known is None or _force(known, state) < _force(row, state):
                standing[row.key] = row
    by_kind: dict[str, list[GoalRelation]] = {"part_of": [], "depends_on": [], "competes_with": [], "motivates": []}
    for _, row in sorted(standing.items()):
        if row.target in stated and (row.source in stated or row.kind == "motivates"):
            by_kind[row.kind].append(row)
    ends = [*(_until(row, at) for row in statements), *(_until(row, at) for row in relations)]
    structure = Structure(tuple(sorted(stated)), *by_kind.values())
    return ResolvedGoals(statements, relations, at, _soonest(*ends), stated, structure)


def _stated(rows: Sequence[GoalStatement]) -> dict[str, StatedGoal]:
    """The goals that some rows, all valid, are about."""
    by_goal: dict[str, list[GoalStatement]] = {}
    for row in rows:
        by_goal.setdefault(row.goal, []).append(row)
    return {goal: _field_by_field(statements) for goal, statements in by_goal.items()}


def _field_by_field(rows: list[GoalStatement]) -> StatedGoal:
    last, *earlier = rows if len(rows) == 1 else sorted(rows, key=_rank, reverse=True)
    found = StatedGoal(last.title, last.status, last.priority, last.progress, last.deadline)
    for row in earlier:
        for name in FIELDS:
            if getattr(found, name) is None:
                setattr(found, name, getattr(row, name))
    return found


def _force(row: GoalRelation, state: TwinState) -> tuple[bool, tuple[datetime, int], str]:
    return _own(row, state), lateness(row), row.evidence


def _own(row: GoalRelation, state: TwinState) -> bool:
    """Whether the person stated it with their own key; an event that names them as its source does not count."""
    return row.origin == "provided" and row.speaker == state.own_source


def stated_by_person(state: TwinState, goal: str, field: str, start: datetime, end: datetime | None) -> bool:
    """Whether the person stated a field of a goal themselves, valid somewhere in [start, end)."""
    return any(
        row.goal == goal
        and row.stance == "correction"
        and getattr(row, field) is not None
        and (end is None or row.valid_from < end)
        and (row.valid_to is None or start < row.valid_to)
        for row in state.statements
    )


def person_related(state: TwinState, relations: Iterable[GoalRelation]) -> bool:
    """Whether the person stated any of these relations themselves, for an overlapping validity."""
    own = [row for row in state.goal_relations if _own(row, state)]
    return any(row.key == known.key and row.valid.overlaps(known.valid) for row in relations for known in own)


def _valid(row: GoalStatement | GoalRelation, at: datetime) -> bool:
    return row.valid_from <= at and (row.valid_to is None or at < row.valid_to)


def _until(row: GoalStatement | GoalRelation, at: datetime) -> datetime | None:
    """The next moment after `at` at which a row becomes valid or ends; None if there is none."""
    return row.valid_from if row.valid_from > at else row.valid_to if row.valid_to and row.valid_to > at else None


def _soonest(*moments: datetime | None) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)


def _rank(row: GoalStatement) -> tuple[bool, tuple[datetime, int], str]:
    return row.stance == "correction", lateness(row), row.evidence


def _weights(rows: Sequence[GoalRelation]) -> npt.NDArray[np.float64]:
    return np.array([row.weight for row in rows], dtype=np.float64)
