"""What can be asked of decisions."""

from __future__ import annotations

import strawberry

from beliefgraph.graphql import decision_types as types
from beliefgraph.graphql.context import Request
from beliefgraph.graphql.expose import field
from beliefgraph.graphql.inputs import AsOf
from beliefgraph.graphql.scalars import ENUMS
from beliefgraph.model.decision import DecisionState, DecisionStatus, Deliberation
from beliefgraph.model.page import Page
from beliefgraph.model.time import NOW
from beliefgraph.services.paging import DEFAULT_PAGE

DecisionStatuses = ENUMS[DecisionStatus]


@strawberry.type
class DecisionQueries:
    """The questions about decisions."""

    @field(types.Decision, "One decision; `unknown-decision` if nobody told of it.")
    @staticmethod
    async def decision(
        info: Request, twin: str, key: str, as_of: AsOf | None = None, at_least_rev: int | None = None
    ) -> DecisionState:
        context = info.context
        return await context.verbs.decisions.decision(
            context.caller, context.speak_of(twin), key, as_of=as_of or NOW, at_least_rev=at_least_rev
        )

    @field(
        types.DecisionConnection, "The decisions, of all statuses or of those named; the one first told of last first."
    )
    @staticmethod
    async def decisions(
        info: Request,
        twin: str,
        status: list[DecisionStatuses] | None = None,  # type: ignore[valid-type]
        first: int = DEFAULT_PAGE,
        after: str | None = None,
        as_of: AsOf | None = None,
        at_least_rev: int | None = None,
    ) -> Page[DecisionState]:
        context = info.context
        return await context.verbs.decisions.decisions(
            context.caller,
            context.speak_of(twin),
            status,
            first=first,
            after=after,
            as_of=as_of or NOW,
            at_least_rev=at_least_rev,
        )

    @field(types.DeliberationConnection, "What was published about a decision, the newest first.")
    @staticmethod
    async def decision_history(
        info: Request,
        twin: str,
        key: str,
        first: int = DEFAULT_PAGE,
        after: str | None = None,
        as_of: AsOf | None = None,
        at_least_rev: int | None = None,
    ) -> Page[Deliberation]:
        context = info.context
        return await context.verbs.decisions.history(
            context.caller,
            context.speak_of(twin),
            key,
            first=first,
            after=after,
            as_of=as_of or NOW,
            at_least_rev=at_least_rev,
        )
