"""A twin that was told events, without a store: what follows from them and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from beliefgraph.model.arrival import ArrivedEvent
from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.caller import Caller
from beliefgraph.model.event import Event
from beliefgraph.model.identity import belief_id, event_id, twin_id
from beliefgraph.services.commands.drafts import observations
from beliefgraph.services.commits.advance import advance
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.derivation.derive import Derivation, derive
from beliefgraph.services.interpretation.rules import RuleInterpreter
from beliefgraph.services.layer.context import CommandContext
from beliefgraph.services.twin.state import TwinState, fresh

CALLER = Caller(actor="test", tenant="acme", scopes=("read", "write"), purpose="testing")
NOW = datetime(2026, 10, 1, tzinfo=UTC)


def command_context(state: TwinState, graph: DefinitionGraph, event: Event) -> CommandContext:
    """What a decision about an event of this twin is made in."""
    return CommandContext(state, graph, CALLER, ArrivedEvent(event_id(state.id, event.source, event.id), event, "", ""))


def state_after(graph: DefinitionGraph, *batches: Sequence[Event]) -> TwinState:
    """A twin that was told these events, each batch in one commit."""
    state = fresh(twin_id("acme", "lena"), "acme", "lena")
    for batch in batches:
        said = [RuleInterpreter().interpret(event, graph.definitions) for event in batch]
        if batch:
            added = observations(
                (command_context(state, graph, event), each) for event, each in zip(batch, said, strict=True)
            )
            state = advance(state, graph, added, CALLER, NOW).state
    return state


def believed(
    state: TwinState, graph: DefinitionGraph, *also: BeliefKey, at: datetime | None = None
) -> dict[BeliefKey, float]:
    """The log-odds of every belief of the twin, and of those that are asked for."""
    found = followed(state, graph, *also, at=at)
    return dict(zip(found.layout.keys, found.log_odds.tolist(), strict=True))


def followed(state: TwinState, graph: DefinitionGraph, *also: BeliefKey, at: datetime | None = None) -> Derivation:
    """What follows for the twin, at its head if no moment is given."""
    moment = at or state.head_time or NOW
    return derive(state, graph, moment, also=also)


def positions(found: Derivation, keys: Iterable[BeliefKey]) -> list[int]:
    """Where beliefs stand in what was derived."""
    return [found.layout.position[belief_id(found.state.id, key)] for key in keys]
