"""From what a command adds to its commit: derive, publish, number. Pure; the present time is passed in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from beliefgraph.model.belief import ANYWHERE, Belief, BeliefKey, Holding
from beliefgraph.model.caller import Caller
from beliefgraph.model.commit import Commit
from beliefgraph.model.delta import NOTHING, Delta
from beliefgraph.model.identity import belief_id
from beliefgraph.services.beliefs.personal import personal_ids
from beliefgraph.services.commits.layers import LAYERS
from beliefgraph.services.definitions.describe import describe
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.derivation.derive import Derivation, derive
from beliefgraph.services.layer.additions import Additions
from beliefgraph.services.layer.protocol import Layer, PublishContext
from beliefgraph.services.twin.state import TwinState
from beliefgraph.store.commits import TwinCommit


@dataclass(frozen=True)
class PlannedCommit:
    """A commit ready to be written, the twin after it, and what the layers publish with it."""

    commit: TwinCommit
    state: TwinState
    published: Delta
    layers: Sequence[Layer]

    @cached_property
    def changes(self) -> Mapping[str, tuple[Any, ...]]:
        """The changes in each layer, by its name."""
        return {layer.name: layer.changes(self.state, self.published) for layer in self.layers}

    @property
    def moves(self) -> bool:
        """Whether anything that was published moves."""
        return any(self.changes.values())


def advance(
    state: TwinState,
    graph: DefinitionGraph,
    added: Additions,
    caller: Caller,
    now: datetime,
    layers: Sequence[Layer] = LAYERS,
) -> PlannedCommit:
    """The commit that `added` makes of a twin, derived at its new head time under the definitions of `graph`."""
    commit = Commit.trusted(
        twin=state.id,
        rev=state.rev + 1,
        at=now if state.last_updated is None else max(state.last_updated, now),
        head_time=added.moment if state.head_time is None else max(state.head_time, added.moment),
        actor=caller.actor,
        purpose=caller.purpose,
        cause=added.cause,
        definitions=graph.definitions.number,
    )
    delta = _stored(added.delta) + Delta.of(made=_named(state, graph, added.beliefs))
    after = state.after(delta, commit.rev)
    derivation = derive(after, graph, commit.head_time)
    published, final = publish_layers(state, after, graph, derivation, commit.rev, layers)
    delta += published
    final = final.at_commit(commit)
    return PlannedCommit(
        commit=TwinCommit(
            commit=commit,
            tenant=state.tenant,
            name=state.name,
            life=state.life,
            expected=state.rev,
            open_rows=final.open_rows,
            delta=delta,
            statements={
                row.key: _in_context(final.beliefs[row.key])
                for rows in (published.closed, published.opened)
                for row in rows.of(Holding)
            },
            personal=personal_ids(graph.definitions.personal, final, delta),
        ),
        state=final,
        published=published,
        layers=layers,
    )


def publish_layers(
    before: TwinState,
    after: TwinState,
    graph: DefinitionGraph,
    derivation: Derivation,
    rev: int,
    layers: Sequence[Layer] = LAYERS,
) -> tuple[Delta, TwinState]:
    """What the layers publish one after the other, and the twin with all of it."""
    delta, derived = NOTHING, {}
    for layer in layers:
        published = layer.publish(PublishContext(before, after, graph, derivation, rev))
        delta, after = delta + published.delta, after.after(published.delta)
        derived[layer.name] = published.derived
    return delta, replace(after, derived=derived)


def _stored(delta: Delta) -> Delta:
    """What is added without the evidence that is stored already: that of events received again after withdrawal."""
    known = {id_ for event in delta.events for id_ in event.yielded or ()}
    return replace(delta, evidence=[each for each in delta.evidence if each.id not in known]) if known else delta


def _named(state: TwinState, graph: DefinitionGraph, keys: Iterable[BeliefKey]) -> list[Belief]:
    """The named beliefs that the twin has no record of."""
    ids = {belief_id(state.id, key): key for key in keys}
    return [describe(state.id, id_, key, graph) for id_, key in ids.items() if id_ not in state.beliefs]


def _in_context(belief: Belief) -> str:
    """The statement of a belief, with its context if the statement does not have it already."""
    named = belief.context == ANYWHERE or belief.context in belief.statement
    return belief.statement if named else f"{belief.statement} ({belief.context})"
