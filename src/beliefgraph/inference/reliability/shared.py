"""How much of their error observations of one origin share, from what turned out to be true."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar

from beliefgraph.inference.arrays import Floats, Ints

CLOSE = 1e-4
"""To what precision a correlation is found."""


def learn_correlation(
    question: Ints, spoken: Floats, count: Floats, rest: Floats, holds: npt.NDArray[np.bool_]
) -> float:
    """The likeliest correlation ρ in [0, 1] of what has one origin, given what held.

    One row for each origin on each belief: the `question` (belief) it is on, `spoken`, the sum of its log-likelihood
    ratios after the coins of its sources, and `count`, how many observations that is. Per question: `rest`, the
    log-odds from everything else, and whether it `holds`. By maximum likelihood:
    ln P = Σ ln σ(±(rest + Σ spoken / (1 + (n−1)·ρ))).
    """

    def total(rho: float) -> float:
        return float(surprise(rho, question, spoken, count, rest, holds).sum())

    inner = minimize_scalar(total, bounds=(0.0, 1.0), method="bounded", options={"xatol": CLOSE})
    return float(min((0.0, 1.0, float(inner.x)), key=total))


def surprise(
    rho: float, question: Ints, spoken: Floats, count: Floats, rest: Floats, holds: npt.NDArray[np.bool_]
) -> Floats:
    """−ln P of what turned out of each question at a correlation; columns as of `learn_correlation`."""
    said = np.bincount(question, spoken / (1.0 + np.maximum(count - 1.0, 0.0) * rho), len(rest))
    return np.logaddexp(0.0, -np.where(holds, 1.0, -1.0) * (rest + said))
