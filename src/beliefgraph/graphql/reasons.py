"""Why something happened: the question `interpret`, and its answer as output types."""

from __future__ import annotations

from typing import cast

import strawberry

from beliefgraph.graphql.belief_types import Belief
from beliefgraph.graphql.context import Request
from beliefgraph.graphql.explanation_types import Explanation
from beliefgraph.graphql.expose import attribute, expose, field
from beliefgraph.graphql.inputs import AsOf, Interpret
from beliefgraph.graphql.lookahead import Selection
from beliefgraph.model import explanation, question, reasons
from beliefgraph.model.belief import BeliefState
from beliefgraph.model.time import NOW

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


@strawberry.type
class ReasonQueries:
    """Why something happened."""

    @field(RivalReasons, "Why did it happen? Rival hypotheses for an event, sent or not, or for a metric.")
    @staticmethod
    async def interpret(
        info: Request, input: Interpret, as_of: AsOf | None = None, at_least_rev: int | None = None
    ) -> reasons.RivalReasons:
        context = info.context
        context.speak_of(input.twin)
        return await context.verbs.reasons.interpret(
            context.caller,
            input,
            as_of=as_of or NOW,
            at_least_rev=at_least_rev,
            explained="explanation" in Selection.of(info).under("occurrences", "hypotheses"),
        )
