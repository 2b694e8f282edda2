"""What a commit publishes: the beliefs whose rounded log-odds or status moved, and the relations drawn between them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from beliefgraph.model.belief import Belief, Holding, published_error
from beliefgraph.model.identity import relation_id
from beliefgraph.model.metric import Reading
from beliefgraph.model.relation import BeliefRelation
from beliefgraph.model.timeline import inferred
from beliefgraph.services.definition_graph import DefinitionGraph
from beliefgraph.services.derive import Derivation
from beliefgraph.services.describe import describe
from beliefgraph.services.grid import on_grid
from beliefgraph.services.state import TwinState


@dataclass(frozen=True)
class Publication:
    """New beliefs, the holdings that end and those that begin; likewise the drawn relations, and the readings.

    `dropped` are the holdings among those that end which none follows: the belief is not published any more.
    """

    beliefs: tuple[Belief, ...]
    closed_holdings: tuple[Holding, ...]
    dropped: tuple[Holding, ...]
    holdings: tuple[Holding, ...]
    closed_relations: tuple[BeliefRelation, ...]
    relations: tuple[BeliefRelation, ...]
    closed_readings: tuple[Reading, ...]
    readings: tuple[Reading, ...]


def related(state: TwinState, at: datetime) -> set[str]:
    """The beliefs that relations of the twin's own began to touch by a moment."""
    own = [row for row in state.relations if row.origin == "provided" and row.valid_from <= at]
    return {end for row in own for end in (row.source, row.target)}


def publish(
    state: TwinState, graph: DefinitionGraph, derived: Derivation, rev: int, *, redraw: bool, fresh: Iterable[str]
) -> Publication:
    """What `rev` publishes, given the twin with its new rows and what is derived from them at head time.

    A belief is published while it has evidence, a relation of the twin's own, or a value that left the prior
    noticeably; what was published before makes no difference to that. A holding is written exactly when the rounded
    value, the status or the quality differs from the one that stands, a reading when the rounded value, the label or
    the band does. `redraw` draws all relations of the definitions again,
    because these have changed; `fresh` are beliefs that the commit itself already made.
    """
    layout = derived.layout
    known = np.zeros(len(layout.ids), dtype=np.bool_)
    known[[layout.position[id_] for id_ in related(state, derived.at) if id_ in layout.position]] = True
    known[derived.evidenced] = True
    known[derived.moved] = True
    rounded = on_grid(derived.log_odds)
    beliefs, closed, dropped, opened = [], [], [], []
    for id_, before in state.holdings.items():
        place = layout.position.get(id_)
        if place is not None and not known[place]:
            if derived.available[place]:
                dropped.append(before)
            else:
                known[place] = True
    for position in np.flatnonzero(known).tolist():
        id_ = layout.ids[position]
        stands = state.holdings.get(id_)
        log_odds = float(rounded[position]) if derived.available[position] else None
        status, quality = derived.status(position, log_odds), derived.quality(position)
        if stands and (stands.log_odds, stands.status, stands.quality) == (log_odds, status, quality):
            continue
        key = layout.keys[position]
        if id_ not in state.beliefs:
            beliefs.append(describe(state.id, id_, key, graph))
        if stands:
            closed.append(stands)
        opened.append(
            inferred(
                Holding,
                state.id,
                id_,
                derived.at,
                rev,
                graph.definitions.refs[key.attribute],
                log_odds=log_odds,
                status=status,
                quality=quality,
                error=published_error(derived.error_bar(position)),
            )
        )
    closed_relations, relations = _draw(state, derived, {*fresh, *(b.id for b in beliefs)}, rev, redraw)
    closed_readings, readings = _read(state, graph, derived, rev)
    return Publication(
        beliefs=tuple(beliefs),
        closed_holdings=(*closed, *dropped),
        dropped=tuple(dropped),
        holdings=tuple(opened),
        closed_relations=closed_relations,
        relations=relations,
        closed_readings=closed_readings,
        readings=readings,
    )


def _read(
    state: TwinState, graph: DefinitionGraph, derived: Derivation, rev: int
) -> tuple[tuple[Reading, ...], tuple[Reading, ...]]:
    """The readings that end, and those that begin; a metric whose events were withdrawn is left with nothing."""
    definitions = graph.definitions
    now: dict[str, tuple[float | None, str | None, float | None]] = {
        id_: (definitions.metrics[state.metrics[id_].name].nothing, None, None) for id_ in state.readings
    }
    for one in derived.measured:
        value = None if one.value is None else round(one.value, 2)
        now[one.metric.id] = (value, one.label, None if one.band is None else one.band.at_least)
    closed, opened = [], []
    for id_, (value, label, band) in now.items():
        before = state.readings.get(id_)
        if before and (before.value, before.label, before.band) == (value, label, band):
            continue
        if before:
            closed.append(before)
        opened.append(
            inferred(
                Reading,
                state.id,
                id_,
                derived.at,
                rev,
                definitions.metric_refs[state.metrics[id_].name],
                value=value,
                label=label,
                band=band,
            )
        )
    return tuple(closed), tuple(opened)


def _draw(
    state: TwinState, derived: Derivation, fresh: set[str], rev: int, redraw: bool
) -> tuple[tuple[BeliefRelation, ...], tuple[BeliefRelation, ...]]:
    """The relations of the definitions to close and to open, so that those between stored beliefs are drawn.

    Everything is drawn again when the definitions changed; else only what touches a belief that is new.
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
            )
    drawn = [r for r in state.relations if r.origin == "inferred"] if redraw else []
    same = {r.key for r in drawn if r.key in wanted and _says(r) == _says(wanted[r.key])}
    closed = tuple(r for r in drawn if r.key not in same)
    return closed, tuple(r for key, r in wanted.items() if key not in same)


def _says(relation: BeliefRelation) -> tuple[object, str]:
    return relation.strength, relation.definition
