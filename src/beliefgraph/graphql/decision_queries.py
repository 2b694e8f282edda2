"""The queries about decisions."""

from __future__ import annotations

from typing import Annotated

import strawberry

from beliefgraph.graphql.arguments import At, AtLeastRev, argument, described
from beliefgraph.graphql.context import Request
from beliefgraph.graphql.decision_types import Decision, DecisionCheck, DecisionConnection, DeliberationConnection
from beliefgraph.graphql.expose import answer
from beliefgraph.graphql.inputs import CheckDecision
from beliefgraph.graphql.roots import question
from beliefgraph.graphql.scalars import enum_of
from beliefgraph.model import decision_check
from beliefgraph.model.decision import DecisionStatus
from beliefgraph.model.time import NOW

DECISION = argument(str, "Key of the decision.")


@strawberry.type
class DecisionQueries:
    """The queries about decisions."""

    decision = question(
        Decision,
        "One decision; refused with `unknown-decision` if nothing was stated about it.",
        lambda services: services.decisions.decision,
        key=DECISION,
    )
    decisions = question(
        DecisionConnection,
        "The decisions, most recently opened first.",
        lambda services: services.decisions.decisions,
        matching={"status": argument(list[enum_of(DecisionStatus)] | None, "Statuses to list; default: all.")},  # type: ignore[misc]
        paged=True,
    )
    decision_history = question(
        DeliberationConnection,
        "What was published about a decision, newest first.",
        lambda services: services.decisions.history,
        key=DECISION,
        paged=True,
    )

    @answer(
        DecisionCheck,
        "How well options fit the person's constraints, values, preferences, goals and past decisions.",
    )
    @staticmethod
    async def check_decision(
        info: Request,
        input: Annotated[CheckDecision, described("The options and the context to check them in.")],
        as_of: At = None,
        at_least_rev: AtLeastRev = None,
    ) -> decision_check.DecisionCheck:
        context = info.context
        context.note_twin(input.twin)
        return await context.services_for(input.twin).decision_checks.check(
            context.caller, input, as_of=as_of or NOW, at_least_rev=at_least_rev
        )
