"""Between what a belief's confidence lies for certain, where that can be had: no approximation, and no estimate."""

from __future__ import annotations

from typing import Literal

from beliefgraph.model.belief import BeliefState, probability
from beliefgraph.model.record import LogOdds, Record

NoInterval = Literal["values", "several_causes"]
"""Why no bounds are known: the belief is, or is tied to, a value of a categorical attribute; or an effect of several
causes is among what it is tied to."""


class BeliefInterval(Record):
    """A belief as it stands, unrounded, and the least and greatest log-odds that it can have given the evidence.

    Both bounds are None where `reason` says why. Where the confidence is approximate, they hold for the distribution
    that is approximated, and it may lie outside of them by its error. Where the person set the belief right,
    `word_log_odds` is what neither bound falls short of on their side, whatever relations carry.
    """

    state: BeliefState
    low_log_odds: LogOdds | None
    high_log_odds: LogOdds | None
    word_log_odds: LogOdds | None = None
    reason: NoInterval | None = None

    @property
    def low(self) -> float | None:
        """The least probability; None where `reason` says why."""
        return None if self.low_log_odds is None else probability(self.low_log_odds)

    @property
    def high(self) -> float | None:
        """The greatest probability; None where `reason` says why."""
        return None if self.high_log_odds is None else probability(self.high_log_odds)

    @property
    def word(self) -> float | None:
        """The probability that the person's word keeps on their side; None where they set nothing right."""
        return None if self.word_log_odds is None else probability(self.word_log_odds)
