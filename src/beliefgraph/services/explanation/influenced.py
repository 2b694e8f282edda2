"""What every piece of evidence adds to one belief, in log-odds. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from beliefgraph.inference import Influence
from beliefgraph.services.derive import Derivation
from beliefgraph.services.layout import Unit


@dataclass(frozen=True)
class Influenced:
    """One belief among those that its model ties together.

    `positions` are those of the model's variables, `column` the belief's among them; `items` are the bearings that
    reach it, as `Derivation.items` counts them.
    """

    derived: Derivation
    unit: Unit
    positions: npt.NDArray[np.int64]
    column: int

    @cached_property
    def influence(self) -> Influence:
        """How the belief answers to what is said of any other."""
        return self.unit.model.influence(self.column, self.derived.log_likelihood[self.positions])

    @cached_property
    def items(self) -> list[int]:
        """The bearings that reach the belief."""
        return [i for i, position in enumerate(self.derived.item_position.tolist()) if position in self._place]

    def contribution(self, item: int) -> float:
        """The share of a bearing in the move from prior to posterior, in log-odds."""
        place = self._place[int(self.derived.item_position[item])]
        return float(self.derived.item_log_likelihood[item] * self.influence.gradient[place])

    @cached_property
    def _place(self) -> dict[int, int]:
        return {int(position): i for i, position in enumerate(self.positions)}


def influenced(derived: Derivation, target: int) -> Influenced:
    """The belief at a position of a model that has an answer."""
    return Influenced(derived, *derived.layout.unit_of(target))
