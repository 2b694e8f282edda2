"""The conditional tables of all effects together, as flat arrays."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csc_array
from scipy.sparse.linalg import spsolve

from beliefgraph.inference.arrays import Floats
from beliefgraph.inference.factors import Family
from beliefgraph.inference.rules import causes, noisy_or

_SMALL_LEAK = -6.0
"""Start of the search for a nearly impossible leak, in log-odds: far enough from 0 for a measurable slope."""


class Conditionals:
    """All conditional tables, flat: the joint states of the first effect's causes, then the second's, and so on."""

    def __init__(self, families: tuple[Family, ...], size: int) -> None:
        self.size = size
        self.families = families
        self.effects = np.array([family.effect for family in families], dtype=np.int64)
        sizes = np.array([len(family.push) for family in families], dtype=np.int64)
        self.start = np.cumsum(sizes) - sizes
        self.states = int(sizes.sum())
        self.family = np.repeat(np.arange(len(families)), sizes)
        self.push = np.concatenate([family.push for family in families]) if families else np.zeros(0)
        self.noisy_or = np.array([family.noisy_or for family in families], dtype=np.bool_)
        self._noisy = np.flatnonzero(self.noisy_or[self.family])
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
        at = intercepts[self.family]
        table = causes.log_conditional(at, self.push)
        if self._noisy.size:
            table[self._noisy] = noisy_or.log_conditional(at[self._noisy], self.push[self._noisy])
        return table.ravel()

    def chances(self, intercepts: Floats) -> Floats:
        """The probability of the effect in every joint state of its causes."""
        chance = 1.0 / (1.0 + np.exp(-intercepts[self.family] - self.push))
        if self._noisy.size:
            chance[self._noisy] = np.exp(self.log_conditionals(intercepts)[1::2][self._noisy])
        return np.asarray(chance)

    def least(self, weight: Floats) -> Floats:
        """The probability of each effect by its causes alone, given their joint.

        Without any leak if it is a noisy OR, otherwise 0.
        """
        found = np.add.reduceat(weight * -np.expm1(-self.push), self.start) if self.families else np.zeros(0)
        return np.where(self.noisy_or, found, 0.0)

    def intercepts(self, priors: Floats, weight: Floats) -> Floats:
        """The intercepts that return the priors if the causes have this joint.

        The expectation rises with the intercept, from 0 to 1, so bisection between prior log-odds minus the greatest
        and the least push cannot fail. For a noisy OR it rises from the probability by its causes alone, and the leak
        is at most the prior; if no leak is small enough, the result is a small one to start from.
        """
        if not self.families:
            return np.zeros(0)
        wanted = priors[self.effects]
        log_odds = np.log(wanted) - np.log1p(-wanted)
        low = log_odds - np.maximum.reduceat(self.push, self.start)
        high = log_odds - np.minimum.reduceat(self.push, self.start)
        low, high = np.where(self.noisy_or, noisy_or.LEAST_LEAK, low), np.where(self.noisy_or, log_odds, high)
        for _ in range(64):
            middle = 0.5 * (low + high)
            above = np.add.reduceat(weight * self.chances(middle), self.start) > wanted
            low, high = np.where(above, low, middle), np.where(above, middle, high)
        found = 0.5 * (low + high)
        return np.where(self.noisy_or & (found < noisy_or.LEAST_LEAK + 1.0), _SMALL_LEAK, found)

    def through(self, step: Floats, intercepts: Floats, joint: Floats) -> Floats:
        """A step in fields, converted to fields and intercepts.

        An intercept moves its effect minus what the causes pass on, about Σ β·(cause), β the mean rise by one cause: so
        derivative = covariance · (1 − β), a triangular system. A leak moves it by a share r of that.
        """
        if not self.families:
            return step
        chance = self.chances(intercepts)
        rise = np.add.reduceat(joint[self._joint] * (chance[self._with] - chance[self._without]), self._edge_start)
        diagonal = np.arange(self.size)
        share = np.ones(self.size)
        share[self.effects] = self._share(intercepts, joint, chance)
        matrix = csc_array(
            (
                np.concatenate([share, -rise * share[self._edge_effect]]),
                (np.concatenate([diagonal, self._edge_cause]), np.concatenate([diagonal, self._edge_effect])),
            ),
            shape=(self.size, self.size),
        )
        return np.asarray(spsolve(matrix, step))

    def _share(self, intercepts: Floats, joint: Floats, chance: Floats) -> Floats:
        """The mean effect of an intercept relative to that of a field: 1 if the table is logistic."""
        leak = 1.0 / (1.0 + np.exp(-intercepts[self.family]))
        moved = np.add.reduceat(joint * leak * (1.0 - chance), self.start)
        whole = np.add.reduceat(joint * chance * (1.0 - chance), self.start)
        return np.where(self.noisy_or, moved / whole, 1.0)
