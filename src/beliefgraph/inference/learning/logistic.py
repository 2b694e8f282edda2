"""Evidence weights from labelled outcomes: logistic regression shrunk to the stated numbers.

logit P = b + Σ w·x, where x is the sum of stated log-likelihood ratios of each rule in a case; a priori b is the stated
prior's log-odds and every w is 1. The estimate is the maximum a posteriori with normal priors around these, by Newton's
method.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from beliefgraph.inference.arrays import Floats

STEPS = 50
STILL = 1e-9
"""Convergence: the largest change of a weight."""


def weights(evidence: Floats, happened: Floats, stated: Floats, deviation: Floats) -> tuple[Floats, Floats]:
    """The intercept and the weight of each column, with their standard deviations; shape [columns + 1] each.

    `evidence` has the stated log-likelihood ratios of each rule in each case (shape [cases, columns]), `happened` is 1
    or 0; `stated` and `deviation` are the mean and the standard deviation of the priors.
    """
    x = np.column_stack([np.ones(len(evidence)), evidence])
    found = stated.astype(np.float64).copy()

    def loss(at: Floats) -> float:
        z, off = x @ at, (at - stated) / deviation
        return float(np.logaddexp(0.0, np.where(happened == 1.0, -z, z)).sum() + (off**2).sum() / 2.0)

    curvature = np.diag(1.0 / deviation**2)
    for _ in range(STEPS):
        p = expit(x @ found)
        slope = x.T @ (p - happened) + (found - stated) / deviation**2
        curvature = (x.T * (p * (1.0 - p))) @ x + np.diag(1.0 / deviation**2)
        step, whole = np.linalg.solve(curvature, slope), 1.0
        while whole > STILL and loss(found - whole * step) > loss(found):
            whole /= 2.0
        found = found - whole * step
        if np.abs(whole * step).max() < STILL:
            break
    return found, np.sqrt(np.diag(np.linalg.inv(curvature)))
