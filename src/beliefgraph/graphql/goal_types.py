"""Output types of goals."""

from __future__ import annotations

from typing import Annotated

import strawberry

from beliefgraph.graphql.connections import connection
from beliefgraph.graphql.context import Request
from beliefgraph.graphql.expose import AttributeField, attribute, expose, field, reading
from beliefgraph.graphql.ids import moment_of, write_id
from beliefgraph.graphql.node import GLOBAL_ID, Node, loaded
from beliefgraph.model import goal


def _related(description: str, kind: goal.GoalLinkKind, *, outgoing: bool | None = None) -> AttributeField:
    """The relations of a goal of a kind, in one direction or in both."""

    def get(row: goal.GoalRow) -> list[goal.RelatedGoal]:
        found = [each for each in loaded(row.related, "relations") if each.kind == kind]
        if outgoing is None:
            return sorted(found, key=lambda each: not each.outgoing)
        return [each for each in found if each.outgoing == outgoing]

    far_end = Annotated["RelatedGoal", strawberry.lazy("beliefgraph.graphql.goal_types")]
    return reading(get, list[far_end], description)


@expose(
    goal.GoalRow,
    within={"state": goal.GoalState, "state.goal": goal.Goal},
    hide={"related", "motives", "explanation", "state.goal.id", "state.goal.twin", "state.apart"},
)
class Goal(Node):
    """A goal at the requested moment."""

    @staticmethod
    def is_type_of(value: object, _info: object) -> bool:
        """Whether a value is shown by this type."""
        return isinstance(value, goal.GoalRow | goal.GoalState)

    @field(None, GLOBAL_ID)
    @staticmethod
    def id(row: strawberry.Parent[goal.GoalRow], info: Request) -> strawberry.ID:  # type: ignore[override]
        found = row.state.goal
        return strawberry.ID(write_id("Goal", info.context.names[found.twin], found.id, moment_of(row.state)))

    parents = _related("Goals that it is part of.", "part_of", outgoing=True)
    parts = _related("Goals that are part of it.", "part_of", outgoing=False)
    depends_on = _related("Goals that must be achieved first.", "depends_on", outgoing=True)
    blocks = _related("Goals that depend on it.", "depends_on", outgoing=False)
    competes_with = _related("Goals that compete with it.", "competes_with")

    @field(
        list[Annotated["GoalMotive", strawberry.lazy("beliefgraph.graphql.goal_types")]],
        "Beliefs that motivate it.",
    )
    @staticmethod
    def motivated_by(row: strawberry.Parent[goal.GoalRow]) -> tuple[goal.GoalMotive, ...]:
        return loaded(row.motives, "motives")

    @field(
        Annotated["MotivationExplanation", strawberry.lazy("beliefgraph.graphql.goal_types")],
        "How its motivation is computed; derived on request, unrounded.",
    )
    @staticmethod
    def explanation(row: strawberry.Parent[goal.GoalRow]) -> goal.MotivationExplanation:
        (found,) = loaded(None if row.explanation is None else (row.explanation,), "explanation")
        return found


@expose(goal.RelatedGoal, hide={"id", "other"})
class RelatedGoal:
    """A relation of a goal, seen from that goal. Its `id` can be passed to the mutation `retract`."""

    @field(None, "Id of the relation as seen from this goal; pass it to `retract`.")
    @staticmethod
    def id(found: strawberry.Parent[goal.RelatedGoal], info: Request) -> strawberry.ID:
        state = found.other.state
        seen = f"{'out' if found.outgoing else 'in'} {moment_of(state)}"
        return strawberry.ID(write_id("Relation", info.context.names[state.goal.twin], found.id, seen))

    goal: Goal = attribute("other", Goal, "The goal at the other end.")  # type: ignore[assignment]


@expose(goal.GoalMotive, hide={"id"})
class GoalMotive:
    """A belief that motivates a goal. Its `id` can be passed to the mutation `retract`."""

    @field(None, "Id of the current revision of the relation: pass it to `retract`.")
    @staticmethod
    def id(found: strawberry.Parent[goal.GoalMotive], info: Request) -> strawberry.ID:
        says = f"{found.weight!r} {found.confidence!r}"
        return strawberry.ID(write_id("Relation", info.context.names[found.belief.twin], found.id, says))


@expose(goal.MotivationReason, hide={"goal"})
class MotivationReason:
    """One reason why a goal matters. The contributions of all reasons sum to the motivation."""

    @field(Goal | None, "The other goal, if a goal is the reason; otherwise null.")
    @staticmethod
    def goal(found: strawberry.Parent[goal.MotivationReason]) -> goal.GoalRow | None:
        return None if found.goal is None else goal.GoalRow(state=found.goal)


@expose(goal.MotivationExplanation, hide={"state", "blocked_by", "pursued_belief"})
class MotivationExplanation:
    """How a motivation is computed from its reasons.

    importance = share * pursued * (1 - product over reasons of (1 - strength)^(1 + urgency)); motivation = importance *
    left, and 0 if the goal is blocked or ended."""

    motivation: float = attribute(
        "state.motivation", float, "Part of the importance that needs work now, in [0, 1], unrounded."
    )  # type: ignore[assignment]
    importance: float = attribute(
        "state.importance", float, "How much the goal is expected to matter, in [0, 1], unrounded."
    )  # type: ignore[assignment]

    @field(list[Goal], "Goals that it is waiting for.")
    @staticmethod
    def blocked_by(found: strawberry.Parent[goal.MotivationExplanation]) -> list[goal.GoalRow]:
        return [goal.GoalRow(state=state) for state in found.blocked_by]


@expose(goal.Pursuit, hide={"twin", "key"})
class Pursuit:
    """What the twin published about a goal, from the rev that changed it to the rev that changed it again."""


@expose(goal.Goal, hide={"id", "twin"})
class PursuedGoal:
    """Key of a goal; query `goal` with it."""

    @field(None, GLOBAL_ID)
    @staticmethod
    def id(found: strawberry.Parent[goal.Goal], info: Request) -> strawberry.ID:
        return strawberry.ID(write_id("Goal", info.context.names[found.twin], found.id))


@expose(goal.GoalChange)
class GoalChange:
    """One goal before and after a commit."""


@expose(goal.GoalStanding)
class GoalStanding:
    """State of a goal: what was stated, and what is derived from it; unrounded."""


@expose(goal.GoalDifference)
class GoalDifference:
    """One goal at two moments, or without and with hypothetical changes; unrounded."""


GoalConnection = connection(Goal, counted=True)

PursuitConnection = connection(Pursuit)
