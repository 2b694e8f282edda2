"""A simulated cohort on its way to a purchase.

It deliberately differs from the model: log-normal stays, steps back, silence.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

STAGES = ("awareness", "evaluation", "business case", "procurement", "purchase")
MEAN_STAY = np.array([6.0, 9.0, 8.0, 7.0])
"""Mean stays in weeks; the last stage is never left."""
VARIATION = 0.35
"""Standard deviation of a stay as a share of its mean."""
BACK = 0.15
"""Probability that a stay ends in a step back."""
RIGHT, NEAR = 0.7, 0.85
"""Probability that a signal names the right stage; if not, that it names an adjacent one."""
SILENT_WEEKS = 0.35
WEEKS = 52
MOST_STAYS = 60


@dataclass(frozen=True)
class Cohort:
    """Twins by week: the stage of each (shape [twins, weeks]), the signal (−1: none), and the time of purchase."""

    stage: Ints
    signal: Ints
    purchase: Floats


def simulate(twins: int, seed: int) -> Cohort:
    """A cohort of this size; the same for the same seed."""
    draw = np.random.default_rng(seed)
    stages = len(STAGES)
    at = np.zeros(twins, dtype=np.int64)
    now = np.zeros(twins)
    week = np.arange(WEEKS, dtype=float)
    stage = np.zeros((twins, WEEKS), dtype=np.int64)
    sigma = np.sqrt(np.log1p(VARIATION**2))
    for _ in range(MOST_STAYS):
        moving = at < stages - 1
        if not moving.any():
            break
        mean = MEAN_STAY[np.minimum(at, stages - 2)]
        stay = mean * np.exp(sigma * draw.standard_normal(twins) - sigma**2 / 2)
        back = (draw.random(twins) < BACK) & (at > 0)
        at = np.where(moving, at + np.where(back, -1, 1), at)
        now = np.where(moving, now + stay, now)
        later = moving[:, None] & (week >= now[:, None])
        stage = np.where(later, at[:, None], stage)
    near = np.clip(stage + np.where(draw.random(stage.shape) < 0.5, 1, -1), 0, stages - 1)
    wrong = np.where(draw.random(stage.shape) < NEAR, near, draw.integers(stages, size=stage.shape))
    signal = np.where(draw.random(stage.shape) < RIGHT, stage, wrong)
    silent = draw.random(stage.shape) < SILENT_WEEKS
    return Cohort(stage, np.where(silent, -1, signal), np.where(at == stages - 1, now, np.inf))
