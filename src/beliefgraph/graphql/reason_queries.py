"""Why something happened, as it is asked."""

from __future__ import annotations

import strawberry

from beliefgraph.graphql.context import Request
from beliefgraph.graphql.expose import answer
from beliefgraph.graphql.inputs import AsOf, Interpret, with_stored_ids
from beliefgraph.graphql.lookahead import Selection
from beliefgraph.graphql.reason_types import RivalReasons
from beliefgraph.model import reasons
from beliefgraph.model.time import NOW


@strawberry.type
class ReasonQueries:
    """Why something happened."""

    @answer(RivalReasons, "Why did it happen? Rival hypotheses for an event, sent or not, or for a metric.")
    @staticmethod
    async def interpret(
        info: Request, input: Interpret, as_of: AsOf | None = None, at_least_rev: int | None = None
    ) -> reasons.RivalReasons:
        context = info.context
        context.speak_of(input.twin)
        return await context.verbs.reasons.interpret(
            context.caller,
            with_stored_ids(input),
            as_of=as_of or NOW,
            at_least_rev=at_least_rev,
            explained="explanation" in Selection.of(info).under("occurrences", "hypotheses"),
        )
