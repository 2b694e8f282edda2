"""What putting other parameters in force would move: every twin derived under both, before anything is written."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from beliefgraph.model.belief import BeliefKey, probability
from beliefgraph.model.caller import Caller
from beliefgraph.model.parameters import ParameterSet
from beliefgraph.services.cache import read_state
from beliefgraph.services.definition_graph import DefinitionGraph
from beliefgraph.services.definitions import DefinitionBook
from beliefgraph.services.derive import derive
from beliefgraph.services.recheck import every_twin
from beliefgraph.services.state import TwinState
from beliefgraph.store.graph import Graph

MOVED = 0.005
"""The change of a probability from which a belief counts as moved: half a point."""

LISTED = 10
"""Beliefs that are listed, those that move most."""


@dataclass(frozen=True)
class Move:
    """A belief of a twin, and its probability now and then."""

    twin: str
    belief: BeliefKey
    before: float
    after: float

    @property
    def size(self) -> float:
        """By how much it moves."""
        return abs(self.after - self.before)


@dataclass(frozen=True)
class Preview:
    """How many beliefs there are and how many would move, the mean move of all, and those that would move most."""

    beliefs: int
    moved: int
    mean: float
    most: tuple[Move, ...]

    @property
    def greatest(self) -> float:
        """The greatest move."""
        return self.most[0].size if self.most else 0.0


async def preview(
    caller: Caller, graph: Graph, book: DefinitionBook, following: Callable[[ParameterSet], ParameterSet]
) -> Preview:
    """What would move in the twins of the caller's tenant, each at its head time; nothing is written.

    `following` makes of the parameters in force those that would be. Refused to a person's key.
    """
    caller.require("define")
    caller.require_service()
    now = await book.latest(caller.tenant)
    known = now.definitions.parameters or ParameterSet(tenant=caller.tenant)
    then = DefinitionGraph(now.definitions.with_parameters(following(known)))
    beliefs = moved = 0
    total = 0.0
    most: list[Move] = []
    async for twin in every_twin(graph, caller.tenant):
        state = await read_state(graph, twin.id, caller.tenant, twin.name)
        found = await asyncio.to_thread(_moves, state, now, then)
        beliefs += len(found)
        moved += sum(each.size >= MOVED for each in found)
        total += sum(each.size for each in found)
        most = sorted([*most, *found], key=lambda each: (-each.size, each.twin, repr(each.belief)))[:LISTED]
    return Preview(beliefs, moved, total / beliefs if beliefs else 0.0, tuple(each for each in most if each.size > 0))


def _moves(state: TwinState, now: DefinitionGraph, then: DefinitionGraph) -> list[Move]:
    """Every belief of a twin that has a confidence under both."""
    if state.head_time is None:
        return []
    one, other = derive(state, now, state.head_time), derive(state, then, state.head_time)
    later = {key: other.value(position) for position, key in enumerate(other.layout.keys)}
    found = []
    for position, key in enumerate(one.layout.keys):
        before, after = one.value(position), later.get(key)
        if before is not None and after is not None:
            found.append(Move(state.name, key, probability(before), probability(after)))
    return found
