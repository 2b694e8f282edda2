"""A catalog that is too wide to be exact: every belief supports every other. And the truth of it, by counting."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from beliefgraph.model.attribute import Attribute
from beliefgraph.model.catalog import Catalog, RelationDefinition

NAMES = tuple(f"wide.b{n}" for n in range(60))


def catalog(odds_ratio: float) -> Catalog:
    """Sixty beliefs at even odds, each of which supports all others."""
    return Catalog(
        catalog="wide",
        version="1.0.0",
        attributes=tuple(Attribute(key=name, domain="wide", prior=0.5, statement=name) for name in NAMES),
        relations=tuple(
            RelationDefinition(kind="supports", source=a, target=b, odds_ratio=odds_ratio)
            for n, a in enumerate(NAMES)
            for b in NAMES[n + 1 :]
        ),
    )


def truth(odds_ratio: float, told: float) -> tuple[float, float]:
    """The log-odds of the belief that was told so much, and of any other."""
    weight = log_joint(odds_ratio, told)
    by_first, by_second = np.logaddexp.reduce(weight, axis=1), np.logaddexp.reduce(weight, axis=0)
    return float(by_first[1] - by_first[0]), float(by_second[1] - by_second[0])


def log_joint(odds_ratio: float, told: float) -> npt.NDArray[np.float64]:
    """The log-weights of the belief that was told so much and of any other; shape (2, 2), the last axis the other's.

    At even odds what does not hold counts as what does, so no belief has a field of its own, and a state weighs
    odds_ratio ** (pairs that agree / 2): it is enough to count how many of the others hold.
    """
    others = len(NAMES) - 2
    weight = np.full((2, 2), -np.inf)
    for first in range(2):
        for second in range(2):
            for holding in range(others + 1):
                hold = first + second + holding
                agree = math.comb(hold, 2) + math.comb(len(NAMES) - hold, 2)
                log_weight = math.log(math.comb(others, holding)) + agree * math.log(odds_ratio) / 2 + first * told
                weight[first, second] = np.logaddexp(weight[first, second], log_weight)
    return weight
