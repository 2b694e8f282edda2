"""What can be followed."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated

import strawberry

from beliefgraph.graphql.arguments import TwinName, told
from beliefgraph.graphql.change_types import Change
from beliefgraph.graphql.context import Request
from beliefgraph.model import commit


@strawberry.type(description="What is sent as it happens, over a WebSocket (graphql-transport-ws).")
class Subscription:
    """The root of all that can be followed."""

    @strawberry.subscription(  # type: ignore[untyped-decorator]
        graphql_type=Change,
        description="Every change of a twin after a rev, in order, each once; from now on if `afterRev` is left out.",
    )
    @staticmethod
    async def changes(
        info: Request,
        twin: TwinName,
        after_rev: Annotated[int | None, told("Rev after which the changes begin; left out: from now on.")] = None,
    ) -> AsyncGenerator[commit.Change, None]:
        context = info.context
        followed = context.verbs.changes.subscribe(context.caller, context.speak_of(twin), after_rev)
        async for change in followed:
            # A key that was revoked since hears no more.
            await context.verbs.callers.authenticate(context.secret, context.purpose, context.request_id)
            yield change
