"""The subscriptions."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated

import strawberry

from beliefgraph.graphql.arguments import TwinName, described
from beliefgraph.graphql.change_types import Change
from beliefgraph.graphql.context import Request
from beliefgraph.model import commit


@strawberry.type(description="Subscriptions, over a WebSocket with the protocol graphql-transport-ws.")
class Subscription:
    """The subscriptions."""

    @strawberry.subscription(  # type: ignore[untyped-decorator]
        graphql_type=Change,
        description="The commits of a twin as they happen, in order, each exactly once, with what it changed.",
    )
    @staticmethod
    async def changes(
        info: Request,
        twin: TwinName,
        after_rev: Annotated[
            int | None, described("Rev after which the changes begin; default: only changes from now on.")
        ] = None,
    ) -> AsyncGenerator[commit.Change, None]:
        context = info.context
        followed = context.services_for(twin).changes.subscribe(context.caller, context.note_twin(twin), after_rev)
        async for change in followed:
            # A key that was revoked in the meantime receives nothing more.
            await context.services.callers.authenticate(context.secret, context.purpose, context.request_id)
            yield change
