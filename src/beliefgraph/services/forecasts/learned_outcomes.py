"""What was learned of an outcome, and when it is adopted: shared by hazards, grades and base rates. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from beliefgraph.model.grade import LearnedGrades
from beliefgraph.model.outcome import LearnedHazard
from beliefgraph.services.forecasts.history import Floats, Ints
from beliefgraph.services.learning.fitted import FOLDS

RIDGE = 3.0

LEAST_TWINS = 50
LEAST_HAPPENED = 20
"""Fewest twins, and fewest periods in which the outcome happened, to learn anything from."""

MOST_ROWS = 5_000_000
"""Most rows that are learned from at once: half a gigabyte with ten columns."""

NOT_BETTER = "it does not predict held-out twins better than what is in force"


@dataclass(frozen=True)
class LearnedOutcome:
    """What was learned of an outcome, adopted or not (with the reason), and from what; for grades, within a horizon.

    `gain` is the improvement per twin and period over what is in force, in nats, ± one standard error, over `compared`
    rows of held-out twins.
    """

    outcome: str
    twins: int
    rows: int
    happened: int
    horizon: timedelta | None = None
    hazard: LearnedHazard | None = None
    grades: LearnedGrades | None = None
    reason: str | None = None
    gain: float = 0.0
    error: float = 0.0
    compared: int = 0

    @property
    def adopted(self) -> bool:
        """Whether it should be put in force."""
        return self.reason is None


def folds(twins: Iterable[str]) -> Ints:
    """The fold in which each twin is held out, by its id: no twin is both in training and held out."""
    return np.array([int(twin[:8], 16) % FOLDS for twin in twins])


def losses(log_odds: Floats, happened: Floats) -> Floats:
    """−ln of the probability given to what happened, for each row."""
    return np.asarray(np.logaddexp(0.0, np.where(happened == 1, -log_odds, log_odds)))


def compared(gains: Floats, twin: Ints) -> tuple[float, float]:
    """The mean improvement per row in nats, and its standard error: twins are independent, rows are not."""
    if not len(gains):
        return 0.0, 0.0
    _, place = np.unique(twin, return_inverse=True)
    gain = float(gains.mean())
    by_twin = np.bincount(place, gains - gain)
    return gain, float(np.sqrt((by_twin**2).sum())) / len(gains)
