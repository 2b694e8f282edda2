"""A belief before and after something that moves many: what a preview lists."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import Field

from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.record import Probability, Record, TwinName

MOVED = 0.005
"""The change of a probability from which a belief counts as moved: half a point."""

LISTED = 10
"""Beliefs that are listed: those that move most."""


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
    """Those that move most, the greatest move first."""
    moving = (move for move in moves if move.size > 0)
    return tuple(sorted(moving, key=lambda move: (-move.size, move.twin, repr(move.belief)))[:LISTED])
