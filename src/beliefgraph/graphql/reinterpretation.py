"""Reading stored events again, as a mutation."""

from __future__ import annotations

from typing import Annotated

from beliefgraph.graphql.arguments import INPUT, told
from beliefgraph.graphql.context import Request
from beliefgraph.graphql.expose import answer, expose
from beliefgraph.graphql.inputs import asked
from beliefgraph.model import belief, move, reinterpretation
from beliefgraph.model.reinterpretation import Reinterpret

asked(Reinterpret)


@expose(move.BeliefMove, within={"belief": belief.BeliefKey})
class BeliefMove:
    """A belief of a twin that moves, with its confidence before and after."""


@expose(reinterpretation.Reinterpretation)
class Reinterpretation:
    """What reading stored events again changed, or in a dry run would change."""


@answer(
    Reinterpretation,
    "Read stored events again under the definitions in force, as commits with the cause `REINTERPRETED`. One call "
    "reads some 2,000 events, a dry run whole twins; call again with `next` as `after` until that is null. It can be "
    "sent again at any time: what says the same stays as it is. Needs the scope `define`.",
)
async def reinterpret(info: Request, input: Annotated[Reinterpret, told(INPUT)]) -> reinterpretation.Reinterpretation:
    """Read stored events again."""
    context = info.context
    verbs = context.verbs.alone if input.twin is None else context.verbs_for(input.twin)
    return await verbs.reinterpreter.reinterpret(context.caller, input)
