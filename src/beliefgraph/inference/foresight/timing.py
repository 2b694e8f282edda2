"""When something happens: the probability that it has happened by the end of each period of a horizon.

With hazards h_k of the periods, F(k) = 1 − Π (1 − h_j), j = 1 … k. If only the probabilities of some horizons are
known, the hazard is constant between them. The remainder, 1 − F(K), is the probability of "not within the horizon".
"""

from __future__ import annotations

import numpy as np
from scipy.special import log_expit

from beliefgraph.errors import Incorrect
from beliefgraph.inference.arrays import Floats, Ints


def by_hazards(log_odds: Floats) -> Floats:
    """F given the log-odds of each period's hazard, shape [..., periods]."""
    return np.asarray(-np.expm1(np.cumsum(log_expit(-log_odds), axis=-1)))


def through(ends: Ints, within: Floats) -> Floats:
    """F given the probabilities within some horizons, whose ends ascend, up to the last of them.

    A shorter horizon that is more likely than a longer one is reduced to that.
    """
    if not len(ends) or ends.shape != within.shape or (np.diff(ends, prepend=0) <= 0).any():
        raise Incorrect("invalid-input", "Horizons ascend, each with a probability.")
    least = np.minimum.accumulate(within[::-1])[::-1]
    hazard = np.interp(np.arange(1, ends[-1] + 1), [0, *ends], [0.0, *-np.log1p(-least)])
    return np.asarray(-np.expm1(-hazard))


def quantile(curve: Floats, share: float) -> Ints:
    """The first period, counted from 0, by whose end it has happened with at least that probability.

    The number of periods stands for "not within the horizon". Shape [..., periods] to [...].
    """
    return np.asarray((curve < share).sum(axis=-1))
