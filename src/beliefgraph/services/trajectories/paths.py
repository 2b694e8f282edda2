"""The path of one twin through the stages: filtered from its evidence, at any moment. Pure; times in days."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from beliefgraph.inference.foresight.filtering import Filtered, weighed
from beliefgraph.inference.foresight.stages import Stages
from beliefgraph.services.trajectories.in_force import Parameters
from beliefgraph.services.trajectories.observed import Observed
from beliefgraph.services.twin.blocks import Floats, Ints

DAY = 86_400 * 1_000_000
"""Microseconds in a day."""


@dataclass(frozen=True, eq=False)
class Path:
    """A twin among stages, given its observations."""

    parameters: Parameters
    observed: Observed

    @property
    def stages(self) -> Stages:
        """The stages."""
        return self.parameters.stages

    @cached_property
    def _filtered(self) -> Filtered:
        """The distribution over phases before and after each observation."""
        seen = self.observed
        likelihood = self.parameters.likelihood(seen.stage, seen.ratio)
        gaps = np.diff(seen.time)[None, :] / DAY
        return weighed(self.stages, gaps, np.repeat(likelihood[None], self.stages.phases, axis=2))

    def at(self, times: Ints) -> Floats:
        """The distribution over phases at each of some ascending times, shape [times, phases].

        Before the first observation it is that of starting twins.
        """
        if not len(self.observed):
            return np.broadcast_to(self.stages.start, (len(times), len(self.stages.start))).copy()
        last = np.searchsorted(self.observed.time, times, side="right") - 1
        gaps = np.where(last >= 0, times - self.observed.time[np.maximum(last, 0)], 0) / DAY
        found = np.empty((len(times), len(self.stages.start)))
        for place, (row, gap) in enumerate(zip(last.tolist(), gaps.tolist(), strict=True)):
            before = self._filtered.after[0, row] if row >= 0 else self.stages.start
            found[place] = before @ self.stages.passing(gap) if gap else before
        return found

    def position(self, phases: Floats) -> Floats:
        """The expected number of stages passed."""
        return np.asarray(phases @ self.stages.stage.astype(np.float64))

    @cached_property
    def moved(self) -> Floats:
        """The move of the position by each observation."""
        if not len(self.observed):
            return np.zeros(0)
        found: Floats = (self.position(self._filtered.after) - self.position(self._filtered.before))[0]
        return found

    @cached_property
    def likeliest(self) -> Ints:
        """The most likely stage after each observation."""
        if not len(self.observed):
            return np.zeros(0, dtype=np.int64)
        return np.asarray(self.stages.of_stages(self._filtered.after[0]).argmax(axis=1))
