"""Why something happened, as it is answered."""

from __future__ import annotations

from typing import cast

import strawberry

from beliefgraph.graphql.belief_types import Belief
from beliefgraph.graphql.explanation_types import Explanation
from beliefgraph.graphql.expose import attribute, expose, field
from beliefgraph.model import explanation, question, reasons
from beliefgraph.model.belief import BeliefState

BEFORE = "The probability with all that is known but what is interpreted; null where it is unavailable."


def _belief(state: BeliefState) -> question.BeliefRow:
    return question.BeliefRow.model_construct(state=state, relations=None, evidence=None)


@expose(reasons.Hypothesis, hide={"state"})
class Hypothesis:
    """A belief that may have brought an occurrence about: how sure it is, and how likely that it did."""

    before_confidence: float | None = attribute("before_confidence", float | None, BEFORE)  # type: ignore[assignment]

    @field(Belief, "The belief, as it stands with everything that is known.")
    @staticmethod
    def belief(found: strawberry.Parent[reasons.Hypothesis]) -> question.BeliefRow:
        return _belief(found.state)

    @field(Explanation, "Why it stands there: its evidence with their shares, and the paths by which it came.")
    @staticmethod
    def explanation(found: strawberry.Parent[reasons.Hypothesis]) -> explanation.Explanation:
        return cast("explanation.Explanation", found.explanation)  # `interpret` loads it where it is selected


@expose(reasons.SomethingElse)
class SomethingElse:
    """What nobody stated may have brought it about: how likely that it did, and that it did alone."""


@expose(reasons.Occurrence, hide={"state"})
class Occurrence:
    """What happened, and the hypotheses why, the one that is most likely responsible first."""

    before_confidence: float | None = attribute("before_confidence", float | None, BEFORE)  # type: ignore[assignment]

    @field(Belief, "The belief that it happened, as it stands.")
    @staticmethod
    def belief(found: strawberry.Parent[reasons.Occurrence]) -> question.BeliefRow:
        return _belief(found.state)


@expose(reasons.RivalReasons)
class RivalReasons:
    """The occurrences that an event or a metric speaks of; `nothing` says why there are none."""
