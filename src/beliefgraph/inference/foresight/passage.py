"""The time of first passage to a later stage, a phase-type distribution in closed form.

With a distribution α over the phases of earlier stages and T the part of the generator between them, the probability
that the stage is not reached within time t is α e^{Tt} 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import expm
from scipy.special import gammainc

from beliefgraph.errors import Incorrect
from beliefgraph.inference.arrays import Floats
from beliefgraph.inference.foresight.stages import Stages


@dataclass(frozen=True, eq=False)
class Passage:
    """The probability that a stage is not reached yet, by time ahead (multiples of `step`); shape [subjects, times]."""

    step: float
    remaining: Floats

    def quantile(self, share: float) -> Floats:
        """The time by which the stage is reached with this probability; infinite if beyond the times."""
        below = self.remaining <= 1.0 - share
        at = np.where(below.any(axis=1), below.argmax(axis=1), 0)
        rows = np.arange(len(at))
        high, low = self.remaining[rows, np.maximum(at - 1, 0)], self.remaining[rows, at]
        with np.errstate(divide="ignore", invalid="ignore"):
            inside = np.where(at > 0, at - (1.0 - share - low) / (high - low), 0.0)
        return np.where(below.any(axis=1), inside * self.step, np.inf)

    def interval(self, share: float) -> tuple[Floats, Floats]:
        """The central interval with this probability."""
        return self.quantile((1 - share) / 2), self.quantile((1 + share) / 2)


def passage(stages: Stages, now: Floats, stage: int, step: float, steps: int) -> Passage:
    """The passage of each subject to a stage or a later one; `now` is its distribution over phases, [subjects, phases].

    It is conditional on not having reached the stage yet.
    """
    if not 1 <= stage < stages.count:
        raise Incorrect("invalid-input", f"There is no later stage {stage}.", stage=stage)
    if not (step > 0 and steps >= 1):
        raise Incorrect("invalid-input", "Times ahead are steps of a positive length.")
    early = stages.stage < stage
    alpha = now[:, early]
    mass = alpha.sum(axis=1, keepdims=True)
    alpha = np.divide(alpha, mass, out=np.full_like(alpha, 1.0 / alpha.shape[1]), where=mass > 0)
    once = expm(stages.generator[np.ix_(early, early)] * step)
    column, columns = np.ones(early.sum()), []
    for _ in range(steps + 1):
        columns.append(column)
        column = once @ column
    return Passage(step, np.asarray(alpha @ np.stack(columns, axis=1)))


def velocity(stages: Stages, now: Floats, time: float) -> Floats:
    """The expected number of stages that each subject advances within a time, negative for steps back."""
    rank = stages.stage.astype(float)
    return np.asarray(now @ (stages.passing(time) @ rank - rank))


def stay_shorter_than(stages: Stages, stage: int, time: float) -> float:
    """The share of stays in a stage that are shorter than this; 0 if it is never left."""
    rate = float(stages.rate[stage])
    return float(gammainc(stages.phases, rate * time)) if rate > 0 else 0.0
