"""What a commit publishes: beliefs whose rounded log-odds or status moved, and the relations between stored beliefs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from beliefgraph.model.belief import Belief, Holding, Quality, published_error
from beliefgraph.model.commit import BeliefChange
from beliefgraph.model.delta import Delta
from beliefgraph.model.identity import relation_id
from beliefgraph.model.relation import BeliefRelation
from beliefgraph.model.status import Status
from beliefgraph.model.timeline import inferred
from beliefgraph.services.beliefs.observed import EvidenceDraft
from beliefgraph.services.definitions.describe import describe
from beliefgraph.services.derivation.derive import Derivation, own_relations, related
from beliefgraph.services.derivation.grid import on_grid
from beliefgraph.services.layer.protocol import Layer, PublishContext, Published
from beliefgraph.services.twin.state import TwinState


def worth_publishing(state: TwinState, derived: Derivation) -> npt.NDArray[np.bool_]:
    """The positions of beliefs to publish regardless of what was before: with evidence, or away from their prior."""
    layout = derived.layout
    known = np.zeros(len(layout.ids), dtype=np.bool_)
    known[[layout.position[id_] for id_ in related(state, derived.at) if id_ in layout.position]] = True
    known[derived.evidenced] = True
    known[derived.moved] = True
    return known


def holding(
    make: Callable[..., Holding],
    state: TwinState,
    derived: Derivation,
    rev: int,
    definition: str,
    standing: tuple[int, float | None, Status, Quality, float | None],
) -> Holding:
    """The holding of a belief from a derivation (`Derivation.standing`), to be stored or for an answer."""
    position, log_odds, status, quality, error = standing
    return make(
        Holding,
        state.id,
        derived.layout.ids[position],
        derived.at,
        rev,
        definition,
        log_odds=log_odds,
        status=status,
        quality=quality,
        error=published_error(error),
    )


def publish(context: PublishContext) -> Published:
    """The holdings that a commit closes and opens, with new beliefs, and the relations between beliefs.

    A belief is published while it has evidence, a personal relation, or a value that left the prior noticeably; what
    was published before makes no difference to that. A holding is written exactly when the rounded value, the status or
    the quality differs from the current one. A holding that is closed without a successor belongs to a belief that is
    no longer published: back at its prior, or an open value that no evidence names.
    """
    state, graph, derived, rev = context.after, context.graph, context.derivation, context.rev
    layout = derived.layout
    known, rounded = worth_publishing(state, derived), on_grid(derived.log_odds)
    beliefs, closed, dropped, opened = [], [], [], []
    for id_, before in state.holdings.items():
        place = layout.position.get(id_)
        if place is not None and not known[place]:
            if derived.available[place] or place in layout.unnamed:
                dropped.append(before)
            else:
                known[place] = True
    holdings, known_beliefs, refs = state.holdings, state.beliefs, graph.definitions.refs
    for position, log_odds, status, quality, error in derived.standing(np.flatnonzero(known), rounded):
        id_ = layout.ids[position]
        stands = holdings.get(id_)
        if stands and (stands.log_odds, stands.status, stands.quality) == (log_odds, status, quality):
            continue
        key = layout.keys[position]
        if id_ not in known_beliefs:
            beliefs.append(describe(state.id, id_, key, graph))
        if stands:
            closed.append(stands)
        opened.append(
            holding(inferred, state, derived, rev, refs[key.attribute], (position, log_odds, status, quality, error))
        )
    new = {*(state.beliefs.keys() - context.before.beliefs.keys()), *(b.id for b in beliefs)}
    closed_relations, relations = draw(state, derived, new, rev, _redraws(context))
    delta = Delta.of(made=beliefs, opened=(*opened, *relations), closed=(*closed, *dropped, *closed_relations))
    return Published(delta)


def _redraws(context: PublishContext) -> bool:
    """Whether all relations are written again: definitions or personal relations changed, even by time alone."""
    before, graph = context.before, context.graph
    if before.definitions != graph.definitions.number:
        return True
    own = [] if before.head_time is None else own_relations(before, graph, before.head_time)
    return own != own_relations(context.after, graph, context.derivation.at)


def _change(belief: Belief, before: Holding | None, after: Holding | None) -> BeliefChange:
    return BeliefChange(belief=belief, before=before, after=after)


def draw(
    state: TwinState, derived: Derivation, fresh: set[str], rev: int, redraw: bool
) -> tuple[tuple[BeliefRelation, ...], tuple[BeliefRelation, ...]]:
    """The relations of the definitions to close and to open, so that exactly those between stored beliefs exist.

    All are checked when the definitions changed; else only those of new beliefs.
    """
    if not redraw and not fresh:
        return (), ()
    layout = derived.layout
    stored = state.beliefs.keys() | fresh
    new = [layout.position[id_] for id_ in fresh if id_ in layout.position]
    near = layout.edges if redraw else [layout.edges[i] for i in sorted({i for p in new for i in layout.around[p]})]
    wanted: dict[str, BeliefRelation] = {}
    for edge in near:
        source, target = layout.ids[edge.source], layout.ids[edge.target]
        if edge.ref and source in stored and target in stored:
            key = relation_id(source, edge.strength.kind, target)
            wanted[key] = inferred(
                BeliefRelation,
                state.id,
                key,
                derived.at,
                rev,
                edge.ref,
                source=source,
                target=target,
                strength=edge.strength,
                ended=None,
            )
    drawn = [r for r in state.relations if r.origin == "inferred"] if redraw else []
    same = {r.key for r in drawn if r.key in wanted and _says(r) == _says(wanted[r.key])}
    closed = tuple(r for r in drawn if r.key not in same)
    return closed, tuple(r for key, r in wanted.items() if key not in same)


def _says(relation: BeliefRelation) -> tuple[object, str]:
    return relation.strength, relation.definition


BELIEFS = Layer("beliefs", Belief, Holding, _change, publish, EvidenceDraft)
"""The beliefs of a twin."""
