"""Populations of coins: a Beta distribution that many coins were drawn from, found from what each of them showed."""

from __future__ import annotations

import numpy as np
from scipy.special import digamma

from beliefgraph.inference.arrays import Floats, Ints

LEAST, MOST = 0.01, 500.0
"""The least and the greatest count that a population is worth: one of a single source, or of equals, has no more."""

STEPS = 2
"""Fixed-point steps of the maximum likelihood at each turn of the learning, which goes on to convergence itself."""


def fit(counts: Floats, group: Ints, population: Floats) -> Floats:
    """The Beta distribution of each group of coins, a step nearer to the likeliest; shape [groups, 2].

    `counts` has the heads and tails of every coin (shape [coins, 2]), `group` its group; `population` is stepped from.
    Minka's fixed point for the Beta-binomial: α ← α·Σ[ψ(h+α) − ψ(α)] / Σ[ψ(h+t+α+β) − ψ(α+β)], and β alike.
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
    """The mean of Beta distributions, given as their two counts; shape [n]."""
    share: Floats = counts[:, 0] / counts.sum(axis=1)
    return share


def mean_logs(counts: Floats) -> tuple[Floats, Floats]:
    """The means of ln p and of ln(1 − p) under Beta distributions, given as their two counts."""
    whole = digamma(counts.sum(axis=1))
    return digamma(counts[:, 0]) - whole, digamma(counts[:, 1]) - whole
