"""Projection of a curve: a random walk with drift, both estimated from the curve itself.

With steps d₁ … dₙ of mean m and variance s², the value after h more steps is m h ahead of the last, with variance s²
(h + h² / n): that of the steps to come, and that of the estimated drift. Its interval has quantiles of Student's t with
2 (n − 1) / (κ − 1) degrees of freedom, κ the kurtosis of the steps and at least 3: with few large steps, as with sparse
evidence, the estimate of their variance is poor.
"""

from __future__ import annotations

import numpy as np
from scipy.special import stdtrit

from beliefgraph.errors import Incorrect
from beliefgraph.inference.arrays import Floats


def project(values: Floats, ahead: int, share: float, least: float = 0.0) -> Floats:
    """The expected value and its central interval after 1 … `ahead` more steps, shape [ahead, 3]: middle, low, high.

    `least` is the size of an additional step in each direction, so that a constant curve has an interval too. A step
    from or to a value that is not finite is left out; the last value must be finite.
    """
    steps = np.diff(values)
    steps = steps[np.isfinite(steps)]
    n = len(steps)
    if n < 3 or not np.isfinite(values[-1]):
        raise Incorrect("invalid-input", "A projection needs at least three steps that are known, and a last value.")
    if ahead < 1 or not 0 < share < 1:
        raise Incorrect("invalid-input", "A projection goes at least one step ahead, with a share between 0 and 1.")
    drift = steps.mean()
    variance = (((steps - drift) ** 2).sum() + least**2) / (n - 1)
    h = np.arange(1, ahead + 1)
    middle = values[-1] + drift * h
    square = ((steps - drift) ** 2).mean()
    kurtosis = max(float(((steps - drift) ** 4).mean() / square**2), 3.0) if square > 0 else 3.0
    freedom = max(2.0 * (n - 1) / (kurtosis - 1.0), 2.0)
    half = stdtrit(freedom, (1 + share) / 2) * np.sqrt(variance * (h + h**2 / n))
    return np.stack([middle, middle - half, middle + half], axis=1)
