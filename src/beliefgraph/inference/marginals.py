"""The marginals without evidence as a function of fields and intercepts, and the steps towards the priors."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from beliefgraph.inference.arrays import Floats, Ints
from beliefgraph.inference.conditionals import Conditionals
from beliefgraph.inference.covariances import Alike, alike, coordinates
from beliefgraph.inference.factors import Factors
from beliefgraph.inference.incidence import Incidence
from beliefgraph.inference.parallel import scales
from beliefgraph.inference.plan import Plan
from beliefgraph.inference.propagation import Engine
from beliefgraph.inference.rules import causes, noisy_or
from beliefgraph.inference.scopes import Scopes
from beliefgraph.inference.stop import check_stopped, in_abandonable_thread, spend
from beliefgraph.inference.variables import Variables

_DEAREST = 2**28
"""Maximum cost of exact derivatives in table entries (some seconds): a pass per belief, and an equation in as many
unknowns."""

_SOLVED = 16
"""An equation in n unknowns takes as long as n³ / 16 table entries of a pass."""


@dataclass(frozen=True, slots=True)
class State:
    """The marginals at some unknowns: the joints, each belief's probability, and its deviation in nats."""

    unknown: Floats
    joint: Floats
    marginal: Floats
    off: Floats

    @property
    def drift(self) -> float:
        """The greatest deviation of a marginal, in nats."""
        return float(np.abs(self.off).max())

    @property
    def error(self) -> float:
        """The error to be minimised: the sum of the squared deviations; infinite if they are not finite."""
        total = float(self.off @ self.off)
        return total if np.isfinite(total) else np.inf


class Marginals:
    """The marginals as a function of the unknowns, and its derivatives."""

    def __init__(self, plan: Plan, variables: Variables, factors: Factors) -> None:
        self.plan = plan
        self.variables = variables
        self.priors = variables.normalised(factors.priors)
        self.families = factors.families
        self.effects = np.array([family.effect for family in factors.families], dtype=np.int64)
        self.log_odds = variables.log_odds(self.priors)
        self.free = np.setdiff1d(np.arange(len(self.priors)), self.effects)
        self.tables = Conditionals(self.families, len(self.priors))
        joined = factors.joined
        self.unknown = coordinates(variables, self.priors, {belief for beliefs in joined for belief in beliefs})
        roots = np.setdiff1d(np.arange(len(variables.cards)), variables.variable[self.effects])
        leaves = np.flatnonzero(np.isin(np.repeat(np.arange(len(variables.cards)), variables.cards), roots))
        self.own = variables.distributions(self.priors)
        self.pairs = factors.pairs
        pairs = np.array([pair.log_table.ravel() for pair in factors.pairs]).ravel()
        self.fixed = np.concatenate([np.log(self.own[leaves]), pairs])
        self.field = np.searchsorted(leaves, variables.leaf[self.free])
        self.stated = np.concatenate([np.arange(len(leaves)), len(leaves) + variables.stated(joined)])
        self.incidence = Incidence.of(plan.tables, Scopes.alone(roots).then(Scopes.of(variables.scopes(joined))))

    @property
    def affordable(self) -> bool:
        """Whether exact derivatives are affordable."""
        return self._exact_cost <= _DEAREST

    @property
    def _exact_cost(self) -> int:
        return self.plan.entries * len(self.priors) + len(self.priors) ** 3 // _SOLVED

    def start(self) -> Floats:
        """The unknowns that are exact on a tree.

        Fields if several relations connect two variables, and intercepts as if causes were independent.
        """
        unknown = self._parallel_fields() if self.variables.values else np.zeros(len(self.priors))
        if self.families:
            joints = [self.variables.independent(self.own, family.causes) for family in self.families]
            unknown[self.effects] = self.tables.intercepts(self.priors, np.concatenate(joints))
        return unknown

    def _parallel_fields(self) -> Floats:
        """The field of every belief implied by parallel relations, relative to the state that has none."""
        variables = self.variables
        scale = scales(variables, self.own, self.pairs, set(variables.variable[self.effects].tolist()))
        against = variables.start[:-1].copy()
        for value in variables.values:
            first, last = variables.first[value : value + 2].tolist()
            against[value] = variables.leaf[min(set(range(first, last)).difference(self.unknown[value]))]
        return np.asarray(scale[variables.leaf] - scale[against[variables.variable]])

    def log_potential(self, unknown: Floats) -> Floats:
        """The sum of the log factors at every table entry; shape [entries], the maximum of each clique 0."""
        fixed = self.fixed.copy()
        fixed[self.field] += unknown[self.free]
        values = np.concatenate([fixed, self.tables.log_conditionals(unknown[self.effects])])[self.stated]
        total = self.incidence.total(values)
        tables = self.plan.tables
        return np.asarray(total - np.repeat(np.maximum.reduceat(total, tables.start), tables.size))

    def conditionals(self, unknown: Floats) -> tuple[Floats, ...]:
        """The log table of every family, over its beliefs."""
        flat = self.tables.log_conditionals(unknown[self.effects])
        return tuple(np.split(flat, 2 * self.tables.start[1:])) if self.families else ()

    def at(self, unknown: Floats) -> State:
        """The marginals at some unknowns, by one pass."""
        spend(self.plan.entries)
        joint, marginal = Engine.of(self.plan, self.log_potential(unknown)).joint()
        no, yes = self.variables.split(marginal)
        off = self.log_odds - np.log(yes) + np.log(no)
        return State(unknown, joint, yes / (yes + no), off)

    def cause_by_cause(self, bound: float) -> State:
        """The state after fitting each intercept to the joint of its causes, until the drift is within the bound.

        If all relations are causal, a belief is exact one round after its causes are, so this cannot fail; it takes as
        many rounds as the longest chain.
        """
        state = self.at(self.start())
        for _ in self.families:
            if state.drift <= bound:
                break
            unknown = state.unknown.copy()
            unknown[self.effects] = self.tables.intercepts(self.priors, self._causes_joint(state))
            state = self.at(unknown)
        return state

    def overshot(self, state: State) -> dict[int, float]:
        """The effects that their causes alone make more likely than stated, each with that probability."""
        least = self.tables.least(self._causes_joint(state)) if self.families else np.zeros(0)
        too_likely = np.flatnonzero(least >= self.priors[self.effects])
        return {int(self.effects[at]): float(least[at]) for at in too_likely}

    def leakless(self, state: State) -> bool:
        """Whether an effect is too likely although its leak is practically zero."""
        too_likely = state.marginal[self.effects] > self.priors[self.effects]
        return bool((self.tables.noisy_or & too_likely & (state.unknown[self.effects] < noisy_or.LEAST_LEAK)).any())

    def quasi_newton(self, state: State) -> Floats:
        """The step if, clique by clique, covariances were those of a Gaussian with the same graph.

        The inverse covariance is then the sum of the cliques' inverses minus the separators' (S. L. Lauritzen,
        Graphical Models, 1996, 5.3): exact for pairwise trees, close elsewhere, and without an n×n matrix.
        """
        gap = self.priors - state.marginal
        step = np.zeros(len(gap))
        for cliques in self._alike:
            cliques.step(state.joint, gap, step)
        return self.tables.through(step, state.unknown[self.effects], self._causes_joint(state))

    def newton(self, state: State) -> Floats:
        """The step with the exact derivatives, by one tilted pass for each unknown j.

        A pass gives cov(state of i, statistic of j) for all i. The statistic of a field is the state itself, that of an
        intercept is the state minus its conditional probability. Weighting by 1 + statistic/2 keeps every weight
        positive. Raises `LinAlgError` if the derivatives are NaN.
        """
        spend(self._exact_cost)
        tilts = self._tilts(state.unknown)
        jacobian = np.empty((len(self.priors), len(tilts)))
        potential = self.log_potential(state.unknown)
        engine = Engine.of(self.plan, potential)
        for j, (_, row, tilt) in enumerate(tilts):
            check_stopped()
            clique = self.plan.cliques[row]
            entries = slice(clique.start, clique.start + clique.size)
            tilted = potential.copy()
            tilted[entries] += np.log(tilt)
            _, marginal = engine.with_potentials(tilted, [row]).joint()
            no, yes = self.variables.split(marginal)
            jacobian[:, j] = 2.0 * float(state.joint[entries] @ tilt) * (yes / (no + yes) - state.marginal)
        if not np.isfinite(jacobian).all():
            raise np.linalg.LinAlgError
        found, *_ = in_abandonable_thread(lambda: np.linalg.lstsq(jacobian, self.priors - state.marginal, rcond=1e-13))
        step = np.zeros(len(self.priors))
        step[[belief for belief, *_ in tilts]] = found
        return step

    def _tilts(self, unknown: Floats) -> list[tuple[int, int, Floats]]:
        """For each unknown its belief, the clique it is tilted at, and 1 + statistic/2 there."""
        tilts: list[tuple[int, int, Floats]] = []
        family_of = {family.effect: family for family in self.families}
        for belief in sorted(belief for beliefs in self.unknown for belief in beliefs):
            family = family_of.get(belief)
            (scope,) = self.variables.scopes([family.beliefs if family else (belief,)])
            row = self.plan.home_row(scope)
            if family is None:
                statistic = self._held(row, (belief,)).astype(np.float64)
            else:
                rule = noisy_or if family.noisy_or else causes
                statistic = rule.statistic(unknown[belief], family.push).ravel()[self._held(row, family.beliefs)]
            tilts.append((belief, row, 1.0 + statistic / 2.0))
        return tilts

    def _held(self, row: int, beliefs: tuple[int, ...]) -> Ints:
        """For each entry of a clique's table, which of some beliefs hold."""
        (scope,) = self.variables.scopes([beliefs])
        return np.asarray(self.variables.stated([beliefs])[self.plan.cliques[row].projection(scope)])

    def _causes_joint(self, state: State) -> Floats:
        """The probability of every joint state of every effect's causes."""
        size = len(self.fixed) + 2 * self.tables.states
        factor_marginals = np.bincount(self.stated, self.incidence.margins(state.joint), size)
        return np.asarray(factor_marginals[len(self.fixed) :].reshape(-1, 2).sum(axis=1))

    @cached_property
    def _alike(self) -> list[Alike]:
        return alike(self.plan.tables, self.variables, self.unknown)
