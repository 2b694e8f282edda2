"""What can be asked of decisions."""

from __future__ import annotations

import strawberry

from beliefgraph.graphql.context import Request
from beliefgraph.graphql.decision_types import Decision, DecisionCheck, DecisionConnection, DeliberationConnection
from beliefgraph.graphql.expose import answer
from beliefgraph.graphql.inputs import AsOf, CheckDecision
from beliefgraph.graphql.roots import question
from beliefgraph.graphql.scalars import ENUMS
from beliefgraph.model import decision_check
from beliefgraph.model.decision import DecisionStatus
from beliefgraph.model.time import NOW


@strawberry.type
class DecisionQueries:
    """The questions about decisions."""

    decision = question(
        Decision,
        "One decision; `unknown-decision` if nobody told of it.",
        lambda verbs: verbs.decisions.decision,
        key=str,
    )
    decisions = question(
        DecisionConnection,
        "The decisions, of all statuses or of those named; the one first told of last first.",
        lambda verbs: verbs.decisions.decisions,
        matching={"status": list[ENUMS[DecisionStatus]]},  # type: ignore[valid-type]
        paged=True,
    )
    decision_history = question(
        DeliberationConnection,
        "What was published about a decision, the newest first.",
        lambda verbs: verbs.decisions.history,
        key=str,
        paged=True,
    )

    @answer(DecisionCheck, "How options sit with constraints, values, preferences, goals and past decisions.")
    @staticmethod
    async def check_decision(
        info: Request, input: CheckDecision, as_of: AsOf | None = None, at_least_rev: int | None = None
    ) -> decision_check.DecisionCheck:
        context = info.context
        context.speak_of(input.twin)
        return await context.verbs.decision_checks.check(
            context.caller, input, as_of=as_of or NOW, at_least_rev=at_least_rev
        )
