"""The answer by definition: every joint state listed, every statement multiplied in, priors met by a general root
finder.

It shares no code with the engine. Only for a handful of beliefs: everything costs 2^n.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq, root

from beliefgraph.inference import Relation, Structure

Floats = npt.NDArray[np.float64]


def logit(p: npt.ArrayLike) -> Floats:
    return np.asarray(np.log(p) - np.log1p(-np.asarray(p)))


def joint_of(first: float, second: float, odds_ratio: float) -> Floats:
    """The 2×2 joint with these margins and this odds ratio, [first, second], found by bisection on its definition."""

    def cells(both: float) -> Floats:
        return np.array([[1 - first - second + both, second - both], [first - both, both]])

    def gap(both: float) -> float:
        c = cells(both)
        return float(c[1, 1] * c[0, 0] - odds_ratio * c[1, 0] * c[0, 1])

    low, high = max(0.0, first + second - 1.0), min(first, second)
    return cells(brentq(gap, low, high, xtol=1e-17, rtol=1e-15, maxiter=500))


def stated_odds_ratio(priors: Floats, relation: Relation) -> float:
    if relation.kind != "implies":
        return relation.parameter
    both = relation.parameter * priors[relation.source]
    first, second = priors[relation.source], priors[relation.target]
    return float(both * (1 - first - second + both) / ((first - both) * (second - both)))


@dataclass(frozen=True)
class Enumeration:
    """All states that can be ([states, n], bools as floats: 2^n, less those where not exactly one value of an exclusive
    group holds) and their log-probability without evidence; each effect's log table too."""

    states: Floats
    log_probability: Floats
    log_conditional: Mapping[int, Floats]

    @classmethod
    def of(cls, structure: Structure) -> Enumeration:
        priors = structure.priors
        n = len(priors)
        states = np.array(np.unravel_index(np.arange(2**n), (2,) * n), dtype=np.float64).T
        for group in structure.exclusive:
            states = states[states[:, list(group)].sum(axis=1) == 1]
        fixed = np.zeros(len(states))
        causes: dict[int, dict[int, float]] = {}
        for relation in structure.relations:
            ratio = stated_odds_ratio(priors, relation)
            if relation.kind == "causes":
                if relation.target in structure.noisy_or:
                    causes.setdefault(relation.target, {})[relation.source] = relation.parameter
                elif ratio != 1.0:
                    causes.setdefault(relation.target, {})[relation.source] = np.log(ratio)
            else:
                first, second = priors[relation.source], priors[relation.target]
                alone = np.outer([1 - first, first], [1 - second, second])
                table = np.log(joint_of(first, second, ratio) / alone)
                fixed += table[states[:, relation.source].astype(int), states[:, relation.target].astype(int)]

        def conditional(effect: int, intercept: float) -> Floats:
            if effect in structure.noisy_or:
                fails = np.ones(len(states)) / (1.0 + np.exp(intercept))
                for cause, does in causes[effect].items():
                    fails = fails * np.where(states[:, cause] > 0, 1.0 - does, 1.0)
                return np.asarray(np.log(np.where(states[:, effect] > 0, 1.0 - fails, fails)))
            odds = intercept + sum(weight * states[:, cause] for cause, weight in causes[effect].items())
            return np.asarray(-np.logaddexp(0.0, np.where(states[:, effect] > 0, -odds, odds)))

        def log_probability(unknown: Floats) -> Floats:
            total = fixed.copy()
            for belief in range(n):
                total += (
                    conditional(belief, unknown[belief]) if belief in causes else unknown[belief] * states[:, belief]
                )
            return np.asarray(total - np.logaddexp.reduce(total))

        def off(unknown: Floats) -> Floats:
            return marginal_log_odds(states, log_probability(unknown)) - logit(priors)

        unknown = logit(priors)
        for group in structure.exclusive:
            unknown[list(group)] = np.log(priors[list(group)])
        # One value of a group has what the others leave: nothing of its own to be found.
        sought = np.setdiff1d(np.arange(n), [group[-1] for group in structure.exclusive])

        def all_off(found: Floats) -> Floats:
            unknown[sought] = found
            return off(unknown)

        if structure.relations:
            found = root(lambda x: all_off(x)[sought], unknown[sought].copy(), tol=1e-14)
            assert np.abs(all_off(found.x)).max() < 1e-9, "the oracle itself did not find the fields"
        return cls(states, log_probability(unknown), {c: conditional(c, unknown[c]) for c in causes})

    def log_weights(
        self, evidence: npt.ArrayLike, assume: Mapping[int, bool] | None = None, do: Mapping[int, bool] | None = None
    ) -> Floats:
        weights = self.log_probability + self.states @ np.asarray(evidence)
        for belief, holds in {**(assume or {}), **(do or {})}.items():
            if belief in (do or {}):
                weights = weights - self.log_conditional.get(belief, np.zeros(len(weights)))
            weights = np.where((self.states[:, belief] > 0) == holds, weights, -np.inf)
        return np.asarray(weights)

    def log_odds(
        self, evidence: npt.ArrayLike, assume: Mapping[int, bool] | None = None, do: Mapping[int, bool] | None = None
    ) -> Floats:
        return marginal_log_odds(self.states, self.log_weights(evidence, assume, do))


def marginal_log_odds(states: Floats, log_weights: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        yes = np.logaddexp.reduce(np.where(states > 0, log_weights[:, None], -np.inf), axis=0)
        no = np.logaddexp.reduce(np.where(states > 0, -np.inf, log_weights[:, None]), axis=0)
    return np.asarray(yes - no)


def pulled(structure: Structure, effect: int, evidence: Floats) -> tuple[Floats, Floats]:
    """P(trigger pulled) and P(this one alone) given that the effect holds: every belief and every trigger a variable.

    The triggers take the place of the effect's table: each comes with its probability where its cause holds, and the
    effect is whether any did.
    """
    truth = Enumeration.of(structure)
    does = {r.source: r.parameter for r in structure.relations if r.kind == "causes" and r.target == effect}
    causes = sorted(does)
    none = (truth.states[:, [*causes, effect]] == 0).all(axis=1)
    leak = 1.0 - np.exp(truth.log_conditional[effect][none][0])
    others = np.exp(truth.log_weights(evidence) - truth.log_conditional[effect])
    brought, alone, whole = np.zeros(len(causes) + 1), np.zeros(len(causes) + 1), 0.0
    for state, weight in zip(truth.states, others, strict=True):
        if not state[effect]:
            continue
        chance = np.array([*(does[cause] * state[cause] for cause in causes), leak])
        for triggers in product((0, 1), repeat=len(chance)):
            fired = np.array(triggers)
            if fired.any():
                now = float(weight * np.where(fired, chance, 1.0 - chance).prod())
                whole += now
                brought += now * fired
                alone += now * fired * (fired.sum() == 1)
    return brought / whole, alone / whole
