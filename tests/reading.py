"""Reading a twin past every cache, and deriving from what was read."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import datetime

import pytest

from beliefgraph.errors import BeliefgraphError
from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.identity import belief_id, twin_id
from beliefgraph.model.revision import Revision
from beliefgraph.services.derivation.derive import Derivation, derive
from beliefgraph.services.twin.load import read_state
from beliefgraph.services.twin.state import TwinState
from tests.world import START, World, key


def id_of(world: World, twin: str = "lena") -> str:
    """The id of a twin of this world."""
    return twin_id(world.caller.tenant, twin)


async def stored(world: World, twin: str = "lena", rev: int | None = None) -> TwinState:
    """The twin as the store has it at a rev."""
    return await read_state(world.graph, id_of(world, twin), world.caller.tenant, twin, rev)


async def derived(world: World, state: TwinState, at: datetime | None = None) -> Derivation:
    """What a twin believes at a valid time, by the definitions its rev was derived under."""
    graph = await world.book.numbered(world.caller.tenant, state.definitions)
    return derive(state, graph, at or state.head_time or START, also=graph_keys(state, list(graph.component_of)))


def graph_keys(state: TwinState, attributes: list[str]) -> list[BeliefKey]:
    """Every attribute as a belief about the person, and every belief of the twin."""
    return [*(key(name) for name in attributes), *(belief.belief_key for belief in state.beliefs.values())]


async def log_odds(
    world: World, attribute: str, *, twin: str = "lena", at: datetime | None = None, rev: int | None = None
) -> float:
    """The unrounded log-odds of a belief at a moment."""
    state = await stored(world, twin, rev)
    found = await derived(world, state, at)
    return float(found.log_odds[position(found, state, key(attribute))])


def position(found: Derivation, state: TwinState, of: BeliefKey) -> int:
    """Where a belief stands in what was derived."""
    return found.layout.position[belief_id(state.id, of)]


def everything(found: Derivation) -> dict[BeliefKey, tuple[bytes, str]]:
    """Every belief's log-odds to the last bit, with its status."""
    return {
        of: (found.log_odds[i].tobytes(), found.status(i, found.value(i))) for i, of in enumerate(found.layout.keys)
    }


def alike(one: Derivation, other: Derivation) -> bool:
    """Whether two twins believe the same to the last bit, of all that both know of."""
    a, b = everything(one), everything(other)
    own = {of for of in a if of.subject == "self"}
    return bool(own) and own <= b.keys() and all(a[of] == b[of] for of in a.keys() & b.keys())


async def refusal(asked: Awaitable[object]) -> str:
    """The code with which something is refused."""
    with pytest.raises(BeliefgraphError) as refused:
        await asked
    return refused.value.code


def held(state: TwinState, attribute: str, **more: str) -> float | None:
    """The log-odds that the twin published of a belief; None where it publishes nothing of it."""
    holding = state.holdings.get(belief_id(state.id, key(attribute, **more)))
    return None if holding is None else holding.log_odds


def status(state: TwinState, attribute: str) -> str:
    """The status the twin published for a belief."""
    of = key(attribute)
    return state.holdings[belief_id(state.id, of)].status


def rows(state: TwinState) -> tuple[object, ...]:
    """All that a twin is, whatever the order its rows were read in."""
    revisions: set[Revision] = {*state.bearings, *state.relations, *state.links, *state.holdings.values()}
    revisions |= {*state.measurements, *state.readings.values()}
    return state.rev, state.life, state.head_time, state.definitions, revisions
