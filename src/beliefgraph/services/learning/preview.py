"""What would move if other parameters were in force: every twin is derived under both; nothing is written."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from beliefgraph.model.belief import probability
from beliefgraph.model.caller import Caller
from beliefgraph.model.move import MOVED, BeliefMove, greatest
from beliefgraph.model.parameters import ParameterSet
from beliefgraph.services.commits.recheck import every_twin
from beliefgraph.services.definitions.book import DefinitionBook
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.derivation.derive import Derivation, derive
from beliefgraph.services.permissions.usable import Usable
from beliefgraph.services.twin.load import every_state
from beliefgraph.services.twin.state import TwinState
from beliefgraph.store.graph import Graph


@dataclass(frozen=True)
class Preview:
    """The number of beliefs, how many would move, the mean move of all, and the largest moves."""

    beliefs: int
    moved: int
    mean: float
    most: tuple[BeliefMove, ...]

    @property
    def greatest(self) -> float:
        """The greatest move."""
        return self.most[0].size if self.most else 0.0


async def preview(
    caller: Caller,
    graph: Graph,
    book: DefinitionBook,
    following: Callable[[ParameterSet], ParameterSet],
    usable: Usable | None = None,
) -> Preview:
    """What would move in the twins of the caller's tenant, each at its head time; nothing is written.

    `following` maps the parameters in force to the new ones. Refused to a person's key.
    """
    caller.require("define")
    caller.require_service()
    now = await book.latest(caller.tenant)
    known = now.definitions.parameters or ParameterSet(tenant=caller.tenant)
    then = DefinitionGraph(now.definitions.with_parameters(following(known)))
    beliefs = moved = 0
    total = 0.0
    most: tuple[BeliefMove, ...] = ()
    twins = every_twin(graph, caller.tenant)
    async for state in every_state(graph, caller.tenant, usable.of(twins) if usable else twins):
        found = await asyncio.to_thread(_moves, state, now, then)
        beliefs += len(found)
        moved += sum(each.size >= MOVED for each in found)
        total += sum(each.size for each in found)
        most = greatest((*most, *found))
    return Preview(beliefs, moved, total / beliefs if beliefs else 0.0, most)


def _moves(state: TwinState, now: DefinitionGraph, then: DefinitionGraph) -> list[BeliefMove]:
    if state.head_time is None:
        return []
    after = derive(state, then, state.head_time)
    return between(state.name, derive(state, now, state.head_time, also=after.layout.keys), after)


def between(twin: str, before: Derivation, after: Derivation) -> list[BeliefMove]:
    """The move of every belief of a twin that has a confidence under both."""
    later = {key: after.value(position) for position, key in enumerate(after.layout.keys)}
    found = []
    for position, key in enumerate(before.layout.keys):
        was, is_ = before.value(position), later.get(key)
        if was is not None and is_ is not None:
            found.append(BeliefMove(twin=twin, belief=key, before=probability(was), after=probability(is_)))
    return found
