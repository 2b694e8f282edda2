"""A drifting quantity with occasional measurements: the local-level model in continuous time.

The quantity x is a random walk, dx = σ·dW, and a measurement is y = x + noise of deviation r. The measurements up to a
moment t are, as a likelihood of x(t), one normal density N(y̅, v): each measurement adds its precision, and time adds
σ²·dt to v (R. E. Kalman, A new approach to linear filtering and prediction problems, 1960, started without a prior).
The stated prior N(m, s²) is that of x at the moment of the query, like every prior here; so old measurements weigh less
and less, and without recent ones the result returns to the prior.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import log_ndtr

from beliefgraph.errors import Incorrect
from beliefgraph.inference.arrays import floats
from beliefgraph.inference.evidence import LOG_LIKELIHOOD_BOUND


@dataclass(frozen=True, slots=True)
class Normal:
    """A normal distribution of a quantity, in its own unit."""

    mean: float
    deviation: float

    def __post_init__(self) -> None:
        if not (np.isfinite(self.mean) and 0.0 < self.deviation < np.inf):
            raise Incorrect("invalid-input", "A quantity has a finite mean and a positive, finite deviation.")

    def log_odds_above(self, threshold: float) -> float:
        """ln P(x > threshold) − ln P(x ≤ threshold), in nats."""
        z = (self.mean - threshold) / self.deviation
        return float(log_ndtr(z) - log_ndtr(-z))

    def times(self, other: Normal) -> Normal:
        """The normalised product of the two densities: the posterior of both."""
        own, theirs = self.deviation**-2, other.deviation**-2
        return Normal((self.mean * own + other.mean * theirs) / (own + theirs), (own + theirs) ** -0.5)


def likelihood(
    when: npt.ArrayLike, value: npt.ArrayLike, deviation: npt.ArrayLike, *, at: float, drift: float
) -> Normal | None:
    """The likelihood of the quantity at `at` given the measurements up to then; None without any.

    Columns of one length: `when` each was made (in a unit of time, as `at`), its `value` and its own `deviation` (above
    0, in the quantity's unit). `drift` is the deviation by which the quantity moves in one unit of time, at least 0.
    They are sorted by time, and by content within one moment, so the input order changes no bit. Raises
    `invalid-input`.
    """
    moment, seen, spread = floats("when", when), floats("value", value), floats("deviation", deviation)
    if moment.ndim != 1 or not moment.shape == seen.shape == spread.shape:
        raise Incorrect("invalid-input", "Measurements are columns of one length.")
    if not (spread > 0.0).all():
        raise Incorrect("invalid-input", "A measurement has a positive deviation.", field="deviation")
    if not (np.isfinite(drift) and drift >= 0.0 and np.isfinite(at)):
        raise Incorrect("invalid-input", "A quantity's drift is 0 or more.", field="drift")
    order = np.lexsort((spread, seen, moment))
    order = order[moment[order] <= at]
    mean, variance, last = 0.0, np.inf, at
    for time, measured, noise in zip(
        moment[order].tolist(), seen[order].tolist(), (spread[order] ** 2).tolist(), strict=True
    ):
        variance += drift**2 * (time - last) if variance < np.inf else 0.0
        gain = variance / (variance + noise) if variance < np.inf else 1.0
        mean += gain * (measured - mean)
        variance, last = gain * noise, time
    if variance == np.inf:
        return None
    return Normal(mean, float(np.sqrt(variance + drift**2 * (at - last))))


def log_likelihood_ratio_above(prior: Normal, measured: Normal | None, threshold: float) -> float:
    """How much more likely the measurements are if the quantity is above the threshold than if not, in nats.

    ln P(data | x > c) − ln P(data | x ≤ c) under the prior, which is what they add to its log-odds of being above;
    within ±LOG_LIKELIHOOD_BOUND.
    """
    if measured is None:
        return 0.0
    added = prior.times(measured).log_odds_above(threshold) - prior.log_odds_above(threshold)
    return float(np.clip(added, -LOG_LIKELIHOOD_BOUND, LOG_LIKELIHOOD_BOUND))
