"""A belief before and after a change of many beliefs, for previews."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import Field

from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.record import Probability, Record, TwinName

MOVED = 0.005
"""The least change of a probability with which a belief counts as moved: half a point."""

LISTED = 10
"""Number of beliefs that are listed: those that move most."""


class BeliefMove(Record):
    """A belief of a twin, with its confidence before and after."""

    twin: TwinName
    belief: BeliefKey = Field(description="The belief.")
    before: Probability = Field(description="Confidence before, unrounded.")
    after: Probability = Field(description="Confidence after, unrounded.")

    @property
    def size(self) -> float:
        """By how much it moves."""
        return abs(self.after - self.before)


def greatest(moves: Iterable[BeliefMove]) -> tuple[BeliefMove, ...]:
    """Those with the greatest change, in falling order."""
    moving = (move for move in moves if move.size > 0)
    return tuple(sorted(moving, key=lambda move: (-move.size, move.twin, repr(move.belief)))[:LISTED])
