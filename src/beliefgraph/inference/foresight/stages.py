"""Stages with phase-type stays: a hidden Markov process in continuous time, observed at irregular times.

A stage is a chain of k phases that are all left at the same rate r (an Erlang distribution: mean stay k / r,
coefficient of variation 1 / √k; k = 1 is the memoryless case). Leaving the last phase leads to the first phase of
another stage, with probabilities that are learned. With generator Q the transition probabilities over a time t are
e^{Qt}. Emissions depend on the stage alone, not on the phase.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.linalg import expm

from beliefgraph.errors import Incorrect
from beliefgraph.inference.arrays import Floats, Ints

SILENT = -1
"""The symbol of a time without an observation."""


@dataclass(frozen=True, eq=False)
class Stages:
    """The parameters of stages, in order.

    The number of phases of each stay, the rate at which each stage's phases are left (0: never), the transition
    probabilities (shape [stages, stages], rows sum to 1, no stage to itself), the initial distribution (shape [stages ×
    phases]) and the emission probabilities (shape [stages, symbols], rows sum to 1).
    """

    phases: int
    rate: Floats
    leads: Floats
    start: Floats
    seen: Floats

    def __post_init__(self) -> None:
        stages = len(self.rate)
        if stages < 2 or self.phases < 1:
            raise Incorrect("invalid-input", "There are at least two stages, of at least one phase.")
        if self.leads.shape != (stages, stages) or self.start.shape != (stages * self.phases,):
            raise Incorrect("invalid-input", "Each stage leads to stages, and each phase has a chance to start in.")
        if self.seen.ndim != 2 or len(self.seen) != stages:
            raise Incorrect("invalid-input", "Each stage has a distribution over what is seen.")
        if not (np.isfinite(self.rate).all() and (self.rate >= 0).all()) or self.leads.diagonal().any():
            raise Incorrect("invalid-input", "Rates are finite and not negative, and no stage leads to itself.")
        for table in (self.leads[self.rate > 0], self.start[None], self.seen):
            if (table < 0).any() or not np.allclose(table.sum(axis=1), 1.0):
                raise Incorrect("invalid-input", "Chances are not negative, and those of one thing sum to 1.")

    @property
    def count(self) -> int:
        """The number of stages."""
        return len(self.rate)

    @cached_property
    def stage(self) -> Ints:
        """The stage of each phase."""
        return np.repeat(np.arange(self.count), self.phases)

    @cached_property
    def generator(self) -> Floats:
        """Q: the rate from each phase to each other, rows summing to 0."""
        k, size = self.phases, self.count * self.phases
        q = np.zeros((size, size))
        for s, rate in enumerate(self.rate):
            first, last = s * k, s * k + k - 1
            q[range(first, last), range(first + 1, last + 1)] = rate
            q[last, ::k] += rate * self.leads[s]
        q[range(size), range(size)] = -q.sum(axis=1)
        return q

    def passing(self, time: float) -> Floats:
        """e^{Qt}: the transition probabilities between phases over a time."""
        if not time >= 0:
            raise Incorrect("invalid-input", "Time does not run backwards.", time=time)
        return np.asarray(expm(self.generator * time))

    def of_stages(self, phases: Floats) -> Floats:
        """The distribution over stages of distributions over phases, shape [..., stages]."""
        return np.asarray(phases.reshape(*phases.shape[:-1], self.count, self.phases).sum(axis=-1))

    def likelihood(self, symbols: Ints) -> Floats:
        """The likelihood of the symbols in each phase, shape [..., phases]; 1 where silent."""
        table = np.vstack([self.seen.T, np.ones(self.count)])  # the last row is that of SILENT
        return np.repeat(table[symbols], self.phases, axis=-1)


def stated(
    stay: Floats, back: Floats, seen: Floats, phases: int = 3, start: Floats | None = None, *, ends: bool = True
) -> Stages:
    """The stages as a definition states them, before anything is learned.

    Mean stays, and the probability that each stage leads back by one instead of on by one. Subjects start in the first
    phase of a stage, the first unless `start` says otherwise. If it `ends` the last stage is never left; otherwise it
    leads back.
    """
    stages = len(stay)
    if back.shape != (stages,) or not ((stay > 0) & (back >= 0) & (back <= 1)).all():
        raise Incorrect("invalid-input", "Each stage has a positive mean stay and a chance to lead back.")
    leads = np.zeros((stages, stages))
    for s in range(stages):
        share = 0.0 if s == 0 else 1.0 if s == stages - 1 else float(back[s])
        if s > 0:
            leads[s, s - 1] = share
        if s < stages - 1:
            leads[s, s + 1] = 1.0 - share
    rate = phases / stay
    if ends:
        rate[-1], leads[-1] = 0.0, 0.0
    begin = np.zeros((stages, phases))
    begin[:, 0] = np.eye(stages)[0] if start is None else start
    return Stages(phases, rate, leads, begin.ravel(), seen)
