"""The query for who accessed a twin."""

from __future__ import annotations

from typing import Annotated

import strawberry

from beliefgraph.graphql.arguments import TwinName, described
from beliefgraph.graphql.context import Request
from beliefgraph.graphql.expose import answer, expose
from beliefgraph.model import access
from beliefgraph.services.access.accesses import MOST


@expose(access.Access)
class Access:
    """One call that read a twin, or was refused."""


@strawberry.type
class AccessQueries:
    """The query about accesses."""

    @answer(
        list[Access],
        "Who read a twin, when and for what purpose, and who was refused, newest first. Needs the person's own key or "
        "the scope `audit`.",
    )
    @staticmethod
    async def accesses(
        info: Request,
        twin: TwinName,
        first: Annotated[int, described(f"Number of entries, at most {MOST:,}.")] = 100,
    ) -> list[access.Access]:
        context = info.context
        caller = context.caller.asking(info.field_name)
        return await context.services.accesses.accesses(caller, context.note_twin(twin), first=max(first, 0))
