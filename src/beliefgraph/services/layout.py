"""Where every belief of a twin stands in the arrays of the inference: which compiled model, which row, which column.

A relation of the definitions joins beliefs of equal subject and context, so one connected component of the definitions,
compiled once, serves every (subject, context) of every twin: they are rows of one batch. Personal relations join the
components they touch into one model of this twin's own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from threading import Lock

import numpy as np
import numpy.typing as npt
from cachetools import LRUCache, cached

from beliefgraph.errors import Incorrect
from beliefgraph.inference import Model, Relation, Structure, compile_model
from beliefgraph.model.belief import Belief, BeliefKey
from beliefgraph.model.definition import Definitions
from beliefgraph.model.identity import belief_id
from beliefgraph.model.relation import Strength

COMPILED_ENTRIES = 50_000_000
"""Table entries of all models that are kept compiled, together: half a gigabyte at the most."""

LAID_OUT_BELIEFS = 500_000
"""Beliefs of all layouts that are kept, together."""

Placed = tuple[int, str, str]
"""One component of the definitions for one subject and context."""


@dataclass(frozen=True)
class PersonalRelation:
    """A relation of this twin's own, between two beliefs named by what they are."""

    source: BeliefKey
    target: BeliefKey
    strength: Strength


@dataclass(frozen=True)
class Edge:
    """A relation between two beliefs of a layout, by position; `ref` is the catalog that states it, "" if personal."""

    source: int
    target: int
    strength: Strength
    ref: str = ""

    @property
    def pair(self) -> tuple[str, int, int]:
        """What makes two relations the same: the kind and the two, in order where the kind has a direction."""
        if self.strength.kind in ("implies", "causes"):
            return self.strength.kind, self.source, self.target
        return self.strength.kind, min(self.source, self.target), max(self.source, self.target)


@dataclass(frozen=True)
class Unit:
    """A compiled model and the beliefs it speaks of: `positions` has shape [rows, variables]."""

    model: Model
    positions: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Layout:
    """The beliefs of a twin in a fixed order, with the models that derive them.

    `clash` says why some of its own relations cannot hold together with the definitions; the beliefs that they touch
    are not available then, and all others are.
    """

    ids: tuple[str, ...]
    keys: tuple[BeliefKey, ...]
    prior: npt.NDArray[np.float64]
    units: tuple[Unit, ...]
    edges: tuple[Edge, ...]
    clash: Incorrect | None = None

    @cached_property
    def position(self) -> Mapping[str, int]:
        """The position of every belief by its id."""
        return {id_: i for i, id_ in enumerate(self.ids)}


class DefinitionGraph:
    """A set of definitions, cut into the components that its relations join. Compared by identity: make one per set."""

    def __init__(self, definitions: Definitions) -> None:
        self.definitions = definitions
        self.components = _components(definitions)
        self.component_of = {name: i for i, names in enumerate(self.components) for name in names}
        self._edges: dict[int, list[Edge]] = defaultdict(list)
        column = {name: i for names in self.components for i, name in enumerate(names)}
        for ref, relation in definitions.relations():
            edge = Edge(column[relation.source], column[relation.target], relation.strength, ref)
            self._edges[self.component_of[relation.source]].append(edge)
        self._structures: dict[int, Structure] = {}

    def edges(self, component: int, start: int) -> list[Edge]:
        """The relations of a component whose first belief stands at `start`."""
        return [Edge(start + e.source, start + e.target, e.strength, e.ref) for e in self._edges[component]]

    def priors(self, component: int) -> list[float]:
        """The stated priors of a component's attributes, in its order."""
        return [self.definitions.attributes[name].prior for name in self.components[component]]

    def structure(self, component: int) -> Structure:
        """What the definitions state of a component."""
        if component not in self._structures:
            self._structures[component] = _structure(np.array(self.priors(component)), self.edges(component, 0))
        return self._structures[component]

    def check(self) -> None:
        """Compile every component; `infeasible-statements` or `cyclic-causes` where they cannot hold together."""
        for component in range(len(self.components)):
            compiled(self.structure(component))


def lay_out(
    twin: str, graph: DefinitionGraph, wanted: Iterable[Belief | BeliefKey], personal: Sequence[PersonalRelation]
) -> Layout:
    """The layout that holds every belief wanted and all that its evidence can reach."""
    ends = [key for relation in personal for key in (relation.source, relation.target)]
    placed = {
        (graph.component_of[key.attribute], key.subject, key.context)
        for key in chain(wanted, ends)
        if key.attribute in graph.component_of
    }
    return _lay_out(twin, graph, tuple(sorted(placed)), tuple(personal))


def forget_layouts(twin: str) -> None:
    """Drop what is kept of a twin's beliefs: whom and what they are about is personal too."""
    with _layouts_lock:
        for kept in [kept for kept in _layouts if kept[0] == twin]:
            del _layouts[kept]


_LayoutKey = tuple[str, DefinitionGraph, tuple[Placed, ...], tuple[PersonalRelation, ...]]
_layouts: LRUCache[_LayoutKey, Layout] = LRUCache(LAID_OUT_BELIEFS, getsizeof=lambda layout: len(layout.ids))
_layouts_lock = Lock()


@cached(_layouts, key=lambda *place: place, lock=_layouts_lock)
def _lay_out(
    twin: str, graph: DefinitionGraph, placed: tuple[Placed, ...], personal: tuple[PersonalRelation, ...]
) -> Layout:
    keys: list[BeliefKey] = []
    edges: list[Edge] = []
    start: dict[Placed, int] = {}
    for component, subject, context in placed:
        start[component, subject, context] = len(keys)
        edges += graph.edges(component, len(keys))
        keys += [BeliefKey(attribute=a, subject=subject, context=context) for a in graph.components[component]]
    prior = np.array([p for component, _, _ in placed for p in graph.priors(component)])
    at = {key: i for i, key in enumerate(keys)} if personal else {}
    own = [Edge(at[r.source], at[r.target], r.strength) for r in personal]
    said = {edge.pair for edge in own}
    edges = [edge for edge in edges if edge.pair not in said] + own
    units, clash = _units(graph, start, prior, edges, own)
    return Layout(
        ids=tuple(belief_id(twin, key.attribute, key.subject, key.context) for key in keys),
        keys=tuple(keys),
        prior=prior,
        units=units,
        edges=tuple(edges),
        clash=clash,
    )


def _units(
    graph: DefinitionGraph,
    start: Mapping[Placed, int],
    prior: npt.NDArray[np.float64],
    edges: Sequence[Edge],
    own: Sequence[Edge],
) -> tuple[tuple[Unit, ...], Incorrect | None]:
    """One unit for each component, its groups as rows; and one for each cluster that personal relations touch.

    With them, why a cluster has no answer, where one has none.
    """
    clusters = _clusters(graph, start, own)
    touched = {place for cluster in clusters for place in cluster}
    rows: dict[int, list[int]] = defaultdict(list)
    for place, first in start.items():
        if place not in touched:
            rows[place[0]].append(first)
    units: list[Unit] = []
    clash: Incorrect | None = None
    for component, starts in rows.items():
        positions = np.array(starts)[:, None] + np.arange(len(graph.components[component]))
        units.append(Unit(compiled(graph.structure(component)), positions))
    for cluster in clusters:
        positions = np.concatenate([start[p] + np.arange(len(graph.components[p[0]])) for p in sorted(cluster)])
        column = {int(position): i for i, position in enumerate(positions)}
        inside = [Edge(column[e.source], column[e.target], e.strength) for e in edges if e.source in column]
        try:
            model = compiled(_structure(prior[positions], inside))
        except Incorrect as refused:
            model, clash = _unanswerable(prior[positions]), refused
        units.append(Unit(model, positions[None, :]))
    return tuple(units), clash


def _clusters(graph: DefinitionGraph, start: Mapping[Placed, int], own: Sequence[Edge]) -> list[set[Placed]]:
    """The placed components that personal relations touch, those they join together."""
    place_at = {first + i: p for p, first in start.items() for i in range(len(graph.components[p[0]]))} if own else {}
    cluster_of: dict[Placed, set[Placed]] = {}
    for edge in own:
        one, other = place_at[edge.source], place_at[edge.target]
        joined = cluster_of.get(one, {one}) | cluster_of.get(other, {other})
        for place in joined:
            cluster_of[place] = joined
    return list({id(cluster): cluster for cluster in cluster_of.values()}.values())


def _components(definitions: Definitions) -> tuple[tuple[str, ...], ...]:
    members = {name: [name] for name in definitions.attributes}
    for _, relation in definitions.relations():
        one, other = members[relation.source], members[relation.target]
        if one is not other:
            one.extend(other)
            for name in other:
                members[name] = one
    distinct = {id(names): names for names in members.values()}
    return tuple(tuple(sorted(names)) for names in distinct.values())


def _structure(prior: npt.NDArray[np.float64], edges: Sequence[Edge]) -> Structure:
    return Structure(prior, [Relation(e.strength.kind, e.source, e.target, e.strength.parameter) for e in edges])


def _unanswerable(prior: npt.NDArray[np.float64]) -> Model:
    """A model that knows the priors and has an answer for none."""
    log_odds = np.log(prior) - np.log1p(-prior)
    return Model(prior, np.zeros(len(prior), dtype=np.bool_), 0, 0, 0.0, "", log_odds, ())


_compiled: LRUCache[str, Model] = LRUCache(COMPILED_ENTRIES, getsizeof=lambda model: max(1, model.cost))


@cached(_compiled, key=lambda structure: structure.content_hash, lock=Lock())
def compiled(structure: Structure) -> Model:
    """The model of a structure, compiled once for all twins that have it."""
    return compile_model(structure)
