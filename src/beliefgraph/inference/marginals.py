"""The marginals without evidence as a function of fields and intercepts, and the steps that lead to the priors."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from beliefgraph.inference.arrays import Floats, Ints
from beliefgraph.inference.conditionals import Conditionals, independent
from beliefgraph.inference.factors import Factors
from beliefgraph.inference.incidence import Incidence
from beliefgraph.inference.plan import Plan, projection
from beliefgraph.inference.propagation import Engine
from beliefgraph.inference.scopes import Scopes

_DEAREST = 2**28
"""Exact derivatives cost a pass per belief; past so many table entries in all (about ten seconds) they are not
tried."""


@dataclass(frozen=True, slots=True)
class State:
    """What the marginals are at some unknowns: the joints, the marginals, and how far they are off, in nats."""

    unknown: Floats
    joint: Floats
    marginal: Floats
    off: Floats

    @property
    def drift(self) -> float:
        """How far the farthest marginal is off, in nats."""
        return float(np.abs(self.off).max())

    @property
    def error(self) -> float:
        """What a step must lower: the squares of how far all marginals are off; infinite where they make no sense."""
        total = float(self.off @ self.off)
        return total if np.isfinite(total) else np.inf


class Marginals:
    """The marginals as a function of the unknowns, and its derivatives."""

    def __init__(self, plan: Plan, factors: Factors) -> None:
        self.plan = plan
        self.priors = factors.priors
        self.families = factors.families
        self.effects = np.array([family.effect for family in factors.families], dtype=np.int64)
        self.free = np.setdiff1d(np.arange(len(self.priors)), self.effects)
        own = np.log(np.stack([1.0 - self.priors, self.priors], axis=-1)[self.free])
        pairs = np.array([pair.log_table.ravel() for pair in factors.pairs]).ravel()
        self.fixed = np.concatenate([own.ravel(), pairs])
        self.tables = Conditionals(self.families, len(self.priors))
        scopes = [(int(belief),) for belief in self.free] + factors.scopes
        self.incidence = Incidence.of(plan.tables, Scopes.of(scopes))

    @property
    def affordable(self) -> bool:
        """Whether exact derivatives cost little enough."""
        return self.plan.entries * len(self.priors) <= _DEAREST

    def start(self) -> Floats:
        """The unknowns that are right on a tree: no fields, and intercepts as if causes were independent."""
        unknown = np.zeros(len(self.priors))
        if self.families:
            joints = [independent(self.priors[list(family.causes)]) for family in self.families]
            unknown[self.effects] = self.tables.intercepts(self.priors, np.concatenate(joints))
        return unknown

    def log_potential(self, unknown: Floats) -> Floats:
        """The log of every table entry's factors together; shape [entries], the largest of each clique 0."""
        fixed = self.fixed.copy()
        fixed[1 : 2 * len(self.free) : 2] += unknown[self.free]
        values = np.concatenate([fixed, self.tables.log_conditionals(unknown[self.effects])])
        total = self.incidence.total(values)
        tables = self.plan.tables
        return np.asarray(total - np.repeat(np.maximum.reduceat(total, tables.start), tables.size))

    def conditionals(self, unknown: Floats) -> tuple[Floats, ...]:
        """The log table of every family, over its scope."""
        flat = self.tables.log_conditionals(unknown[self.effects])
        return tuple(np.split(flat, 2 * self.tables.start[1:])) if self.families else ()

    def at(self, unknown: Floats) -> State:
        """The marginals at some unknowns, by one pass."""
        joint, marginal = Engine.of(self.plan, self.log_potential(unknown)).joint()
        no, yes = marginal.reshape(-1, 2).T
        off = np.log(self.priors) - np.log1p(-self.priors) - np.log(yes) + np.log(no)
        return State(unknown, joint, yes / (yes + no), off)

    def cause_by_cause(self, bound: float) -> State:
        """The state after fitting each intercept to the joint its causes have, until the drift is within the bound.

        Where all relations are causal, a belief is right one round after its causes are, so this cannot fail; it only
        takes as many rounds as the longest chain.
        """
        state = self.at(self.start())
        for _ in self.families:
            if state.drift <= bound:
                break
            unknown = state.unknown.copy()
            unknown[self.effects] = self.tables.intercepts(self.priors, self._causes_joint(state))
            state = self.at(unknown)
        return state

    def quasi_newton(self, state: State) -> Floats:
        """The step if, clique by clique, covariances were those of a Gaussian with the same graph.

        The inverse covariance is then the sum of the cliques' inverses less the separators' (S. L. Lauritzen, Graphical
        Models, 1996, 5.3): exact for pairwise trees, close elsewhere, and it never builds an n×n matrix.
        """
        gap = self.priors - state.marginal
        step = np.zeros(len(gap))
        for group in self._groups:
            joint = state.joint[group.entries]
            states = group.states
            mean = joint @ states.T
            moment = np.matmul(joint[:, None, :] * states, states.T)
            covariance = moment - mean[:, :, None] * mean[:, None, :]
            covariance += 1e-13 * np.eye(len(states))
            wanted = gap[group.scopes][:, :, None]
            np.add.at(step, group.scopes, np.linalg.solve(covariance, wanted)[:, :, 0])
            if group.shared:
                inside = slice(0, group.shared)
                part = np.linalg.solve(covariance[:, inside, inside], wanted[:, inside])[:, :, 0]
                np.add.at(step, group.scopes[:, inside], -part)
        return self.tables.through(step, state.unknown[self.effects], self._causes_joint(state))

    def newton(self, state: State) -> Floats:
        """The step with the exact derivatives: cov(state of i, statistic of j) for all i and j, by one tilted pass
        for each j.

        The statistic of a field is the state itself, that of an intercept is the state less its conditional
        probability. Weighting by 1 + statistic/2 keeps every weight positive.
        """
        size = len(self.priors)
        jacobian = np.empty((size, size))
        potential = self.log_potential(state.unknown)
        engine = Engine.of(self.plan, potential)
        for j, (row, tilt) in enumerate(self._tilts(state.unknown)):
            clique = self.plan.cliques[row]
            entries = slice(clique.start, clique.start + clique.size)
            tilted = potential.copy()
            tilted[entries] += np.log(tilt)
            _, marginal = engine.with_potentials(tilted, [row]).joint()
            pairs = marginal.reshape(size, 2)
            yes = pairs[:, 1] / pairs.sum(axis=1)
            jacobian[:, j] = 2.0 * float(state.joint[entries] @ tilt) * (yes - state.marginal)
        step, *_ = np.linalg.lstsq(jacobian, self.priors - state.marginal, rcond=1e-13)
        return np.asarray(step)

    def _tilts(self, unknown: Floats) -> list[tuple[int, Floats]]:
        """For each unknown, the clique it is tilted at, and 1 + statistic/2 there."""
        tilts: list[tuple[int, Floats]] = []
        family_of = {family.effect: family for family in self.families}
        scopes = [family_of[belief].scope if belief in family_of else (belief,) for belief in range(len(self.priors))]
        for belief, row in enumerate(self.plan.tables.homes(Scopes.of(scopes)).tolist()):
            family = family_of.get(belief)
            clique = self.plan.cliques[row]
            held = clique.projection([belief])
            if family is None:
                statistic = held.astype(np.float64)
            else:
                chance = 1.0 / (1.0 + np.exp(-unknown[belief] - family.push))
                statistic = held - chance[clique.projection(family.causes)]
            tilts.append((row, 1.0 + statistic / 2.0))
        return tilts

    def _causes_joint(self, state: State) -> Floats:
        """The probability of every joint state of every effect's causes."""
        factor_marginals = self.incidence.margins(state.joint)
        return np.asarray(factor_marginals[len(self.fixed) :].reshape(-1, 2).sum(axis=1))

    @cached_property
    def _groups(self) -> list[_Group]:
        tables = self.plan.tables
        number = np.diff(tables.scopes.start)
        found = []
        for size, shared in dict.fromkeys(zip(number.tolist(), tables.shared.tolist(), strict=True)):
            members = np.flatnonzero((number == size) & (tables.shared == shared))
            states = np.array([projection((2,) * size, (axis,)) for axis in range(size)], dtype=np.float64)
            for some in np.split(members, range(most := max(1, 2**22 // (size << size)), len(members), most)):
                scopes = tables.scopes.variables[tables.scopes.start[some][:, None] + np.arange(size)]
                found.append(_Group(scopes, tables.start[some][:, None] + np.arange(2**size), states, shared))
        return found


@dataclass(frozen=True, slots=True)
class _Group:
    """Cliques of one shape: their beliefs [G, k], their table entries [G, 2^k], the states of those [k, 2^k]."""

    scopes: Ints
    entries: Ints
    states: Floats
    shared: int
