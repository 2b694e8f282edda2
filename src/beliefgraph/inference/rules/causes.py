"""*A causes B*: each cause that holds multiplies the odds of its effect by its own odds ratio.

All the causes of one effect together form one conditional table, logistic in the causes:

    P(B holds | causes) = σ(intercept + Σ ln OR_i · x_i)

The effect's stated prior is returned by the choice of the intercept, never by a field on the effect: so the table
remains a conditional probability, unobserved effects carry no information about their causes, and an intervention on an
effect (`do`) leaves its causes unchanged.
"""

from __future__ import annotations

import numpy as np

from beliefgraph.inference.arrays import Floats
from beliefgraph.inference.rules import plackett

MOST_CAUSES = 8
"""Maximum number of causes of one effect: its table has 2^(causes + 1) entries, and people do not state more."""


def check(odds_ratio: float) -> None:
    """Raise `infeasible-statements` for anything but an odds ratio; below 1 the cause prevents."""
    plackett.check_odds_ratio(odds_ratio)


def push(strengths: Floats) -> Floats:
    """The sum over the causes that hold (here of log-odds), for each of their joint states, the last cause fastest."""
    total = np.zeros(1)
    for strength in strengths:
        total = np.add.outer(total, np.array([0.0, strength])).ravel()
    return total


def log_conditional(intercept: Floats, push: Floats) -> Floats:
    """log P(effect | causes); shape (..., 2), the last axis being whether the effect holds."""
    log_odds = np.asarray(intercept) + np.asarray(push)
    return -np.logaddexp(0.0, np.stack([log_odds, -log_odds], axis=-1))


def statistic(intercept: float, push: Floats) -> Floats:
    """The derivative of `log_conditional` in the intercept: whether the effect holds, minus its probability."""
    chance = 1.0 / (1.0 + np.exp(-intercept - push))
    return np.stack([-chance, 1.0 - chance], axis=-1)
