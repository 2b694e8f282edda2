"""The conditional tables of all effects together, as flat arrays."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csc_array
from scipy.sparse.linalg import spsolve

from beliefgraph.inference.arrays import Floats
from beliefgraph.inference.factors import Family
from beliefgraph.inference.rules import causes


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
