"""What stands of all that was said about goals: statements resolved field by field, relations one of each. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from beliefgraph.model.goal import FIELDS, GoalRelation, GoalStatement, GoalStatus
from beliefgraph.model.revision import Revision
from beliefgraph.services.state import TwinState


@dataclass(slots=True)
class StatedGoal:
    """A goal as it was stated, none of it derived; fields that nobody stated are None."""

    title: str | None = None
    status: GoalStatus | None = None
    priority: float | None = None
    progress: float | None = None
    deadline: datetime | None = None


def stated_goals(state: TwinState, at: datetime) -> dict[str, StatedGoal]:
    """The goals that somebody had spoken of by a valid time, by id, each with what stands of it then.

    Field by field the latest statement counts, and before all others the latest that the person made themselves. Of
    two with the same start the larger evidence id counts, so that the order of arrival does not matter.
    """
    found: dict[str, StatedGoal] = {}
    visible = [row for row in state.statements if _valid(row, at)]
    for statement in sorted(visible, key=_rank):
        goal = found.get(statement.goal)
        if goal is None:
            goal = found[statement.goal] = StatedGoal()
        for name in FIELDS:
            value = getattr(statement, name)
            if value is not None:
                setattr(goal, name, value)
    return found


def standing_relations(relations: Iterable[GoalRelation], at: datetime) -> list[GoalRelation]:
    """The relations that hold at a valid time, in the order of their keys; of several rows of one the latest."""
    found: dict[str, GoalRelation] = {}
    for row in relations:
        if _valid(row, at):
            known = found.get(row.key)
            if known is None or (known.valid_from, known.evidence) < (row.valid_from, row.evidence):
                found[row.key] = row
    return [found[key] for key in sorted(found)]


def person_said(state: TwinState, goal: str, field: str, start: datetime, end: datetime | None) -> bool:
    """Whether the person themselves stated a field of a goal somewhere in [start, end)."""
    return any(
        row.goal == goal
        and row.stance == "correction"
        and getattr(row, field) is not None
        and (end is None or row.valid_from < end)
        and (row.valid_to is None or start < row.valid_to)
        for row in state.statements
    )


def _valid(row: Revision, at: datetime) -> bool:
    return row.valid_from <= at and (row.valid_to is None or at < row.valid_to)


def _rank(row: GoalStatement) -> tuple[bool, datetime, str]:
    return row.stance == "correction", row.valid_from, row.evidence
