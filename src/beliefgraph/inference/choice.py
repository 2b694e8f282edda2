"""How what speaks for an option and what speaks against it come to one number, and how much nearer it is to a wish."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

SUREST = 0.99
"""The most that one point counts: no point alone settles a choice, and two that clash leave room for the rest."""


def log_odds(weight: float) -> float:
    """How much a weight in [-1, 1] adds to the log-odds that an option is right; see `balance`."""
    return 2.0 * math.atanh(max(-SUREST, min(SUREST, weight)))


def balance(weights: Iterable[float]) -> float:
    """The score in (-1, 1) of signed weights in [-1, 1]: 0 for none, above it where more speaks for than against.

    Each weight w is heard as a probability (1 + w) / 2 that the option is right, and independent of the others, so
    that their log-odds 2 artanh(w) add: the score is tanh(sum of artanh(w)). It does not depend on the order, a weight
    above 0 never lowers it, and one below 0 never raises it. A weight counts for `SUREST` at the most.
    """
    return math.tanh(math.fsum(map(log_odds, weights)) / 2.0)


def nearer(
    distance: Sequence[float] | npt.NDArray[np.float64],
    prior: Sequence[float] | npt.NDArray[np.float64],
    posterior: Sequence[float] | npt.NDArray[np.float64],
) -> float:
    """How much nearer an option is to what is wanted than could be expected of anybody, in [-1, 1].

    `distance` in [0, 1] is how far it is from each value, `prior` and `posterior` how likely each value is without and
    with what was heard, shape [values]: the expected distance before, less that after. 0 where nothing was heard.
    """
    return float(np.dot(np.asarray(distance), np.asarray(prior) - np.asarray(posterior)))
