"""*A excludes B*: two separate beliefs that hardly ever hold together.

The table over (A, B) is Plackett's with a small odds ratio: a contradiction close to the edge, and never quite at it,
because a table with a zero could make two honest observations impossible together. Values of one attribute that
exclude each other are not this: they are the states of one categorical variable.
"""

from __future__ import annotations

from beliefgraph.errors import Incorrect
from beliefgraph.inference.arrays import Floats
from beliefgraph.inference.rules import plackett
from beliefgraph.model.relation import EXCLUDES_ODDS_RATIO


def check(odds_ratio: float) -> None:
    """Refuse an odds ratio that does not exclude, with `infeasible-statements`."""
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
