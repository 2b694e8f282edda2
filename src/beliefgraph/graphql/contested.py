"""The number of pieces of evidence on a belief that the person contests."""

from __future__ import annotations

from beliefgraph.graphql.context import Context
from beliefgraph.services.beliefs.contests import ContestedBeliefs

COUNTED = "Number of pieces of evidence on it that the person contests; they still count."


async def contested(
    context: Context, twin: str, belief: str, *, rev: int | None = None, before: int | None = None
) -> int:
    """The number of pieces of contested evidence on a belief at a rev, or before another rev.

    A twin is read once, even if several of its beliefs are requested at the same time.
    """
    name = context.names[twin]
    found: ContestedBeliefs = await context.reading.join(
        ("contested", twin, rev), lambda: context.services_for(name).questions.contested(context.caller, name, rev)
    )
    return found.on(belief, before)
