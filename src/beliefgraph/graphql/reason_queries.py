"""The query about reasons."""

from __future__ import annotations

from typing import Annotated

import strawberry

from beliefgraph.graphql.arguments import At, AtLeastRev, described
from beliefgraph.graphql.context import Request
from beliefgraph.graphql.expose import answer
from beliefgraph.graphql.inputs import Interpret, with_stored_ids
from beliefgraph.graphql.lookahead import Selection
from beliefgraph.graphql.reason_types import RivalReasons
from beliefgraph.model import reasons
from beliefgraph.model.time import NOW


@strawberry.type
class ReasonQueries:
    """The query about reasons."""

    @answer(
        RivalReasons,
        "Why something happened: competing hypotheses for a stored or hypothetical event, or for a metric.",
    )
    @staticmethod
    async def interpret(
        info: Request,
        input: Annotated[Interpret, described("The event or metric to explain.")],
        as_of: At = None,
        at_least_rev: AtLeastRev = None,
    ) -> reasons.RivalReasons:
        context = info.context
        context.note_twin(input.twin)
        return await context.services_for(input.twin).reasons.interpret(
            context.caller,
            with_stored_ids(input),
            as_of=as_of or NOW,
            at_least_rev=at_least_rev,
            explained="explanation" in Selection.of(info).under("occurrences", "hypotheses"),
        )
