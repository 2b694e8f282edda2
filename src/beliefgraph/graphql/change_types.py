"""What moved, as it is answered: by a commit, by a command, between two moments."""

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
"""What moved, with the types of other modules that its fields are shown by."""


@expose(commits.BeliefChange)
class BeliefChange:
    """One belief before and after a commit; `before` is null where it was not held."""


@expose(commits.Change, within={"commit": commits.Commit}, hide={"commit.twin"})
class Change:
    """One commit of a twin, and all that it moved. Resume after its `rev`."""

    @field(None, "The name of the twin.")
    @staticmethod
    def twin(change: strawberry.Parent[commits.Change], info: Request) -> str:
        return info.context.names[change.commit.twin]


@expose(commits.BeliefDifference)
class BeliefDifference:
    """One belief at two moments. `before` and `after` are log-odds, unrounded."""

    @field(None, "The probability before.")
    @staticmethod
    def before_confidence(found: strawberry.Parent[commits.BeliefDifference]) -> float | None:
        return confidence(found.before)

    @field(None, "The probability after.")
    @staticmethod
    def after_confidence(found: strawberry.Parent[commits.BeliefDifference]) -> float | None:
        return confidence(found.after)


@strawberry.type(description="What differs, the biggest move first; `rev` and `validTime` are those of the later side.")
class Comparison:
    """The answer to `compare` and `whatIf`."""

    rev: int = attribute("rev", ReadRev)  # type: ignore[assignment]
    valid_time: datetime = attribute("valid_time", ReadTime)  # type: ignore[assignment]
    beliefs: list[BeliefDifference] = attribute(  # type: ignore[assignment]
        "value.beliefs", list[BeliefDifference], commits.Comparison.model_fields["beliefs"].description
    )
    goals: list[GoalDifference] = attribute(  # type: ignore[assignment]
        "value.goals", list[GoalDifference], commits.Comparison.model_fields["goals"].description
    )


@expose(receipt.Receipt)
class Receipt:
    """What became of a command or an event: where the twin is now, and what moved."""
