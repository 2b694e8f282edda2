"""What each input adds to the log-odds that something happens within a horizon: Aumann-Shapley values.

Over K periods with log-odds η_k, P = 1 − Π (1 − h_k), h = expit(η), and

    ∂ logit P / ∂ η_k = h_k / P.

With z_k the log-odds at the means of all columns, an input that adds d_k to period k contributes Σ_k w_k d_k, where w_k
is the mean of h_k / P on the straight line from z to η. The contributions sum to logit P(η) − logit P(z).
"""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.special import expit, log_expit

from beliefgraph.inference.arrays import Floats

POINTS = 24
"""Points of the Gauss-Legendre quadrature; its error is added to the baseline."""


@cache
def _quadrature() -> tuple[Floats, Floats]:
    """The nodes and weights on [−1, 1]."""
    nodes, weights = np.polynomial.legendre.leggauss(POINTS)
    return np.asarray(nodes), np.asarray(weights)


def log_odds_within(periods: Floats) -> Floats:
    """The log-odds of any event, given the log-odds of each period, shape [..., periods] to [...]."""
    none = log_expit(-periods).sum(axis=-1)
    return np.asarray(np.log(-np.expm1(none)) - none)


def attributed(at_means: Floats, added: Floats) -> tuple[float, Floats]:
    """The baseline and the contribution of each input.

    `at_means` are the log-odds of each period at the means of all columns, shape [periods]; `added` is what each input
    adds to them, shape [periods, inputs]. Baseline and contributions sum to the log-odds within the horizon.
    """
    along = added.sum(axis=1)
    nodes, weights = _quadrature()
    line = at_means + np.outer((nodes + 1) / 2, along)
    chance = -np.expm1(log_expit(-line).sum(axis=1))
    pull = (weights / 2) @ (expit(line) / chance[:, None])
    contributions = pull @ added
    return float(log_odds_within(at_means + along)) - float(contributions.sum()), np.asarray(contributions)
