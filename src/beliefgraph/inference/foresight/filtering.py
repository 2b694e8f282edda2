"""Filtering: the distribution over phases given the observations so far, and what moved it.

Between two times the distribution is multiplied by e^{Qt}; an observation multiplies it by its likelihood, and the
normalising sum is the probability of the observation. All subjects are processed together, time by time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import expm

from beliefgraph.errors import Incorrect
from beliefgraph.inference.arrays import Floats, Ints
from beliefgraph.inference.foresight.stages import Stages

Passing = dict[float, Floats]
"""e^{Qt} by t, for the times that occur."""


@dataclass(frozen=True, eq=False)
class ObservedSymbols:
    """Observations of some subjects: times (ascending) and symbols (SILENT: none), both of shape [subjects, times].

    A subject with fewer times repeats its last one, silent.
    """

    time: Floats
    symbol: Ints

    def __post_init__(self) -> None:
        if self.time.shape != self.symbol.shape or self.time.ndim != 2 or not self.time.size:
            raise Incorrect("invalid-input", "Each subject has its times, and a symbol at each.")
        if not np.isfinite(self.time).all() or (np.diff(self.time, axis=1) < 0).any():
            raise Incorrect("invalid-input", "Times are finite and ascend.")

    @property
    def gaps(self) -> Floats:
        """The time since the previous one, shape [subjects, times − 1]."""
        return np.diff(self.time, axis=1)

    def of(self, subjects: Ints) -> ObservedSymbols:
        """The observations of some of the subjects."""
        return ObservedSymbols(self.time[subjects], self.symbol[subjects])


@dataclass(frozen=True, eq=False)
class Filtered:
    """The distributions over phases before and after the observation at each time, both [subjects, times, phases].

    Also the log-likelihood of all observations of each subject.
    """

    before: Floats
    after: Floats
    log_likelihood: Floats


def passing(stages: Stages, gaps: Floats) -> Passing:
    """e^{Qt} of every gap that occurs."""
    values = np.unique(gaps)
    if not len(values):
        return {}
    return dict(zip(values.tolist(), expm(stages.generator * values[:, None, None]), strict=True))


def moved(distribution: Floats, gap: Floats, passing: Passing) -> Floats:
    """Each subject's distribution after its gap."""
    values = np.unique(gap)
    if len(values) == 1:
        return np.asarray(distribution @ passing[values[0]])
    found = np.empty_like(distribution)
    for value in values.tolist():
        rows = gap == value
        found[rows] = distribution[rows] @ passing[value]
    return found


def filtered(stages: Stages, seen: ObservedSymbols, known: Passing | None = None) -> Filtered:
    """Filter the observations of every subject."""
    return weighed(stages, seen.gaps, stages.likelihood(seen.symbol), known)


def weighed(stages: Stages, gaps: Floats, likelihood: Floats, known: Passing | None = None) -> Filtered:
    """Filter soft evidence.

    The likelihood of the observation in each phase has shape [subjects, times, phases], and gaps between the times
    shape [subjects, times − 1].
    """
    known = passing(stages, gaps) if known is None else known
    before, after = np.empty_like(likelihood), np.empty_like(likelihood)
    total = np.zeros(len(likelihood))
    now = np.broadcast_to(stages.start, before[:, 0].shape)
    for t in range(likelihood.shape[1]):
        if t:
            now = moved(now, gaps[:, t - 1], known)
        before[:, t] = now
        joint = now * likelihood[:, t]
        mass = joint.sum(axis=1)
        if not (mass > 0).all():
            raise Incorrect("impossible-evidence", "What was seen cannot happen in these stages.")
        now = joint / mass[:, None]
        after[:, t] = now
        total += np.log(mass)
    return Filtered(before, after, total)


@dataclass(frozen=True)
class Move:
    """How one time moved the probability of having reached a stage: by the elapsed time, and by the observation."""

    time: float
    symbol: int
    waiting: float
    seen: float


def moves(stages: Stages, seen: ObservedSymbols, stage: int) -> tuple[float, list[Move]]:
    """Why one subject (the only one in `seen`) is where it is.

    The probability of having reached a stage at the start, and what each time added to it; together they sum to the
    probability now.
    """
    if not 1 <= stage < stages.count:
        raise Incorrect("invalid-input", f"There is no later stage {stage}.", stage=stage)
    found = filtered(stages, seen)
    reached = stages.stage >= stage
    before, after = found.before[0] @ reached, found.after[0] @ reached
    last = np.concatenate([before[:1], after[:-1]])
    return float(before[0]), [
        Move(float(time), int(symbol), float(b - a), float(c - b))
        for time, symbol, a, b, c in zip(seen.time[0], seen.symbol[0], last, before, after, strict=True)
    ]
