"""Scores of options: signed weights combined into one number, and closeness to a preference."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

SUREST = 0.99
"""Maximum weight of one point: no point alone settles a choice, and two opposite ones leave room for the others."""


def log_odds(weight: float) -> float:
    """The log-odds that a weight in [-1, 1] adds to an option; see `balance`."""
    return 2.0 * math.atanh(max(-SUREST, min(SUREST, weight)))


def balance(weights: Iterable[float]) -> float:
    """The score in (-1, 1) of signed weights in [-1, 1]: 0 without weights, positive if the points in favour prevail.

    Each weight w counts as a probability (1 + w) / 2 that the option is right, independent of the others, so that their
    log-odds 2 artanh(w) add: the score is tanh(sum of artanh(w)). It does not depend on the order, a positive weight
    never lowers it, and a negative one never raises it. A weight counts for at most `SUREST`.
    """
    return math.tanh(math.fsum(map(log_odds, weights)) / 2.0)


def nearer(
    distance: Sequence[float] | npt.NDArray[np.float64],
    prior: Sequence[float] | npt.NDArray[np.float64],
    posterior: Sequence[float] | npt.NDArray[np.float64],
) -> float:
    """How much closer an option is to the preferred value than expected under the prior, in [-1, 1].

    `distance` in [0, 1] is that from each value, `prior` and `posterior` are the probabilities of the values before and
    after the evidence, shape [values]: the expected distance before, minus that after. 0 without evidence.
    """
    return float(np.dot(np.asarray(distance), np.asarray(prior) - np.asarray(posterior)))
