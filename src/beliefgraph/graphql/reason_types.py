"""Output types of reasons."""

from __future__ import annotations

from typing import cast

import strawberry

from beliefgraph.graphql.belief_types import Belief
from beliefgraph.graphql.explanation_types import Explanation
from beliefgraph.graphql.expose import attribute, expose, field
from beliefgraph.model import explanation, question, reasons
from beliefgraph.model.belief import BeliefState

BEFORE = "Probability given everything except what is interpreted, in [0, 1]; null if unavailable."


def _belief(state: BeliefState) -> question.BeliefRow:
    return question.BeliefRow.model_construct(state=state, relations=None, evidence=None)


@expose(reasons.Hypothesis, hide={"state"})
class Hypothesis:
    """A possible cause of an occurrence: a belief, given everything that is known."""

    before_confidence: float | None = attribute("before_confidence", float | None, BEFORE)  # type: ignore[assignment]

    @field(Belief, "The belief, given everything that is known.")
    @staticmethod
    def belief(found: strawberry.Parent[reasons.Hypothesis]) -> question.BeliefRow:
        return _belief(found.state)

    @field(Explanation, "Explanation of the belief: the contribution of each piece of evidence.")
    @staticmethod
    def explanation(found: strawberry.Parent[reasons.Hypothesis]) -> explanation.Explanation:
        return cast("explanation.Explanation", found.explanation)  # `interpret` loads it if it is selected


@expose(reasons.SomethingElse)
class SomethingElse:
    """An unstated cause of an occurrence."""


@expose(reasons.Occurrence, hide={"state"})
class Occurrence:
    """Something that happened, with the hypotheses about why.

    Several may have caused it together, so their responsibilities may sum to more than its confidence.
    """

    before_confidence: float | None = attribute("before_confidence", float | None, BEFORE)  # type: ignore[assignment]

    @field(Belief, "The belief that it happened.")
    @staticmethod
    def belief(found: strawberry.Parent[reasons.Occurrence]) -> question.BeliefRow:
        return _belief(found.state)


@expose(reasons.RivalReasons)
class RivalReasons:
    """What happened according to an event or a metric, with the hypotheses about why."""
