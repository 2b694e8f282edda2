"""*A implies B*: if A holds, B holds with a stated probability q = P(B | A).

With the two priors a and b the statement determines the joint, p11 = q·a, and so the odds ratio

    ψ = p11·p00 / (p10·p01),   p10 = (1 − q)·a,   p01 = b − q·a,   p00 = 1 − a − b + q·a

whose Plackett table is the factor. All four cells must be positive: P(B) lies between q·a and 1 − (1 − q)·a. Otherwise
the three numbers cannot hold together, and the statement is refused. Certainty (q = 0 or 1) is refused too: state .99.
"""

from __future__ import annotations

from beliefgraph.errors import Incorrect
from beliefgraph.inference.arrays import Floats
from beliefgraph.inference.rules import plackett


def odds_ratio(source: float, target: float, target_given_source: float) -> float:
    """The odds ratio with which P(target | source) is as stated, given the two priors.

    Raises `infeasible-statements`, with the feasible range, if no joint distribution has these three numbers.
    """
    if not 0.0 < target_given_source < 1.0:
        raise Incorrect(
            "infeasible-statements",
            f"P(target | source) must lie strictly between 0 and 1; {target_given_source:g} does not.",
            target_given_source=target_given_source,
        )
    least, most = target_given_source * source, 1.0 - (1.0 - target_given_source) * source
    if not least < target < most:
        raise Incorrect(
            "infeasible-statements",
            f"If P(source) = {source:g} and P(target | source) = {target_given_source:g}, then P(target) must lie "
            f"strictly between {least:g} and {most:g}; it is stated as {target:g}.",
            source_prior=source,
            target_prior=target,
            target_given_source=target_given_source,
        )
    ratio = (target_given_source * (most - target)) / ((1.0 - target_given_source) * (target - least))
    plackett.check_odds_ratio(ratio)
    return ratio


def log_factor(source: Floats, target: Floats, odds_ratio: Floats) -> Floats:
    """The log factor over (source, target), given their priors and the odds ratio; shape (..., 2, 2)."""
    return plackett.log_factor(source, target, odds_ratio)
