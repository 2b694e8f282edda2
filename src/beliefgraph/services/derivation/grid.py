"""The grid of published numbers: one percentage point from 1 % to 99 %, one nat of log-odds beyond.

A published confidence is within half a percentage point of the exact one. A belief that nothing bears on is published
once it left its prior by more than `STEP` grid steps, whatever was published of it before.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

STEP = 2.0
"""Grid steps between a belief and its prior that nobody would notice: two percentage points between 1 % and 99 %."""

LAST = 49.0
"""Grid steps from probability 1/2 to the last whole percentage point, 1 % or 99 %."""

BEYOND = 44.0
"""Makes log-odds of 6, the first whole nat beyond 99.5 %, the next step of the grid."""


def on_scale(log_odds: Floats) -> Floats:
    """Map log-odds (natural log) to grid steps from probability 1/2, not rounded; same shape, monotone and odd."""
    size = np.abs(log_odds)
    points = 100.0 * (1.0 / (1.0 + np.exp(-size)) - 0.5)
    return np.asarray(
        np.copysign(np.where(points < LAST + 0.5, points, np.maximum(LAST + 0.5, size + BEYOND)), log_odds)
    )


def on_grid(log_odds: Floats) -> Floats:
    """Map log-odds to those of the nearest point of the grid, rounded to 6 decimals; same shape."""
    steps = np.rint(on_scale(log_odds))
    size = np.abs(steps)
    share = 0.5 + np.minimum(size, LAST) / 100.0
    found = np.where(size <= LAST, np.log(share) - np.log1p(-share), size - BEYOND)
    return np.asarray(np.round(np.copysign(found, steps), 6) + 0.0)


def published(log_odds: float) -> float:
    """The log-odds to publish: those of the nearest point of the grid."""
    return float(on_grid(np.array(log_odds)))


def left_prior(log_odds: Floats, prior: Floats) -> npt.NDArray[np.bool_]:
    """Where log-odds differ noticeably from those of a prior probability; same shape as both."""
    return np.asarray(np.abs(on_scale(log_odds) - on_scale(np.log(prior) - np.log1p(-prior))) > STEP)
