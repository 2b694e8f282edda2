"""Where every belief of a twin is in the arrays of inference: which compiled model, which row, which column.

A relation of the definitions joins beliefs of equal subject and context, so one connected component of the definitions,
compiled once, serves every (subject, context) of every twin: they are rows of one batch. Personal relations, and
crossings from one subject or context to another (`inheritance.py`), join the components they touch into one model.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from threading import Lock

import numpy as np
import numpy.typing as npt
from cachetools import LRUCache, cached

from beliefgraph.errors import Incorrect
from beliefgraph.inference import Model, Structure, compile_model
from beliefgraph.inference.stop import budget
from beliefgraph.model.attribute import OTHER
from beliefgraph.model.belief import ANYONE, ANYWHERE, Belief, BeliefKey
from beliefgraph.model.identity import belief_ids, belief_name
from beliefgraph.services.definitions.graph import DefinitionGraph, Edge, PersonalRelation, Placed, structure_of

COMPILED_ENTRIES = 50_000_000
"""Table entries of all cached compiled models together: half a gigabyte at most."""

LAID_OUT_BELIEFS = 100_000
"""Beliefs of all cached layouts together, and of all layouts without ids: some 50 MB each. A twin that grows leaves one
layout behind with every new belief, so a larger cache would mostly have layouts that are never used again."""

SMALL = 64
"""Attributes that may all be related to each other."""

MOST_WORK = 2**30
"""Table entries that may be computed to check that definitions are consistent: about fifteen seconds."""

RELATIONS_PER_ATTRIBUTE = 16
"""Most relations per attribute in larger components; error bars were fitted on four."""


@dataclass(frozen=True)
class Unit:
    """A compiled model and its beliefs: `positions` has shape [rows, variables]."""

    model: Model
    positions: npt.NDArray[np.int64]


@dataclass(frozen=True)
class IndependentBeliefs:
    """Beliefs that depend on no other: their positions, and the data of their models, all of one length."""

    positions: npt.NDArray[np.int64]
    prior_log_odds: npt.NDArray[np.float64]
    available: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, units: Iterable[Unit]) -> IndependentBeliefs:
        """Those of models without relations and values: each is answered by its prior and its own evidence."""
        none = np.zeros(0)
        return cls(
            np.concatenate([none.astype(np.int64), *(unit.positions.ravel() for unit in units)]),
            np.concatenate([none, *(np.tile(unit.model.prior_log_odds, len(unit.positions)) for unit in units)]),
            np.concatenate([none.astype(np.bool_), *(np.tile(u.model.available, len(u.positions)) for u in units)]),
        )


@dataclass(frozen=True)
class Answered:
    """The answers of a layout's joined models to this evidence; columns by position."""

    log_likelihood: npt.NDArray[np.float64]
    log_odds: npt.NDArray[np.float64]
    error: npt.NDArray[np.float64]
    grade: npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Layout:
    """The beliefs of a twin in a fixed order, with the models that derive them.

    `exclusive` are the positions of the values of one attribute for one subject and context, exactly one of which
    holds; `around` are the edges at each position, by index in `edges`; `unnamed` are values of open attributes that no
    evidence names, and `other` if none is named. `alone` are the beliefs that depend on no other, `joined` the models
    of those that do, and `values_beside` has, for the position of every value, the positions of all values of its
    attribute, itself included. `clash` says why some personal relations contradict the definitions; the beliefs that
    they join are then not available, all others are.
    """

    ids: tuple[str, ...]
    keys: tuple[BeliefKey, ...]
    prior: npt.NDArray[np.float64]
    units: tuple[Unit, ...]
    edges: tuple[Edge, ...]
    around: tuple[tuple[int, ...], ...] = ()
    exclusive: tuple[tuple[int, ...], ...] = ()
    unnamed: frozenset[int] = frozenset()
    clash: Incorrect | None = None
    alone: IndependentBeliefs = field(default_factory=lambda: IndependentBeliefs.of(()))
    joined: tuple[Unit, ...] = ()
    values_beside: Mapping[int, tuple[int, ...]] = field(default_factory=dict)

    @cached_property
    def names(self) -> tuple[bytes, ...]:
        """The parts of the ids of its beliefs other than the twin."""
        return tuple(map(belief_name, self.keys))

    @cached_property
    def position(self) -> Mapping[str, int]:
        """The position of every belief by its id."""
        return {id_: i for i, id_ in enumerate(self.ids)}

    @cached_property
    def joined_at(self) -> npt.NDArray[np.int64]:
        """The number of the joined model of each position; -1 if none."""
        found = np.full(len(self.ids), -1, dtype=np.int64)
        for number, unit in enumerate(self.joined):
            found[unit.positions] = number
        return found

    @property
    def answered(self) -> Answered | None:
        """The last answers of the joined models, if any."""
        return vars(self).get("_answered")

    def remember(self, answered: Answered) -> None:
        """Cache the answers of the joined models, so that models with unchanged evidence are not evaluated again."""
        vars(self)["_answered"] = answered

    def places_beside(self, position: int) -> dict[str | None, int]:
        """The positions of all values of a belief's attribute, by value; empty if it has no others."""
        return {self.keys[place].value: place for place in self.values_beside.get(position, ())}

    def unit_of(self, target: int) -> tuple[Unit, npt.NDArray[np.int64], int]:
        """The model of a position, the positions of its variables, and the index of the position among them."""
        for unit in self.units:
            rows, columns = np.nonzero(unit.positions == target)
            if rows.size:
                return unit, unit.positions[rows[0]], int(columns[0])
        raise AssertionError(f"no model speaks of position {target}")


def refuse_dense(graph: DefinitionGraph) -> None:
    """Refuse (`too-complex`) a component with more relations than can be answered, before any is compiled.

    If all attributes have this many, no answer is exact, and hardly any approximate answer is reliable.
    """
    for component, names in enumerate(graph.components):
        attributes = len(names)
        relations = graph.joined_pairs(component)
        if attributes > SMALL and relations > RELATIONS_PER_ATTRIBUTE * attributes:
            raise Incorrect(
                "too-complex",
                f"{relations:,} relations join {attributes:,} attributes, {names[0]} among them; "
                f"{RELATIONS_PER_ATTRIBUTE} for each attribute are allowed: state only the strongest.",
                attribute=names[0],
            )


def require_answers(graph: DefinitionGraph) -> None:
    """Compile every component; `infeasible-statements` or `cyclic-causes` if the definitions are contradictory.

    All of them together may cost `MOST_WORK`; if that is not enough for the check, they are `too-complex`.
    """
    with budget(MOST_WORK):
        for component in range(len(graph.components)):
            if component not in graph.open:
                compiled(graph.structure(Placed(component, "", "")))
        clash = lay_out("", graph, (), graph.goal_causes).clash
    if clash is not None:
        raise clash
    if graph.definitions.segment is None:
        for segment in graph.definitions.base_rates:
            require_answers(graph.of_segment(segment))


def lay_out(
    twin: str,
    graph: DefinitionGraph,
    wanted: Iterable[Belief | BeliefKey],
    personal: Sequence[PersonalRelation],
    named: Iterable[Belief | BeliefKey] = (),
) -> Layout:
    """The layout that includes every wanted belief and all that its evidence can reach.

    For an open attribute, the values in `named`, or in a personal relation, count.
    """
    ends = [key for relation in personal for key in (relation.source, relation.target)]
    keys = [*wanted, *ends]
    placed = _all_crossed(graph, graph.places(keys))
    if graph.open:
        placed = _with_values(graph, placed, keys, [*named, *ends])
    return _lay_out(twin, graph, tuple(placed), tuple(personal))


def _all_crossed(graph: DefinitionGraph, places: set[Placed]) -> list[Placed]:
    """The places, and all places that crossings lead to from one of them; sorted."""
    waiting = list(places) if graph.crosses else []
    while waiting:
        for _, there in graph.crossing(waiting.pop()):
            if there not in places:
                places.add(there)
                waiting.append(there)
    return sorted(places)


def forget_layouts(twin: str) -> None:
    """Drop the cached layouts of a twin: subjects and contexts of beliefs are personal data too."""
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
    nothing_of_its_own = not personal and all(place[1:] == (ANYONE, ANYWHERE, (), ()) for place in placed)
    plan = _of_anybody(graph, placed) if nothing_of_its_own else _planned(graph, placed, personal)
    return replace(plan, ids=belief_ids(twin, plan.names))


_plans: LRUCache[tuple[DefinitionGraph, tuple[Placed, ...]], Layout] = LRUCache(
    LAID_OUT_BELIEFS, getsizeof=lambda plan: len(plan.keys) + 1
)


@cached(_plans, key=lambda *place: place, lock=Lock())
def _of_anybody(graph: DefinitionGraph, placed: tuple[Placed, ...]) -> Layout:
    """The layout of twins whose beliefs have the default subject and context: the same except for ids."""
    return _planned(graph, placed, ())


def _planned(graph: DefinitionGraph, placed: tuple[Placed, ...], personal: tuple[PersonalRelation, ...]) -> Layout:
    """A layout without the ids of its beliefs."""
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
            BeliefKey.of(attribute=attribute, subject=place.subject, context=place.context, value=value)
            for attribute, value in shape.columns
        ]
        priors += shape.priors
        exclusive += [tuple(first + column for column in group) for group in shape.exclusive]
        unnamed += range(first + shape.named, len(keys))
    prior = np.array(priors)
    at = {key: i for i, key in enumerate(keys)} if personal else {}
    own = [Edge(at[r.source], at[r.target], r.strength, r.ref) for r in personal]
    personal_pairs = {edge.pair for edge in own}
    joining = [edge for edge in _crossing_edges(graph, start) if edge.pair not in personal_pairs] + own
    edges = [edge for edge in edges if edge.pair not in personal_pairs] + joining
    units, clash = _units(graph, start, prior, edges, joining, exclusive)
    around: list[list[int]] = [[] for _ in keys]
    for i, edge in enumerate(edges):
        around[edge.source].append(i)
        around[edge.target].append(i)
    return Layout(
        ids=(),
        keys=tuple(keys),
        prior=prior,
        units=units,
        edges=tuple(edges),
        around=tuple(map(tuple, around)),
        exclusive=tuple(exclusive),
        unnamed=frozenset(unnamed),
        clash=clash,
        alone=IndependentBeliefs.of([unit for unit in units if not unit.model.parted]),
        joined=tuple(unit for unit in units if unit.model.parted),
        values_beside={position: group for group in exclusive for position in group},
    )


def _crossing_edges(graph: DefinitionGraph, start: Mapping[Placed, int]) -> Iterator[Edge]:
    """The crossings between the places of a layout."""
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
    """The places with the values that are named and wanted there, if the attribute is open."""

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
    """One unit per component, with its places as rows, and one per cluster of joined components, equal ones as rows.

    Also returns why a cluster has no answer, if one has none.
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
            structure = structure_of(prior[positions], inside, groups)
            alike.setdefault(structure.content_hash, (compiled(structure), []))[1].append(positions)
        except Incorrect as refused:
            clash = refused
            units.append(Unit(_unanswerable(prior[positions]), positions[None, :]))
    return (*units, *(Unit(model, np.array(positions)) for model, positions in alike.values())), clash


def _clusters(graph: DefinitionGraph, start: Mapping[Placed, int], joining: Sequence[Edge]) -> list[set[Placed]]:
    """The clusters of placed components that are joined by relations between places."""
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


def _unanswerable(prior: npt.NDArray[np.float64]) -> Model:
    """A model with priors that has no answers."""
    log_odds = np.log(prior) - np.log1p(-prior)
    return Model(prior, np.zeros(len(prior), dtype=np.bool_), 0, 0, 0.0, "", log_odds, ())


_compiled: LRUCache[str, Model] = LRUCache(COMPILED_ENTRIES, getsizeof=lambda model: max(1, model.cost))


@cached(_compiled, key=lambda structure: structure.content_hash, lock=Lock())
def compiled(structure: Structure) -> Model:
    """The model of a structure, compiled once for all twins that share it."""
    return compile_model(structure)
