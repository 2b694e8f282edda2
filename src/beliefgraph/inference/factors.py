"""The factors of a structure: how each statement multiplies the probability of a joint state.

A belief that is no effect has a factor of its own, its prior odds and a field (0 until calibrated). An undirected
relation has a table over two beliefs. An effect has one conditional table over itself and its causes, with an
intercept. A table is over beliefs that hold or not, also if they are values of a variable: it does not matter which of
the other values holds instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from beliefgraph.inference.arrays import Floats
from beliefgraph.inference.rules import causes, contradicts, excludes, implies, noisy_or, supports
from beliefgraph.inference.structure import Relation, Structure


@dataclass(frozen=True, slots=True)
class Pair:
    """One undirected relation: a log table, shape (2, 2), over its two beliefs."""

    beliefs: tuple[int, int]
    log_table: Floats


@dataclass(frozen=True, slots=True)
class Family:
    """One effect and its causes, ascending.

    `push` is what each joint state of the causes adds to its log-odds, or to its hazard if it is a noisy OR of them.
    """

    effect: int
    causes: tuple[int, ...]
    push: Floats
    noisy_or: bool = False

    @property
    def beliefs(self) -> tuple[int, ...]:
        """The axes of its table: the causes, then the effect, which varies fastest."""
        return (*self.causes, self.effect)


@dataclass(frozen=True, slots=True)
class Factors:
    """All the factors of a structure. A relation with an odds ratio of 1 has none."""

    priors: Floats
    pairs: tuple[Pair, ...]
    families: tuple[Family, ...]

    def local(self, members: Sequence[int]) -> Factors:
        """The factors of some connected parts, their beliefs numbered by their index among the members."""
        place = {belief: at for at, belief in enumerate(members)}
        return Factors(
            self.priors[list(members)],
            tuple(
                Pair((place[pair.beliefs[0]], place[pair.beliefs[1]]), pair.log_table)
                for pair in self.pairs
                if pair.beliefs[0] in place
            ),
            tuple(
                replace(family, effect=place[family.effect], causes=tuple(place[cause] for cause in family.causes))
                for family in self.families
                if family.effect in place
            ),
        )

    @property
    def joined(self) -> list[tuple[int, ...]]:
        """The beliefs that each relation connects: pairs first, then families."""
        return [pair.beliefs for pair in self.pairs] + [family.beliefs for family in self.families]


def factors_of(structure: Structure) -> Factors:
    """The factors of the statements of a structure, before calibration."""
    priors = structure.priors
    stated: dict[str, list[Relation]] = {}
    for relation in structure.relations:
        stated.setdefault(relation.kind, []).append(relation)
    pairs: list[Pair] = []
    for kind, rule in _UNDIRECTED.items():
        relations = stated.get(kind, [])
        source = np.array([relation.source for relation in relations], dtype=np.int64)
        target = np.array([relation.target for relation in relations], dtype=np.int64)
        ratios = np.array([relation.parameter for relation in relations])
        if kind == "implies":
            ratios = np.array(
                [
                    implies.odds_ratio(
                        float(priors[relation.source]), float(priors[relation.target]), relation.parameter
                    )
                    for relation in relations
                ]
            )
        tables = rule(priors[source], priors[target], ratios)
        pairs += [
            Pair((relation.source, relation.target), table)
            for relation, ratio, table in zip(relations, ratios, tables, strict=True)
            if ratio != 1.0
        ]
    return Factors(priors, tuple(pairs), _families(stated.get("causes", []), structure.noisy_or))


def _families(relations: list[Relation], noisy: Sequence[int]) -> tuple[Family, ...]:
    causes_of: dict[int, dict[int, float]] = {}
    for relation in relations:
        if relation.parameter != 1.0:
            causes_of.setdefault(relation.target, {})[relation.source] = relation.parameter
    return tuple(_family(effect, causes_of[effect], effect in noisy) for effect in sorted(causes_of))


def _family(effect: int, parameters: Mapping[int, float], noisy: bool) -> Family:
    ordered = tuple(sorted(parameters))
    stated = np.array([parameters[cause] for cause in ordered])
    strengths = noisy_or.hazards(stated) if noisy else np.log(stated)
    return Family(effect, ordered, causes.push(strengths), noisy)


_UNDIRECTED = {
    "supports": supports.log_factor,
    "contradicts": contradicts.log_factor,
    "excludes": excludes.log_factor,
    "implies": implies.log_factor,
}


def parts(size: int, scopes: Sequence[Sequence[int]]) -> list[list[int]]:
    """The connected parts of the variables that occur in some factor; each ascending, ordered by their first member."""
    links = [(scope[0], other) for scope in scopes for other in scope[1:] or scope]
    if not links:
        return []
    first, second = np.array(links).T
    _, label = connected_components(
        coo_array((np.ones(len(links)), (first, second)), shape=(size, size)), directed=False
    )
    members: dict[int, list[int]] = {}
    for variable in sorted({variable for link in links for variable in link}):
        members.setdefault(int(label[variable]), []).append(variable)
    return list(members.values())
