"""Connected parts of a structure as a function of their relations' strengths, with expected statistics.

With strength θ = ln odds ratio of a relation, u the fields and intercepts, and t, s their coefficients in the exponent
(the *sufficient statistics*), the marginals m(u, θ) are held at the stated priors, so u is a function of θ:

    du/dθ = −J⁻¹·C,   J = dm/du = Cov(x, t),   C = dm/dθ = Cov(x, s)

The statistic of a free belief is x, and that of an effect x − P(x | causes); a cause's is c·(x − P(x | causes)), and
that of an undirected relation the slope of its log table.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csc_array

from beliefgraph.errors import Incorrect
from beliefgraph.inference.arrays import Bools, Floats, Ints
from beliefgraph.inference.calibrate import calibrate
from beliefgraph.inference.compile import compile_model
from beliefgraph.inference.factors import Factors, Family, Pair
from beliefgraph.inference.plan import Plan, projection
from beliefgraph.inference.propagation import Engine
from beliefgraph.inference.rules import causes, implies, plackett
from beliefgraph.inference.stop import check_stopped
from beliefgraph.inference.structure import Relation, Structure
from beliefgraph.inference.variables import Variables

_BLOCK_ENTRIES = 2**21
"""Rows are processed in blocks of at most this many table entries: sixteen megabytes."""
_NUDGE = np.log(2.0)
"""Strength that a relation without effect (odds ratio 1) is planned with, so that it can be learned."""


def strength_of(structure: Structure, relation: Relation) -> float:
    """A relation's log odds ratio; for `implies` the one that corresponds to its probability."""
    if relation.kind != "implies":
        return float(np.log(relation.parameter))
    first, second = structure.priors[[relation.source, relation.target]].tolist()
    return float(np.log(implies.odds_ratio(first, second, relation.parameter)))


def restated(structure: Structure, strengths: Floats) -> Structure:
    """The same statements with other strengths, one for each relation in its order."""
    relations = []
    for relation, strength in zip(structure.relations, strengths.tolist(), strict=True):
        parameter = relation.parameter
        if strength != strength_of(structure, relation):
            parameter = float(np.exp(strength))
            if relation.kind == "implies":
                first, second = structure.priors[relation.source], structure.priors[relation.target]
                parameter = float(plackett.table(first, second, np.asarray(parameter))[1, 1] / first)
        relations.append(relation._replace(parameter=parameter))
    return Structure(structure.priors, relations, structure.exclusive, structure.noisy_or)


class Part:
    """Some connected parts with one plan. `members` are their beliefs and `relations` those among them, by index."""

    def __init__(self, structure: Structure, members: Ints, variables: Variables, plan: Plan) -> None:
        place = {int(belief): at for at, belief in enumerate(members)}
        inside = [k for k, relation in enumerate(structure.relations) if relation.source in place]
        self.members = members
        self.variables = variables
        self.plan = plan
        self.relations = np.array(inside, dtype=np.int64)
        self._priors = structure.priors[members]
        ends = [(place[structure.relations[k].source], place[structure.relations[k].target]) for k in inside]
        self._ends = np.array(ends, dtype=np.int64).reshape(-1, 2)
        directed = np.array([structure.relations[k].kind == "causes" for k in inside], dtype=np.bool_)
        self._pairs = np.flatnonzero(~directed)
        self._causes: dict[int, list[int]] = {}
        for k in sorted(np.flatnonzero(directed).tolist(), key=lambda k: self._ends[k, ::-1].tolist()):
            self._causes.setdefault(int(self._ends[k, 1]), []).append(k)
        scopes: list[tuple[int, ...]] = [(belief,) for belief in range(len(members))]
        scopes += [tuple(ends) for ends in self._ends.tolist()]
        for effect, edges in self._causes.items():
            for column in (effect, *(len(members) + k for k in edges)):
                scopes[column] = (*self._ends[edges, 0].tolist(), effect)
        self.columns = [self._column(scope) for scope in scopes]

    def at(self, strength: Floats) -> Point:
        """The calibrated part at these strengths, one per relation. Raises `infeasible-statements`."""
        first, second = self._ends[self._pairs].T
        stated = self._priors[first], self._priors[second], np.exp(strength[self._pairs])
        pairs = [
            Pair((int(a), int(b)), table)
            for a, b, table in zip(first, second, plackett.log_factor(*stated), strict=True)
        ]
        families = [
            Family(effect, tuple(self._ends[edges, 0].tolist()), causes.push(strength[edges]))
            for effect, edges in self._causes.items()
        ]
        calibrated = calibrate(self.plan, self.variables, Factors(self._priors, tuple(pairs), tuple(families)))
        values = [np.array([0.0, 1.0])] * len(self.columns)
        for k, slope in zip(self._pairs, plackett.slope(*stated), strict=True):
            values[len(self.members) + k] = slope.ravel()
        for (effect, edges), table in zip(self._causes.items(), calibrated.conditionals, strict=True):
            chance = np.exp(table.reshape(-1, 2)[:, 1])
            values[effect] = np.stack([-chance, 1.0 - chance], axis=1).ravel()
            for axis, edge in enumerate(edges):
                held = projection((2,) * (len(edges) + 1), (axis,))
                values[len(self.members) + edge] = held * values[effect]
        return Point(self, Engine.of(self.plan, calibrated.log_potential), tuple(values))

    def _column(self, scope: tuple[int, ...]) -> _Column:
        (axes,) = self.variables.scopes([scope])
        row = self.plan.home_row(axes)
        clique = self.plan.cliques[row]
        state = self.variables.stated([scope])[clique.projection(axes)]
        return _Column(row, slice(clique.start, clique.start + clique.size), state)


@dataclass(frozen=True, slots=True)
class _Column:
    """One statistic: its clique, the table entries of that clique, and the joint state of its scope at each."""

    row: int
    entries: slice
    state: Ints


@dataclass(frozen=True)
class Point:
    """A part at some strengths.

    `engine` runs queries, and `values` has each statistic in each joint state of its scope.
    """

    part: Part
    engine: Engine
    values: tuple[Floats, ...]

    def expectations(self, evidence: Floats, truth: Floats) -> Iterator[Expected]:
        """The expectations for each row, block by block; `evidence` and `truth` have shape [B, members]."""
        size = max(1, _BLOCK_ENTRIES // self.engine.plan.entries)
        for first in range(0, len(evidence), size):
            check_stopped()
            given, known = evidence[first : first + size], truth[first : first + size]
            fixed = np.where(known == 1.0, 1, np.where(known == 0.0, 2, 0)).astype(np.uint8)
            weight, _ = self.part.variables.weights(given, fixed)
            joint, log_mass, right = self.engine.joints(weight)
            yield Expected(joint, log_mass.sum(axis=1) + self.part.variables.scale(given, weight), right)

    @cached_property
    def statistics(self) -> csc_array:
        """Each statistic (column: beliefs, then relations) at each table entry (row) of its clique."""
        columns = self.part.columns
        rows = [np.arange(column.entries.start, column.entries.stop) for column in columns]
        values = [value[column.state] for column, value in zip(columns, self.values, strict=True)]
        which = np.repeat(np.arange(len(columns)), [len(some) for some in rows])
        shape = (self.engine.plan.entries, len(columns))
        return csc_array((np.concatenate(values), (np.concatenate(rows), which)), shape=shape)

    @cached_property
    def prior(self) -> Expected:
        """The expectations without evidence."""
        nothing = np.zeros((1, len(self.part.members)))
        return next(self.expectations(nothing, np.full(nothing.shape, np.nan)))

    @cached_property
    def following(self) -> Floats:
        """du/dθ: how fields and intercepts change with the strengths at constant priors; shape [members, relations]."""
        size = len(self.part.members)
        joint, marginal = self.engine.joint()
        _, mean = self.part.variables.split(marginal)
        covariance = np.empty((size, len(self.part.columns)))
        for k, (column, value) in enumerate(zip(self.part.columns, self.values, strict=True)):
            tilt = 1.0 + value[column.state] / 2.0
            potential = self.engine.log_potential.copy()
            potential[column.entries] += np.log(tilt)
            _, tilted = self.engine.with_potentials(potential, [column.row]).joint()
            no, yes = self.part.variables.split(tilted)
            covariance[:, k] = 2.0 * float(joint[column.entries] @ tilt) * (yes / (no + yes) - mean)
        # The last value of a variable has the remaining probability: no field of its own.
        values = self.part.variables.values
        own = np.setdiff1d(np.arange(size), self.part.variables.first[1:][values] - 1)
        following = np.zeros((size, covariance.shape[1] - size))
        following[own] = -np.linalg.solve(covariance[np.ix_(own, own)], covariance[own, size:])
        return following

    def along(self, expected: Floats) -> Floats:
        """The gradient in the strengths, given sums of expected statistics.

        Shapes: [..., columns] to [..., relations]. It includes the direct share of θ and that of the dependent fields
        and intercepts.
        """
        size = len(self.part.members)
        return np.asarray(expected[..., size:] + expected[..., :size] @ self.following)


@dataclass(frozen=True, slots=True)
class Expected:
    """A block of rows: the joint of each clique ([B, entries]), the log of the mass, and validity ([B] each)."""

    joint: Floats
    log_mass: Floats
    right: Bools


def parts_of(structure: Structure) -> list[Part]:
    """The parts that have exact answers.

    Raises `infeasible-statements`, and `invalid-input` for a noisy OR: its probabilities are not odds ratios and are
    not learned.
    """
    if structure.noisy_or:
        raise Incorrect(
            "invalid-input",
            "Probabilities into a noisy OR are not learned; state these effects without it.",
            beliefs=list(structure.noisy_or),
        )
    stated = np.array([strength_of(structure, relation) for relation in structure.relations])
    nudge = [-_NUDGE if relation.kind in ("contradicts", "excludes") else _NUDGE for relation in structure.relations]
    model = compile_model(restated(structure, np.where(stated == 0.0, nudge, stated)))
    return [Part(structure, bundle.members, bundle.variables, bundle.plan) for bundle in model.bundles]
