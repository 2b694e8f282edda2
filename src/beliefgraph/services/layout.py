"""Where every belief of a twin stands in the arrays of the inference: which compiled model, which row, which column.

A relation of the definitions joins beliefs of equal subject and context, so one connected component of the definitions,
compiled once, serves every (subject, context) of every twin: they are rows of one batch. Personal relations, and what
crosses from one subject or context to another (`crossings.py`), join the components they touch into one model.

The values of a categorical attribute lie side by side, and exactly one of them holds. Where they are open, those count
that evidence names, so that what is compiled depends on how many they are; a value that none names is part of `other`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from cachetools import LRUCache, cached

from beliefgraph.errors import Incorrect
from beliefgraph.inference import Model, Relation, Structure, compile_model
from beliefgraph.model.attribute import MOST_VALUES, OTHER, Attribute
from beliefgraph.model.belief import Belief, BeliefKey
from beliefgraph.model.definition import Definitions, RelationDefinition
from beliefgraph.model.identity import belief_id
from beliefgraph.model.relation import Strength
from beliefgraph.services.crossings import LAYERS, Column, Crossing, crossings, first_layer, layer_of
from beliefgraph.services.reliability import Reliabilities

COMPILED_ENTRIES = 50_000_000
"""Table entries of all models that are kept compiled, together: half a gigabyte at the most."""

LAID_OUT_BELIEFS = 500_000
"""Beliefs of all layouts that are kept, together."""


class Placed(NamedTuple):
    """One component of the definitions for one subject and context.

    `named` are the values of an open attribute that evidence names, `unnamed` those that are only asked about; sorted.
    """

    component: int
    subject: str
    context: str
    named: tuple[str, ...] = ()
    unnamed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Shape:
    """The beliefs of a component: `columns` in their order, and `exclusive`, groups of which exactly one holds.

    Of the columns the first `named` have something to choose from; the others are values of an open attribute that no
    evidence names, or its `other` where none is named. The first `answered` are in the model: none where values are too
    many.
    """

    columns: tuple[Column, ...]
    priors: tuple[float, ...]
    exclusive: tuple[tuple[int, ...], ...]
    named: int
    answered: int


@dataclass(frozen=True)
class PersonalRelation:
    """A relation of this twin's own, between two beliefs named by what they are.

    `ref` is the catalog that states it of whoever pursues a goal; "" where it was stated of this twin alone.
    """

    source: BeliefKey
    target: BeliefKey
    strength: Strength
    ref: str = ""


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

    `exclusive` are the positions of the values of one attribute for one subject and context, exactly one of which
    holds; `unnamed` are values of open ones that no evidence names, and `other` where none is named. `clash` says why
    some of its own relations cannot hold together with the definitions; the beliefs that they touch are not available
    then, and all others are.
    """

    ids: tuple[str, ...]
    keys: tuple[BeliefKey, ...]
    prior: npt.NDArray[np.float64]
    units: tuple[Unit, ...]
    edges: tuple[Edge, ...]
    exclusive: tuple[tuple[int, ...], ...] = ()
    unnamed: frozenset[int] = frozenset()
    clash: Incorrect | None = None

    @cached_property
    def position(self) -> Mapping[str, int]:
        """The position of every belief by its id."""
        return {id_: i for i, id_ in enumerate(self.ids)}

    @cached_property
    def values_beside(self) -> Mapping[int, tuple[int, ...]]:
        """For the position of every value in a model, the positions of all values of its attribute, itself included."""
        return {position: group for group in self.exclusive for position in group}

    def unit_of(self, target: int) -> tuple[Unit, npt.NDArray[np.int64], int]:
        """The model that speaks of a position, the positions of its variables, and the position's variable."""
        for unit in self.units:
            rows, columns = np.nonzero(unit.positions == target)
            if rows.size:
                return unit, unit.positions[rows[0]], int(columns[0])
        raise AssertionError(f"no model speaks of position {target}")


class DefinitionGraph:
    """A set of definitions, cut into the components that its relations join. Compared by identity: make one per set.

    Fewer relations hold in a narrow context than in the broadest, so an attribute may be in a smaller component there;
    `component_of` has those of the person in the broadest.
    """

    def __init__(self, definitions: Definitions) -> None:
        self.definitions = definitions
        self.reliabilities = Reliabilities(definitions)
        stated = [each for each in definitions.relations() if each[1].source_subject is None]
        holds_from = [first_layer(definitions, relation) for _, relation in stated]
        self.components: list[tuple[str, ...]] = []
        self._edges: list[list[Edge]] = []
        self._shapes: list[Shape] = []
        self._component_in: list[Mapping[str, int]] = []
        known: dict[tuple[object, ...], int] = {}
        for layer in LAYERS:
            inside = [each for each, first in zip(stated, holds_from, strict=True) if first <= layer]
            found: dict[str, int] = {}
            for names, relations in _components(definitions, inside):
                at = known.setdefault((names, *map(id, relations)), len(known))
                if at == len(self.components):
                    self._add(names, relations)
                found |= dict.fromkeys(names, at)
            self._component_in.append(found)
        self.component_of = self._component_in[-1]
        self.open = {
            self.component_of[name]: attribute
            for name, attribute in definitions.attributes.items()
            if attribute.open_values is not None
        }
        leading: dict[str, list[Crossing]] = defaultdict(list)
        for crossing in crossings(definitions):
            leading[crossing.source[0]].append(crossing)
        self._crossings = [[each for name in names for each in leading.get(name, ())] for names in self.components]
        self._structures: dict[tuple[int, int], Structure] = {}

    def _add(self, names: tuple[str, ...], relations: Sequence[tuple[str, RelationDefinition]]) -> None:
        shape = _shape([self.definitions.attributes[name] for name in names])
        column = {column: i for i, column in enumerate(shape.columns)}
        self.components.append(names)
        self._shapes.append(shape)
        self._edges.append(
            [
                Edge(column[source], column[target], self.definitions.strength_of(relation), ref)
                for ref, relation in relations
                for source, target in [relation.ends]
            ]
        )

    def place(self, attribute: str, subject: str, context: str) -> Placed:
        """Where an attribute is placed, of a subject in a context."""
        return Placed(self._component_in[layer_of((subject, context))][attribute], subject, context)

    def crossing(self, place: Placed) -> Iterator[tuple[Crossing, Placed]]:
        """What crosses from a place to another, with the other."""
        for crossing in self._crossings[place.component]:
            there = crossing.lead((place.subject, place.context))
            if there is not None:
                yield crossing, self.place(crossing.target[0], *there)

    @cached_property
    def goal_causes(self) -> tuple[PersonalRelation, ...]:
        """What the pursuit of goals may bring about, for twins that have them."""
        return tuple(
            PersonalRelation(
                BeliefKey(attribute=relation.source, subject=relation.source_subject),
                BeliefKey(attribute=relation.target),
                relation.strength,
                ref,
            )
            for ref, relation in self.definitions.relations()
            if relation.source_subject is not None
        )

    def edges(self, component: int, start: int) -> list[Edge]:
        """The relations of a component whose first belief stands at `start`."""
        return [Edge(start + e.source, start + e.target, e.strength, e.ref) for e in self._edges[component]]

    def shape(self, place: Placed) -> Shape:
        """The beliefs of a component where it is placed."""
        attribute = self.open.get(place.component)
        return self._shapes[place.component] if attribute is None else _open_shape(attribute, place)

    def structure(self, place: Placed) -> Structure:
        """What the definitions state of a component; of an open attribute, it depends on how many values are named."""
        which = place.component, len(place.named)
        if which not in self._structures:
            shape, edges = self.shape(place), self.edges(place.component, 0)
            self._structures[which] = _structure(np.array(shape.priors[: shape.answered]), edges, shape.exclusive)
        return self._structures[which]

    def check(self) -> None:
        """Compile every component; `infeasible-statements` or `cyclic-causes` where they cannot hold together."""
        for component in range(len(self.components)):
            if component not in self.open:
                compiled(self.structure(Placed(component, "", "")))
        clash = lay_out("", self, (), self.goal_causes).clash
        if clash is not None:
            raise clash


def lay_out(
    twin: str,
    graph: DefinitionGraph,
    wanted: Iterable[Belief | BeliefKey],
    personal: Sequence[PersonalRelation],
    named: Iterable[Belief | BeliefKey] = (),
) -> Layout:
    """The layout that holds every belief wanted and all that its evidence can reach.

    Of an open attribute those values count that are `named`, or that a personal relation names.
    """
    ends = [key for relation in personal for key in (relation.source, relation.target)]
    keys = [*wanted, *ends]
    known = (key for key in keys if key.attribute in graph.component_of)
    placed = _all_crossed(graph, {graph.place(key.attribute, key.subject, key.context) for key in known})
    if graph.open:
        placed = _with_values(graph, placed, keys, [*named, *ends])
    return _lay_out(twin, graph, tuple(placed), tuple(personal))


def _all_crossed(graph: DefinitionGraph, places: set[Placed]) -> list[Placed]:
    """The places, and all that a crossing leads to from one of them; sorted."""
    waiting = list(places)
    while waiting:
        for _, there in graph.crossing(waiting.pop()):
            if there not in places:
                places.add(there)
                waiting.append(there)
    return sorted(places)


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
    priors: list[float] = []
    exclusive: list[tuple[int, ...]] = []
    unnamed: list[int] = []
    for place in placed:
        shape, first = graph.shape(place), len(keys)
        start[place] = first
        edges += graph.edges(place.component, first)
        keys += [
            BeliefKey(attribute=attribute, subject=place.subject, context=place.context, value=value)
            for attribute, value in shape.columns
        ]
        priors += shape.priors
        exclusive += [tuple(first + column for column in group) for group in shape.exclusive]
        unnamed += range(first + shape.named, len(keys))
    prior = np.array(priors)
    at = {key: i for i, key in enumerate(keys)} if personal else {}
    own = [Edge(at[r.source], at[r.target], r.strength, r.ref) for r in personal]
    said = {edge.pair for edge in own}
    joining = [edge for edge in _crossing_edges(graph, start) if edge.pair not in said] + own
    edges = [edge for edge in edges if edge.pair not in said] + joining
    units, clash = _units(graph, start, prior, edges, joining, exclusive)
    return Layout(
        ids=tuple(belief_id(twin, key) for key in keys),
        keys=tuple(keys),
        prior=prior,
        units=units,
        edges=tuple(edges),
        exclusive=tuple(exclusive),
        unnamed=frozenset(unnamed),
        clash=clash,
    )


def _crossing_edges(graph: DefinitionGraph, start: Mapping[Placed, int]) -> Iterator[Edge]:
    """What crosses between the places of a layout."""
    for place, first in start.items():
        for crossing, there in graph.crossing(place):
            source = first + graph.shape(place).columns.index(crossing.source)
            target = start[there] + graph.shape(there).columns.index(crossing.target)
            yield Edge(source, target, crossing.strength, crossing.ref)


def _with_values(
    graph: DefinitionGraph,
    placed: Iterable[Placed],
    wanted: Iterable[Belief | BeliefKey],
    named: Iterable[Belief | BeliefKey],
) -> list[Placed]:
    """The places with the values that are named and wanted there, where the attribute is open."""

    def values(keys: Iterable[Belief | BeliefKey]) -> Mapping[tuple[int | None, str, str], set[str]]:
        found: dict[tuple[int | None, str, str], set[str]] = defaultdict(set)
        for key in keys:
            component = graph.component_of.get(key.attribute)
            if component in graph.open and key.value not in (None, OTHER):
                found[component, key.subject, key.context].add(key.value)
        return found

    in_evidence, asked = values(named), values(wanted)
    return [
        place
        if place.component not in graph.open
        else place._replace(
            named=tuple(sorted(in_evidence.get(place[:3], ()))),
            unnamed=tuple(sorted(asked.get(place[:3], set()) - in_evidence.get(place[:3], set()))),
        )
        for place in placed
    ]


def _units(
    graph: DefinitionGraph,
    start: Mapping[Placed, int],
    prior: npt.NDArray[np.float64],
    edges: Sequence[Edge],
    joining: Sequence[Edge],
    exclusive: Sequence[tuple[int, ...]],
) -> tuple[tuple[Unit, ...], Incorrect | None]:
    """One unit for each component, its groups as rows; and one for each cluster that others join, those alike as rows.

    With them, why a cluster has no answer, where one has none.
    """
    clusters = _clusters(graph, start, joining)
    touched = {place for cluster in clusters for place in cluster}
    rows: dict[tuple[int, int], list[Placed]] = defaultdict(list)
    for place in start:
        if place not in touched and graph.shape(place).answered:
            rows[place.component, len(place.named)].append(place)
    units: list[Unit] = []
    clash: Incorrect | None = None
    for places in rows.values():
        answered = np.arange(graph.shape(places[0]).answered)
        positions = np.array([start[place] for place in places])[:, None] + answered
        units.append(Unit(compiled(graph.structure(places[0])), positions))
    alike: dict[str, tuple[Model, list[npt.NDArray[np.int64]]]] = {}
    for cluster in clusters:
        shapes = {place: graph.shape(place) for place in sorted(cluster)}
        if not all(shape.answered for shape in shapes.values()):
            continue
        positions = np.concatenate([start[place] + np.arange(shape.answered) for place, shape in shapes.items()])
        column = {int(position): i for i, position in enumerate(positions)}
        inside = [Edge(column[e.source], column[e.target], e.strength) for e in edges if e.source in column]
        groups = [tuple(column[position] for position in group) for group in exclusive if group[0] in column]
        try:
            structure = _structure(prior[positions], inside, groups)
            alike.setdefault(structure.content_hash, (compiled(structure), []))[1].append(positions)
        except Incorrect as refused:
            clash = refused
            units.append(Unit(_unanswerable(prior[positions]), positions[None, :]))
    return (*units, *(Unit(model, np.array(positions)) for model, positions in alike.values())), clash


def _clusters(graph: DefinitionGraph, start: Mapping[Placed, int], joining: Sequence[Edge]) -> list[set[Placed]]:
    """The placed components that relations between places touch, those they join together."""
    if not joining:
        return []
    place_at = {first + i: place for place, first in start.items() for i in range(len(graph.shape(place).columns))}
    cluster_of: dict[Placed, set[Placed]] = {}
    for edge in joining:
        one, other = place_at[edge.source], place_at[edge.target]
        joined = cluster_of.get(one, {one}) | cluster_of.get(other, {other})
        for place in joined:
            cluster_of[place] = joined
    return list({id(cluster): cluster for cluster in cluster_of.values()}.values())


def _components(
    definitions: Definitions, relations: Sequence[tuple[str, RelationDefinition]]
) -> Iterator[tuple[tuple[str, ...], list[tuple[str, RelationDefinition]]]]:
    """What these relations join, each with its relations."""
    members = {name: [name] for name in definitions.attributes}
    for _, relation in relations:
        one, other = members[relation.source], members[relation.target]
        if one is not other:
            one.extend(other)
            for name in other:
                members[name] = one
    inside: dict[int, list[tuple[str, RelationDefinition]]] = {id(names): [] for names in members.values()}
    for each in relations:
        inside[id(members[each[1].source])].append(each)
    for names in {id(names): names for names in members.values()}.values():
        yield tuple(sorted(names)), inside[id(names)]


def _shape(attributes: Iterable[Attribute]) -> Shape:
    """The shape of a component without an open attribute."""
    columns: list[Column] = []
    priors: list[float] = []
    exclusive: list[tuple[int, ...]] = []
    for attribute in attributes:
        if attribute.prior is not None:
            columns.append((attribute.key, None))
            priors.append(attribute.prior)
            continue
        exclusive.append(tuple(range(len(columns), len(columns) + len(attribute.value_priors))))
        columns += [(attribute.key, value) for value in attribute.value_priors]
        priors += attribute.value_priors.values()
    return Shape(tuple(columns), tuple(priors), tuple(exclusive), len(columns), len(columns))


def _open_shape(attribute: Attribute, place: Placed) -> Shape:
    """The shape of an open attribute: `other`, the values that are named, then those that are not."""
    assert attribute.open_values is not None
    other, named = attribute.open_values.other, len(place.named) + 1 if place.named else 0
    answered = named if named <= MOST_VALUES else 0
    each = (1.0 - other) / max(len(place.named), 1)
    columns = [(attribute.key, value) for value in (OTHER, *place.named, *place.unnamed)]
    priors = (other, *[each] * (len(columns) - 1))
    return Shape(tuple(columns), priors, (tuple(range(answered)),) if answered else (), named, answered)


def _structure(
    prior: npt.NDArray[np.float64], edges: Sequence[Edge], exclusive: Iterable[tuple[int, ...]] = ()
) -> Structure:
    relations = [Relation(e.strength.kind, e.source, e.target, e.strength.parameter) for e in edges]
    noisy_or = {e.target for e in edges if e.strength.into_noisy_or}
    if any(e.strength.kind == "causes" and e.target in noisy_or and not e.strength.into_noisy_or for e in edges):
        raise Incorrect(
            "invalid-input",
            "A belief has causes with odds ratios and causes with probabilities; all of them speak one way.",
        )
    return Structure(prior, relations, exclusive, noisy_or)


def _unanswerable(prior: npt.NDArray[np.float64]) -> Model:
    """A model that knows the priors and has an answer for none."""
    log_odds = np.log(prior) - np.log1p(-prior)
    return Model(prior, np.zeros(len(prior), dtype=np.bool_), 0, 0, 0.0, "", log_odds, ())


_compiled: LRUCache[str, Model] = LRUCache(COMPILED_ENTRIES, getsizeof=lambda model: max(1, model.cost))


@cached(_compiled, key=lambda structure: structure.content_hash, lock=Lock())
def compiled(structure: Structure) -> Model:
    """The model of a structure, compiled once for all twins that have it."""
    return compile_model(structure)
