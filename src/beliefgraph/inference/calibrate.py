"""Fields and intercepts so that without evidence every belief has its stated prior.

The unknowns are one number per belief: a field (added to its log-odds) for one that is nobody's effect, the intercept
of its conditional table for an effect. The starting point, Plackett tables divided by their margins and intercepts as
if causes were independent, is exact where the relations form a tree. Elsewhere a Newton iteration on the exact
marginals removes what is left. Without effects it is the gradient system of a convex dual, so its solution is unique.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_array, csr_array
from scipy.sparse.linalg import spsolve

from beliefgraph.errors import Incorrect
from beliefgraph.inference.arrays import Floats, Ints
from beliefgraph.inference.factors import Factors, Family
from beliefgraph.inference.plan import Plan, projection
from beliefgraph.inference.propagation import LINEAR, propagate
from beliefgraph.inference.rules import causes

DRIFT_BOUND = 1e-10
"""How far, in nats, the model's answer without evidence may lie from a stated prior: a tenth of the 1e-9 that is
promised."""

_MOST_STEPS = 60
_LONGEST_STEP = 4.0
"""In nats: no field moves more in one step, so that a step from a flat place cannot run away."""
_MEMORY = 5
"""How many earlier steps a step learns from."""
_DEAREST = 2**28
"""Exact derivatives cost a pass per belief; past so many table entries in all (about ten seconds) they are not
tried."""
_SHORTEST = 2.0**-6
"""A direction that does not improve at this fraction of its length is given up for the exact one."""


@dataclass(frozen=True, slots=True)
class Calibrated:
    """The potential of every table entry (log, at most 0, shape [entries]); each effect's log table; the drift left,
    in nats."""

    log_potential: Floats
    conditionals: tuple[Floats, ...]
    drift: float


def calibrate(plan: Plan, factors: Factors) -> Calibrated:
    """The potentials under which the plan's marginals are the stated priors, to DRIFT_BOUND.

    Raises `infeasible-statements`, naming the beliefs (local indices) that cannot be reached, when there are none.
    """
    problem = _Problem(plan, factors)
    now = problem.at(problem.start())
    past = _Past()
    exact = False
    for _ in range(_MOST_STEPS):
        if now.drift <= DRIFT_BOUND:
            break
        direction = problem.newton(now) if exact else past.accelerated(now.unknown, problem.quasi_newton(now))
        tried, step = _search(problem, now, direction)
        improved = tried.error < now.error
        if not improved and exact:
            now = problem.cause_by_cause()
            break
        if step < 1.0 and past.long:
            past = _Past()
        elif step < 1.0:
            exact = problem.affordable
        if improved:
            now = tried
    if not now.drift <= DRIFT_BOUND:
        far = np.argsort(-np.abs(now.off))[:5]
        raise Incorrect(
            "infeasible-statements",
            "These priors and relations do not hold together: no model was found that returns all the stated priors.",
            beliefs=[int(belief) for belief in far],
            drift=now.drift,
        )
    return Calibrated(problem.log_potential(now.unknown), problem.conditionals(now.unknown), now.drift)


def _search(problem: _Problem, now: _State, direction: Floats) -> tuple[_State, float]:
    """The state after the longest step, halving from the whole direction, that improves; and that step."""
    direction = direction * min(1.0, _LONGEST_STEP / max(float(np.abs(direction).max()), _LONGEST_STEP))
    step = 1.0
    while True:
        tried = problem.at(now.unknown + step * direction)
        if tried.error < now.error * (1.0 - 0.1 * step) or step < _SHORTEST:
            return tried, step
        step /= 2.0


class _Past:
    """Anderson's acceleration (1965): the steps already taken say how the next one will fall short."""

    def __init__(self) -> None:
        self._points: list[Floats] = []
        self._steps: list[Floats] = []

    @property
    def long(self) -> bool:
        """Whether there is anything to learn from."""
        return len(self._points) > 1

    def accelerated(self, point: Floats, step: Floats) -> Floats:
        """The step corrected by what the last few steps left over."""
        self._points = [*self._points[-_MEMORY:], point]
        self._steps = [*self._steps[-_MEMORY:], step]
        if not self.long:
            return step
        moved, changed = np.diff(self._points, axis=0).T, np.diff(self._steps, axis=0).T
        mixture, *_ = np.linalg.lstsq(changed, step, rcond=None)
        return np.asarray(step - (moved + changed) @ mixture)


@dataclass(frozen=True, slots=True)
class _State:
    """What the marginals are at some unknowns: the joints, the marginals, and how far they are off, in nats."""

    unknown: Floats
    joint: Floats
    marginal: Floats
    off: Floats

    @property
    def drift(self) -> float:
        return float(np.abs(self.off).max())

    @property
    def error(self) -> float:
        total = float(self.off @ self.off)
        return total if np.isfinite(total) else np.inf


class _Problem:
    """The marginals as a function of the unknowns, and its derivatives."""

    def __init__(self, plan: Plan, factors: Factors) -> None:
        self.plan = plan
        self.priors = factors.priors
        self.families = factors.families
        self.effects = np.array([family.effect for family in factors.families], dtype=np.int64)
        self.free = np.setdiff1d(np.arange(len(self.priors)), self.effects)
        self.leaves = np.ones((plan.leaves, 1))
        own = np.log(np.stack([1.0 - self.priors, self.priors], axis=-1)[self.free])
        pairs = np.array([pair.log_table.ravel() for pair in factors.pairs]).ravel()
        self.fixed = np.concatenate([own.ravel(), pairs])
        self.causal = _Causal(self.families, len(self.priors))
        scopes = [(int(belief),) for belief in self.free] + factors.scopes
        self.incidence = _incidence(plan, scopes, len(self.fixed) + 2 * self.causal.states)

    @property
    def affordable(self) -> bool:
        """Whether exact derivatives cost little enough."""
        return self.plan.entries * len(self.priors) <= _DEAREST

    def start(self) -> Floats:
        unknown = np.zeros(len(self.priors))
        if self.families:
            independent = [_independent(self.priors[list(family.causes)]) for family in self.families]
            unknown[self.effects] = self.causal.intercepts(self.priors, np.concatenate(independent))
        return unknown

    def log_potential(self, unknown: Floats) -> Floats:
        fixed = self.fixed.copy()
        fixed[1 : 2 * len(self.free) : 2] += unknown[self.free]
        values = np.concatenate([fixed, self.causal.log_conditionals(unknown[self.effects])])
        total = self.incidence @ values
        sizes = np.diff(np.append(self.plan.clique_start, self.plan.entries))
        return np.asarray(total - np.repeat(np.maximum.reduceat(total, self.plan.clique_start), sizes))

    def conditionals(self, unknown: Floats) -> tuple[Floats, ...]:
        flat = self.causal.log_conditionals(unknown[self.effects])
        return tuple(np.split(flat, 2 * self.causal.start[1:])) if self.families else ()

    def at(self, unknown: Floats) -> _State:
        potential = np.exp(self.log_potential(unknown))[:, None]
        with np.errstate(invalid="ignore", divide="ignore"):
            done = propagate(self.plan, potential, self.leaves, LINEAR)
            no, yes = done.marginal[:, 0].reshape(-1, 2).T
            off = np.log(self.priors) - np.log1p(-self.priors) - np.log(yes) + np.log(no)
        return _State(unknown, done.joint[:, 0], yes / (yes + no), off)

    def cause_by_cause(self) -> _State:
        """The state after fitting each intercept to the joint its causes have, until nothing changes.

        Where all relations are causal, a belief is right one round after its causes are, so this cannot fail; it only
        takes as many rounds as the longest chain.
        """
        state = self.at(self.start())
        for _ in self.families:
            if state.drift <= DRIFT_BOUND:
                break
            unknown = state.unknown.copy()
            unknown[self.effects] = self.causal.intercepts(self.priors, self._causes_joint(state))
            state = self.at(unknown)
        return state

    def quasi_newton(self, state: _State) -> Floats:
        """The step if, clique by clique, covariances were those of a Gaussian with the same graph.

        The inverse covariance is then the sum of the cliques' inverses less the separators' (S. L. Lauritzen, Graphical
        Models, 1996, 5.3): exact for pairwise trees, close elsewhere, and it never builds an n×n matrix.
        """
        gap = self.priors - state.marginal
        step = np.zeros(len(gap))
        for group in self._groups():
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
        return self.causal.through(step, state.unknown[self.effects], self._causes_joint(state))

    def newton(self, state: _State) -> Floats:
        """The step with the exact derivatives: cov(state of i, statistic of j) for all i and j, by one tilted pass
        for each j.

        The statistic of a field is the state itself, that of an intercept is the state less its conditional
        probability. Weighting by 1 + statistic/2 keeps every weight positive.
        """
        size = len(self.priors)
        jacobian = np.empty((size, size))
        potential = self.log_potential(state.unknown)
        chunk = max(1, 2**16 // self.plan.entries)
        tilts = self._tilts(state.unknown)
        for first in range(0, size, chunk):
            some = range(first, min(first + chunk, size))
            tilted = np.repeat(np.exp(potential)[:, None], len(some), axis=1)
            weight = np.empty(len(some))
            for column, j in enumerate(some):
                entries, tilt = tilts[j]
                tilted[entries, column] *= tilt
                weight[column] = float(state.joint[entries] @ tilt)
            done = propagate(self.plan, tilted, np.ones((self.plan.leaves, len(some))), LINEAR)
            pairs = done.marginal.reshape(size, 2, len(some))
            yes = pairs[:, 1] / pairs.sum(axis=1)
            jacobian[:, first : first + len(some)] = 2.0 * weight * (yes - state.marginal[:, None])
        step, *_ = np.linalg.lstsq(jacobian, self.priors - state.marginal, rcond=1e-13)
        return np.asarray(step)

    def _tilts(self, unknown: Floats) -> list[tuple[slice, Floats]]:
        """For each unknown, the table entries it is tilted at, and 1 + statistic/2 there."""
        tilts: list[tuple[slice, Floats]] = []
        family_of = {family.effect: family for family in self.families}
        for belief in range(len(self.priors)):
            family = family_of.get(belief)
            clique = self.plan.home(family.scope if family else [belief])
            held = clique.projection([belief])
            if family is None:
                statistic = held.astype(np.float64)
            else:
                chance = 1.0 / (1.0 + np.exp(-unknown[belief] - family.push))
                statistic = held - chance[clique.projection(family.causes)]
            tilts.append((slice(clique.start, clique.start + clique.size), 1.0 + statistic / 2.0))
        return tilts

    def _causes_joint(self, state: _State) -> Floats:
        """The probability of every joint state of every effect's causes."""
        factor_marginals = self.incidence.T @ state.joint
        return np.asarray(factor_marginals[len(self.fixed) :].reshape(-1, 2).sum(axis=1))

    def _groups(self) -> list[_Group]:
        alike: dict[tuple[int, int], list[int]] = {}
        for k, clique in enumerate(self.plan.cliques):
            alike.setdefault((len(clique.scope), clique.shared), []).append(k)
        return [
            _Group(
                scopes=np.array([self.plan.cliques[k].scope for k in some]),
                entries=np.array([self.plan.cliques[k].start for k in some])[:, None] + np.arange(2**size),
                states=np.array([projection((2,) * size, (axis,)) for axis in range(size)], dtype=np.float64),
                shared=shared,
            )
            for (size, shared), members in alike.items()
            for some in _chunks(members, max(1, 2**22 // (size << size)))
        ]


@dataclass(frozen=True, slots=True)
class _Group:
    """Cliques of one shape: their beliefs [G, k], their table entries [G, 2^k], the states of those [k, 2^k]."""

    scopes: Ints
    entries: Ints
    states: Floats
    shared: int


class _Causal:
    """All conditional tables together, flat: the joint states of each effect's causes one after the other."""

    def __init__(self, families: tuple[Family, ...], size: int) -> None:
        self.size = size
        self.families = families
        self.effects = np.array([family.effect for family in families], dtype=np.int64)
        sizes = np.array([len(family.push) for family in families], dtype=np.int64)
        self.start = np.cumsum(sizes) - sizes
        self.states = int(sizes.sum())
        self.family = np.repeat(np.arange(len(families)), sizes)
        self.push = np.concatenate([family.push for family in families]) if families else np.zeros(0)
        joints, withs, withouts, causes_, effects_, begins = [], [], [], [], [], [0]
        for family, start in zip(families, self.start, strict=True):
            number = len(family.causes)
            for at, cause in enumerate(family.causes):
                bit = 1 << (number - 1 - at)
                every = np.arange(1 << number)
                joints.append(start + every)
                withs.append(start + (every | bit))
                withouts.append(start + (every & ~bit))
                causes_.append(cause)
                effects_.append(family.effect)
                begins.append(begins[-1] + len(every))
        self._joint = np.concatenate(joints) if joints else np.zeros(0, dtype=np.int64)
        self._with = np.concatenate(withs) if withs else np.zeros(0, dtype=np.int64)
        self._without = np.concatenate(withouts) if withouts else np.zeros(0, dtype=np.int64)
        self._edge_cause = np.array(causes_, dtype=np.int64)
        self._edge_effect = np.array(effects_, dtype=np.int64)
        self._edge_start = np.array(begins[:-1], dtype=np.int64)

    def log_conditionals(self, intercepts: Floats) -> Floats:
        """Every table, flat, the effect fastest."""
        return causes.log_conditional(intercepts[self.family], self.push).ravel()

    def chances(self, intercepts: Floats) -> Floats:
        """The probability of the effect at every joint state of its causes."""
        return np.asarray(1.0 / (1.0 + np.exp(-intercepts[self.family] - self.push)))

    def intercepts(self, priors: Floats, weight: Floats) -> Floats:
        """The intercepts that return the priors where the causes have this joint.

        The expectation rises with the intercept, from 0 to 1, so bisection between prior log-odds less the greatest and
        the least push cannot fail.
        """
        if not self.families:
            return np.zeros(0)
        wanted = priors[self.effects]
        log_odds = np.log(wanted) - np.log1p(-wanted)
        low = log_odds - np.maximum.reduceat(self.push, self.start)
        high = log_odds - np.minimum.reduceat(self.push, self.start)
        for _ in range(64):
            middle = 0.5 * (low + high)
            above = np.add.reduceat(weight * self.chances(middle), self.start) > wanted
            low, high = np.where(above, low, middle), np.where(above, middle, high)
        return np.asarray(0.5 * (low + high))

    def through(self, step: Floats, intercepts: Floats, joint: Floats) -> Floats:
        """A step in fields, as one in fields and intercepts.

        An intercept moves its effect less what the causes pass on, about Σ β·(cause), β the mean rise by one cause: so
        derivative = covariance · (1 − β), a triangular system.
        """
        if not self.families:
            return step
        chance = self.chances(intercepts)
        rise = np.add.reduceat(joint[self._joint] * (chance[self._with] - chance[self._without]), self._edge_start)
        diagonal = np.arange(self.size)
        matrix = csc_array(
            (
                np.concatenate([np.ones(self.size), -rise]),
                (np.concatenate([diagonal, self._edge_cause]), np.concatenate([diagonal, self._edge_effect])),
            ),
            shape=(self.size, self.size),
        )
        return np.asarray(spsolve(matrix, step))


def _independent(probabilities: Floats) -> Floats:
    """The joint of independent beliefs, the last fastest."""
    joint = np.ones(1)
    for probability in probabilities:
        joint = np.outer(joint, [1.0 - probability, probability]).ravel()
    return joint


def _incidence(plan: Plan, scopes: list[tuple[int, ...]], values: int) -> csr_array:
    """Which entry of each factor stands in which table entry: log-potential = incidence @ log-factors."""
    rows, columns = [], []
    offset = 0
    for scope in scopes:
        clique = plan.home(scope)
        rows.append(np.arange(clique.start, clique.start + clique.size))
        columns.append(offset + clique.projection(scope))
        offset += 1 << len(scope)
    row, column = np.concatenate(rows), np.concatenate(columns)
    return csr_array((np.ones(len(row)), (row, column)), shape=(plan.entries, values))


def _chunks(members: list[int], length: int) -> list[list[int]]:
    return [members[at : at + length] for at in range(0, len(members), length)]
