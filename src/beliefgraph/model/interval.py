"""Guaranteed bounds on a belief's confidence, where they can be computed exactly."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from beliefgraph.model.belief import BeliefState, probability
from beliefgraph.model.record import LogOdds, Record
from beliefgraph.model.vocabulary import vocabulary

NoInterval = Annotated[
    Literal["values", "several_causes"],
    vocabulary(
        "Why no bounds can be computed.",
        {
            "values": "The belief is a value of a categorical attribute, or is connected to one.",
            "several_causes": "The belief is connected to an effect with more than one cause.",
        },
    ),
]


class BeliefInterval(Record):
    """A belief as it stands, unrounded, with bounds on the log-odds it can have given the evidence.

    For an approximate belief the bounds hold for the distribution that is approximated, and the confidence may lie
    outside them by its error.
    """

    state: BeliefState = Field(description="The belief.")
    low_log_odds: LogOdds | None = Field(description="Lower bound on the log-odds; null if `reason` is given.")
    high_log_odds: LogOdds | None = Field(description="Upper bound on the log-odds; null if `reason` is given.")
    pinned_log_odds: LogOdds | None = Field(
        None,
        description="Lower bound on the log-odds of a belief the person corrected, in the direction they stated "
        "(7.0 = 999:1 if it holds, -7.0 if not); null if they corrected nothing.",
    )
    reason: NoInterval | None = Field(
        None, description="Why no bounds can be computed; null if `low` and `high` are given."
    )

    @property
    def low(self) -> float | None:
        """The least probability; None where `reason` says why."""
        return None if self.low_log_odds is None else probability(self.low_log_odds)

    @property
    def high(self) -> float | None:
        """The greatest probability; None where `reason` says why."""
        return None if self.high_log_odds is None else probability(self.high_log_odds)

    @property
    def pinned(self) -> float | None:
        """The bound on the probability from a correction by the person; None if they corrected nothing."""
        return None if self.pinned_log_odds is None else probability(self.pinned_log_odds)
