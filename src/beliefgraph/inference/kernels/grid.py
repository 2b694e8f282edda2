"""The grid of published numbers, point by point (defined in `services/derivation/grid.py`)."""

from __future__ import annotations

import math

import numpy as np

from beliefgraph.inference.arrays import Flags, Floats
from beliefgraph.inference.native import inner, native

LAST = 49.0
"""Grid steps from probability 1/2 to the last whole percentage point, 1 % or 99 %."""

BEYOND = 44.0
"""Maps log-odds of 6, the first whole nat beyond 99.5 %, to the next step of the grid."""

_SHARE = 0.5 + np.arange(LAST + 1.0) / 100.0
POINTS = np.round(np.log(_SHARE) - np.log1p(-_SHARE), 6)
"""The log-odds of the points up to the last one, from probability 1/2."""


@inner
def _step(log_odds: float) -> float:
    size = abs(log_odds)
    points = 100.0 * (1.0 / (1.0 + math.exp(-size)) - 0.5)
    if points >= LAST + 0.5:
        points = max(LAST + 0.5, size + BEYOND)
    return math.copysign(points, log_odds)


@native
def steps(log_odds: Floats, found: Floats) -> None:
    """Grid steps from probability 1/2, not rounded."""
    for i in range(len(log_odds)):
        found[i] = _step(log_odds[i])


@native
def nearest(log_odds: Floats, found: Floats) -> None:
    """The log-odds of the nearest point."""
    for i in range(len(log_odds)):
        step = np.rint(_step(log_odds[i]))
        size = abs(step)
        point = POINTS[int(size)] if size <= LAST else size - BEYOND
        found[i] = math.copysign(point, step) + 0.0


@native
def apart(log_odds: Floats, prior: Floats, least: float, found: Flags) -> None:
    """Whether log-odds differ by more than this many steps from those of a prior probability."""
    for i in range(len(log_odds)):
        stated = math.log(prior[i]) - math.log1p(-prior[i])
        found[i] = abs(_step(log_odds[i]) - _step(stated)) > least
