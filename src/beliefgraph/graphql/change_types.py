"""Output types of changes: by a commit, by a command, between two moments."""

from __future__ import annotations

from datetime import datetime

import strawberry

from beliefgraph.graphql.belief_types import Holding, Proposition
from beliefgraph.graphql.context import Request
from beliefgraph.graphql.decision_types import DecisionChange
from beliefgraph.graphql.expose import attribute, expose, field
from beliefgraph.graphql.goal_types import GoalChange, GoalDifference
from beliefgraph.graphql.metric_types import MetricChange
from beliefgraph.graphql.node import confidence
from beliefgraph.model import commit as commits
from beliefgraph.model import receipt
from beliefgraph.model.time import ReadRev, ReadTime

__all__ = [
    "BeliefChange",
    "BeliefDifference",
    "Change",
    "Comparison",
    "DecisionChange",
    "GoalChange",
    "GoalDifference",
    "Holding",
    "MetricChange",
    "Proposition",
    "Receipt",
]
"""The types of changes, with those of other modules that they refer to."""


@expose(commits.BeliefChange)
class BeliefChange:
    """One belief before and after a commit."""


@expose(commits.Change, within={"commit": commits.Commit}, hide={"commit.twin", "layers"})
class Change:
    """One commit of a twin with everything it changed. Resume a subscription after its `rev`."""

    @field(None, "Name of the twin.")
    @staticmethod
    def twin(change: strawberry.Parent[commits.Change], info: Request) -> str:
        return info.context.names[change.commit.twin]


@expose(commits.BeliefDifference)
class BeliefDifference:
    """One belief at two moments, unrounded."""

    @field(None, "Probability at the first moment, in [0, 1]; null if unavailable.")
    @staticmethod
    def before_confidence(found: strawberry.Parent[commits.BeliefDifference]) -> float | None:
        return confidence(found.before)

    @field(None, "Probability at the second moment, in [0, 1]; null if unavailable.")
    @staticmethod
    def after_confidence(found: strawberry.Parent[commits.BeliefDifference]) -> float | None:
        return confidence(found.after)


@strawberry.type(description="What differs between two moments. `rev` and `validTime` are those of the second one.")
class Comparison:
    """The result of `compare` and `whatIf`."""

    rev: int = attribute("rev", ReadRev)  # type: ignore[assignment]
    valid_time: datetime = attribute("valid_time", ReadTime)  # type: ignore[assignment]
    beliefs: list[BeliefDifference] = attribute(  # type: ignore[assignment]
        "value.beliefs", list[BeliefDifference], commits.Comparison.model_fields["beliefs"].description
    )
    goals: list[GoalDifference] = attribute(  # type: ignore[assignment]
        "value.goals", list[GoalDifference], commits.Comparison.model_fields["goals"].description
    )


@expose(receipt.Receipt, hide={"layers"})
class Receipt:
    """Result of a command or an event: the rev of the twin after it, and what changed."""
