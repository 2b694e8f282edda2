"""*A contradicts B*: the odds of each are smaller, by one odds ratio below 1, if the other holds.

The table over (A, B) is Plackett's, from the two stated priors and the odds ratio (dimensionless; 1 has no effect).
Contradiction has no direction: evidence for either lowers the other. Both may still hold.
"""

from __future__ import annotations

from beliefgraph.errors import Incorrect
from beliefgraph.inference.arrays import Floats
from beliefgraph.inference.rules import plackett


def check(odds_ratio: float) -> None:
    """Raise `infeasible-statements` for an odds ratio that does not contradict."""
    plackett.check_odds_ratio(odds_ratio)
    if odds_ratio > 1.0:
        raise Incorrect(
            "infeasible-statements",
            f"Contradiction needs an odds ratio of 1 or less; {odds_ratio:g} would support.",
            odds_ratio=odds_ratio,
        )


def log_factor(source: Floats, target: Floats, odds_ratio: Floats) -> Floats:
    """The log factor over (source, target), given their priors; shape (..., 2, 2)."""
    return plackett.log_factor(source, target, odds_ratio)
