"""*A causes B*, where B is a noisy OR of its causes: each brings the effect about with its own probability.

    P(B does not hold | causes) = (1 − leak) · Π (1 − q_i)^x_i

q_i is the probability (between 0 and 1) that cause i alone brings the effect about; the leak, that an unstated cause
does (J. Pearl, Probabilistic Reasoning in Intelligent Systems, 1988, 4.3.2). Causes compete (explaining away): once the
effect is observed and one cause is found to hold, the others become less likely.

In hazards, −ln P(not), causes add: h = ln(1 + e^u) + Σ x_i·(−ln(1 − q_i)), where u = logit(leak) is the intercept that
returns the effect's stated prior. It exists unless the causes alone already make the effect more likely than stated.
"""

from __future__ import annotations

import numpy as np

from beliefgraph.errors import Incorrect
from beliefgraph.inference.arrays import Floats

LEAST_LEAK = -30.0
"""The log-odds of a leak that is practically zero: 10⁻¹³, a thousandth of the precision of calibration."""


def check(probability: float) -> None:
    """Raise `infeasible-statements` for anything but a probability strictly between 0 and 1."""
    if not 0.0 < probability < 1.0:
        raise Incorrect(
            "infeasible-statements",
            f"Into a noisy OR a cause has a probability strictly between 0 and 1 of bringing the effect about; "
            f"{probability:g} is none.",
            probability=probability,
        )


def odds_ratio(cause: float, effect: float, probability: float) -> float:
    """The odds ratio of the effect for a cause that holds, given the two priors.

    Everything else that brings it about, other causes and the leak, counts as independent of this cause.
    """
    nothing_else = (1.0 - effect) / (1.0 - probability * cause)
    otherwise = max(1.0 - nothing_else, float(np.exp(LEAST_LEAK)))
    neither = nothing_else * (1.0 - probability)
    return (1.0 - neither) / neither * (1.0 - otherwise) / otherwise


def hazards(probabilities: Floats) -> Floats:
    """−ln(1 − q): the hazard that each cause that holds adds."""
    return np.asarray(-np.log1p(-probabilities))


def log_conditional(intercept: Floats, push: Floats) -> Floats:
    """log P(effect | causes), given the causes' total hazard; shape (..., 2), the last axis being whether it holds."""
    hazard = np.logaddexp(0.0, intercept) + push
    return np.stack([-hazard, np.log(-np.expm1(-hazard))], axis=-1)


def statistic(intercept: float, push: Floats) -> Floats:
    """The derivative of `log_conditional` in the intercept: −leak, and leak·P(not)/P, so that its mean is 0."""
    hazard = np.logaddexp(0.0, intercept) + push
    leak = 1.0 / (1.0 + np.exp(-intercept))
    return np.stack([np.full_like(hazard, -leak), leak / np.expm1(hazard)], axis=-1)
