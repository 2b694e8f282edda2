"""Plackett's 2×2 table: the joint distribution with two given margins and a given odds ratio.

With margins a = P(A), b = P(B) and odds ratio ψ = p11·p00 / (p10·p01), the cell p11 is a root of

    (ψ − 1)·p² − S·p + ψ·a·b = 0,   S = 1 + (a + b)(ψ − 1)

(R. L. Plackett, A class of bivariate distributions, JASA 60, 1965). The other cells follow by swapping "holds" and
"does not hold" of one side, which turns ψ into 1/ψ; computing each that way keeps small cells accurate.
"""

from __future__ import annotations

import numpy as np

from beliefgraph.errors import Incorrect
from beliefgraph.inference.arrays import Floats

STRONGEST_ODDS_RATIO = 1e6
"""Maximum odds ratio, and the inverse of the minimum: beyond a million to one a relation is a definition, not a belief,
and its table loses precision."""


def check_odds_ratio(odds_ratio: float) -> None:
    """Refuse an odds ratio that is not a positive number within 1/STRONGEST..STRONGEST."""
    if not 1.0 / STRONGEST_ODDS_RATIO <= odds_ratio <= STRONGEST_ODDS_RATIO:  # also catches NaN
        raise Incorrect(
            "infeasible-statements",
            f"An odds ratio must lie between {1 / STRONGEST_ODDS_RATIO:g} and {STRONGEST_ODDS_RATIO:g}; "
            f"{odds_ratio:g} does not.",
            odds_ratio=odds_ratio,
        )


def table(first: Floats, second: Floats, odds_ratio: Floats) -> Floats:
    """The joint probability of two beliefs; shape (..., 2, 2), indexed by [first holds, second holds]."""
    joint = np.empty((*np.broadcast(first, second, odds_ratio).shape, 2, 2))
    joint[..., 1, 1] = _both(first, second, odds_ratio)
    joint[..., 1, 0] = _both(first, 1.0 - second, 1.0 / odds_ratio)
    joint[..., 0, 1] = _both(1.0 - first, second, 1.0 / odds_ratio)
    joint[..., 0, 0] = _both(1.0 - first, 1.0 - second, odds_ratio)
    return joint


def log_factor(first: Floats, second: Floats, odds_ratio: Floats) -> Floats:
    """The log ratio of each cell to its value under independence: log(joint / (margin·margin)).

    Shape (..., 2, 2), indexed by [first holds, second holds]; all zero if the odds ratio is 1. Multiplying the margins
    by these factors keeps every stated margin on a tree.
    """
    first, second = np.asarray(first), np.asarray(second)
    margins = (
        np.stack([1.0 - first, first], axis=-1)[..., :, None] * np.stack([1.0 - second, second], axis=-1)[..., None, :]
    )
    return np.asarray(np.log(table(first, second, np.asarray(odds_ratio)) / margins))


def slope(first: Floats, second: Floats, odds_ratio: Floats) -> Floats:
    """The derivative of `log_factor` in the log odds ratio; shape (..., 2, 2).

    At fixed margins all cells change by ±1 / Σ(1/p), since d ln ψ = Σ ±dp/p. Each number lies within ±1.
    """
    inverse = 1.0 / table(first, second, odds_ratio)
    return np.asarray(np.array([[1.0, -1.0], [-1.0, 1.0]]) * inverse / inverse.sum(axis=(-2, -1), keepdims=True))


def _both(first: Floats, second: Floats, odds_ratio: Floats) -> Floats:
    excess = odds_ratio - 1.0
    total = 1.0 + (first + second) * excess
    root = np.sqrt(total * total - 4.0 * odds_ratio * excess * first * second)
    # Two forms of the same root; each is used where it does not subtract nearly equal numbers.
    plus = total >= 0.0
    return np.where(
        plus,
        2.0 * odds_ratio * first * second / np.where(plus, total + root, 1.0),
        (root - total) / np.where(plus, 1.0, -2.0 * excess),
    )
