"""A set of definitions as a graph: the components that its relations join, their shapes, and crossings between them.

The values of a categorical attribute are adjacent columns, and exactly one of them holds. If they are open, the values
named by evidence count, so that what is compiled depends on their number; a value that is not named is part of `other`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from beliefgraph.errors import Incorrect
from beliefgraph.inference import Relation, Structure
from beliefgraph.model.attribute import MOST_VALUES, OTHER, Attribute
from beliefgraph.model.belief import ANYONE, ANYWHERE, Belief, BeliefKey
from beliefgraph.model.catalog import RelationDefinition
from beliefgraph.model.definition import Definitions
from beliefgraph.model.relation import Strength
from beliefgraph.model.segment import LearnedBaseRate
from beliefgraph.services.definitions.inheritance import LAYERS, Column, Crossing, crossings, first_layer, layer_of
from beliefgraph.services.definitions.kinds import Kinds
from beliefgraph.services.definitions.reliability import Reliabilities


class Placed(NamedTuple):
    """One component of the definitions for one subject and context.

    `named` are the values of an open attribute that evidence names, `unnamed` those that are only queried; sorted.
    """

    component: int
    subject: str
    context: str
    named: tuple[str, ...] = ()
    unnamed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Shape:
    """The beliefs of a component: `columns` in order, and `exclusive`, groups of which exactly one holds.

    Only the first `named` columns are alternatives; the others are values of an open attribute that no evidence names,
    or its `other` if none is named. The first `answered` columns are in the model: none if there are too many values.
    """

    columns: tuple[Column, ...]
    priors: tuple[float, ...]
    exclusive: tuple[tuple[int, ...], ...]
    named: int
    answered: int


@dataclass(frozen=True)
class PersonalRelation:
    """A personal relation between two beliefs, given by their keys.

    `ref` is the catalog that states it for those who pursue a goal; "" if it was stated for this twin only.
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
        """What identifies a relation: the kind and the two beliefs, in order if the kind is directed."""
        if self.strength.kind in ("implies", "causes"):
            return self.strength.kind, self.source, self.target
        return self.strength.kind, min(self.source, self.target), max(self.source, self.target)


class DefinitionGraph:
    """A set of definitions, split into the components that its relations join. Compared by identity: make one per set.

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
        self._own = self._component_in[layer_of((ANYONE, ANYWHERE))]
        self._own_at = {component: Placed(component, ANYONE, ANYWHERE) for component in self._own.values()}
        self.open = {
            self.component_of[name]: attribute
            for name, attribute in definitions.attributes.items()
            if attribute.open_values is not None
        }
        leading: dict[str, list[Crossing]] = defaultdict(list)
        for crossing in crossings(definitions):
            leading[crossing.source[0]].append(crossing)
        self._crossings = [[each for name in names for each in leading.get(name, ())] for names in self.components]
        self.crosses = any(self._crossings)
        """Whether there is any crossing between places."""
        self._structures: dict[tuple[int, int], Structure] = {}
        self._of_segments: dict[str, DefinitionGraph] = {}

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
        """The placed component of an attribute, for a subject and a context."""
        if subject == ANYONE and context == ANYWHERE:
            return self._own_at[self._own[attribute]]
        return Placed(self._component_in[layer_of((subject, context))][attribute], subject, context)

    def places(self, keys: Iterable[Belief | BeliefKey]) -> set[Placed]:
        """The placed components of those beliefs whose attributes are defined."""
        own: set[str] = set()
        found: set[Placed] = set()
        for key in keys:
            if key.subject == ANYONE and key.context == ANYWHERE:
                own.add(key.attribute)
            elif key.attribute in self.component_of:
                found.add(self.place(key.attribute, key.subject, key.context))
        components = {self._own[attribute] for attribute in own if attribute in self._own}
        found.update(self._own_at[component] for component in components)
        return found

    def crossing(self, place: Placed) -> Iterator[tuple[Crossing, Placed]]:
        """The crossings from a place to others, each with the other place."""
        for crossing in self._crossings[place.component]:
            there = crossing.lead((place.subject, place.context))
            if there is not None:
                yield crossing, self.place(crossing.target[0], *there)

    @cached_property
    def kinds(self) -> Kinds:
        """The kinds of evidence, by domain."""
        return Kinds(self.definitions)

    @cached_property
    def goal_causes(self) -> tuple[PersonalRelation, ...]:
        """The effects that the pursuit of goals may have, for twins that have these goals."""
        return tuple(
            PersonalRelation(
                BeliefKey.of(attribute=relation.source, subject=relation.source_subject),
                BeliefKey.of(attribute=relation.target),
                relation.strength,
                ref,
            )
            for ref, relation in self.definitions.relations()
            if relation.source_subject is not None
        )

    def of_segment(self, segment: str | None) -> DefinitionGraph:
        """The same with the base rates learned for a segment as priors; the same object if there are none."""
        if segment is None or segment not in self.definitions.base_rates:
            return self
        if segment not in self._of_segments:
            self._of_segments[segment] = DefinitionGraph(self.definitions.of_segment(segment))
        return self._of_segments[segment]

    @cached_property
    def base_rates(self) -> tuple[LearnedBaseRate, ...]:
        """The base rates used as priors here."""
        segment = self.definitions.segment
        return () if segment is None else self.definitions.base_rates.get(segment, ())

    @cached_property
    def own_base_rates(self) -> tuple[BeliefKey, ...]:
        """The person's beliefs whose priors are those of a segment."""
        return tuple(BeliefKey.of(each.attribute) for each in self.base_rates)

    def joined_pairs(self, component: int) -> int:
        """How many pairs of attributes the relations of a component join."""
        attribute = [name for name, _ in self._shapes[component].columns]
        return len({frozenset((attribute[e.source], attribute[e.target])) for e in self._edges[component]})

    def edges(self, component: int, start: int) -> list[Edge]:
        """The relations of a component whose first belief is at position `start`."""
        return [Edge(start + e.source, start + e.target, e.strength, e.ref) for e in self._edges[component]]

    def shape(self, place: Placed) -> Shape:
        """The beliefs of a placed component."""
        attribute = self.open.get(place.component)
        return self._shapes[place.component] if attribute is None else _open_shape(attribute, place)

    def structure(self, place: Placed) -> Structure:
        """The structure of a placed component; for an open attribute, it depends on the number of named values."""
        which = place.component, len(place.named)
        if which not in self._structures:
            shape, edges = self.shape(place), self.edges(place.component, 0)
            self._structures[which] = structure_of(np.array(shape.priors[: shape.answered]), edges, shape.exclusive)
        return self._structures[which]


def _components(
    definitions: Definitions, relations: Sequence[tuple[str, RelationDefinition]]
) -> Iterator[tuple[tuple[str, ...], list[tuple[str, RelationDefinition]]]]:
    """The components that these relations join, each with its relations."""
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


def structure_of(
    prior: npt.NDArray[np.float64], edges: Sequence[Edge], exclusive: Iterable[tuple[int, ...]] = ()
) -> Structure:
    """The structure of these priors, shape [variables], and relations; `invalid-input` if causes of one belief mix
    kinds."""
    relations = [Relation(e.strength.kind, e.source, e.target, e.strength.parameter) for e in edges]
    noisy_or = {e.target for e in edges if e.strength.into_noisy_or}
    if any(e.strength.kind == "causes" and e.target in noisy_or and not e.strength.into_noisy_or for e in edges):
        raise Incorrect(
            "invalid-input",
            "A belief has causes with odds ratios and causes with probabilities; use one of the two for all.",
        )
    return Structure(prior, relations, exclusive, noisy_or)
