"""Reading stored events again, as a mutation."""

from __future__ import annotations

from typing import Annotated

from beliefgraph.graphql.arguments import INPUT, described
from beliefgraph.graphql.context import Request
from beliefgraph.graphql.expose import answer, expose
from beliefgraph.graphql.inputs import asked
from beliefgraph.model import belief, move, reinterpretation
from beliefgraph.model.reinterpretation import Reinterpret

asked(Reinterpret)


@expose(move.BeliefMove, within={"belief": belief.BeliefKey})
class BeliefMove:
    """A belief of a twin whose confidence changes, with the confidence before and after."""


@expose(reinterpretation.Reinterpretation)
class Reinterpretation:
    """What changed by reading stored events again; in a dry run, what would change."""


@answer(
    Reinterpretation,
    "Read stored events again under the definitions in force; changes are commits with the cause `REINTERPRETED`. One "
    "call reads some 2,000 events, a dry run whole twins; call again with `next` as `after` until `next` is null. It "
    "can be repeated safely: evidence that would not change is left as it is. Needs the scope `define`.",
)
async def reinterpret(
    info: Request, input: Annotated[Reinterpret, described(INPUT)]
) -> reinterpretation.Reinterpretation:
    """Read stored events again."""
    context = info.context
    services = context.services.alone if input.twin is None else context.services_for(input.twin)
    return await services.reinterpreter.reinterpret(context.caller, input)
