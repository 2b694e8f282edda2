"""Empirical Bayes for groups of rates: the Beta distribution that the rates of a group were drawn from."""

from __future__ import annotations

import numpy as np
from scipy.special import digamma

from beliefgraph.inference.arrays import Floats, Ints

LEAST, MOST = 0.01, 500.0
"""Bounds on the counts of a population. A group of a single source, or of identical sources, has no finite optimum."""

STEPS = 2
"""Fixed-point steps in each iteration of the caller, which iterates to convergence."""


def fit(counts: Floats, group: Ints, population: Floats) -> Floats:
    """One step towards the maximum-likelihood Beta distribution of each group; shape [groups, 2].

    `counts` has the successes and failures behind every rate (shape [rates, 2]), `group` the group of each rate, and
    `population` the distributions to step from. Minka's fixed point for the Beta-binomial: α ← α·Σ[ψ(h+α) − ψ(α)] /
    Σ[ψ(h+t+α+β) − ψ(α+β)], and β likewise.
    """
    found = population.copy()
    for _ in range(STEPS):
        one, other = found[group].T
        both = digamma(counts.sum(axis=1) + one + other) - digamma(one + other)
        down = np.bincount(group, both, len(found))
        for column, prior in enumerate((one, other)):
            up = np.bincount(group, digamma(counts[:, column] + prior) - digamma(prior), len(found))
            step = found[:, column] * np.where(down > 0, up / np.where(down > 0, down, 1.0), 1.0)
            found[:, column] = np.clip(step, LEAST, MOST)
    return found


def mean(counts: Floats) -> Floats:
    """The means of Beta distributions given by their two counts; shape [n]."""
    share: Floats = counts[:, 0] / counts.sum(axis=1)
    return share


def mean_logs(counts: Floats) -> tuple[Floats, Floats]:
    """The means of ln p and of ln(1 − p) under Beta distributions given by their two counts."""
    whole = digamma(counts.sum(axis=1))
    return digamma(counts[:, 0]) - whole, digamma(counts[:, 1]) - whole
