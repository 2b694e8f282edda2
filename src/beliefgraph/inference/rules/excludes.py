"""*A excludes B*: two separate beliefs that almost never hold together.

The table over (A, B) is Plackett's with a small odds ratio: a strong contradiction, but never an absolute one, because
a table with a zero could make two honest observations impossible together. Exclusive values of one attribute are not
this: they are the states of one categorical variable.
"""

from __future__ import annotations

from beliefgraph.errors import Incorrect
from beliefgraph.inference.arrays import Floats
from beliefgraph.inference.rules import plackett
from beliefgraph.model.relation import EXCLUDES_ODDS_RATIO


def check(odds_ratio: float) -> None:
    """Raise `infeasible-statements` for an odds ratio that does not exclude."""
    plackett.check_odds_ratio(odds_ratio)
    if odds_ratio > 1.0:
        raise Incorrect(
            "infeasible-statements",
            f"Exclusion needs an odds ratio of 1 or less, as {EXCLUDES_ODDS_RATIO:g}; {odds_ratio:g} would support.",
            odds_ratio=odds_ratio,
        )


def log_factor(source: Floats, target: Floats, odds_ratio: Floats) -> Floats:
    """The log factor over (source, target), given their priors; shape (..., 2, 2)."""
    return plackett.log_factor(source, target, odds_ratio)
