"""The grid of published numbers: one percentage point from 1 % to 99 %, one nat of log-odds beyond.

A published confidence is within half a percentage point of the exact one. A belief that nothing bears on is published
once it left its prior by more than `STEP` grid steps, whatever was published of it before.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from beliefgraph.inference.kernels import grid

Floats = npt.NDArray[np.float64]

STEP = 2.0
"""Grid steps between a belief and its prior that are not noticeable: two percentage points between 1 % and 99 %."""


def on_scale(log_odds: Floats) -> Floats:
    """Map log-odds (natural log), shape [beliefs], to grid steps from probability 1/2, not rounded: monotone, odd."""
    found = np.empty(len(log_odds))
    grid.steps(log_odds, found)
    return found


def on_grid(log_odds: Floats) -> Floats:
    """Map log-odds, shape [beliefs], to those of the nearest point of the grid, rounded to 6 decimals."""
    found = np.empty(len(log_odds))
    grid.nearest(log_odds, found)
    return found


def published(log_odds: float) -> float:
    """The log-odds to publish: those of the nearest point of the grid."""
    return float(on_grid(np.array([log_odds]))[0])


def left_prior(log_odds: Floats, prior: Floats) -> npt.NDArray[np.bool_]:
    """Where log-odds differ noticeably from those of a prior probability; both of shape [beliefs]."""
    found = np.empty(len(log_odds), dtype=np.bool_)
    grid.apart(log_odds, prior, STEP, found.view(np.uint8))
    return found
