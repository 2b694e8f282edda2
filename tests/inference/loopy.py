"""Plain loopy belief propagation on the same statements: what the edge-deleted tier is measured beside."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from beliefgraph.inference import Structure
from beliefgraph.inference.factors import factors_of

Floats = npt.NDArray[np.float64]


def loopy_log_odds(structure: Structure, log_likelihood: Floats, most: int = 1000) -> Floats:
    """The posterior log-odds of undirected beliefs by messages alone, damped after a hundred rounds.

    A Plackett table divided by its margins says nothing where both beliefs are at their priors, so messages that say
    nothing are a fixed point: this, too, returns the priors without evidence.
    """
    factors = factors_of(structure)
    one, other = np.array([pair.beliefs for pair in factors.pairs]).T
    table = np.exp([pair.log_table for pair in factors.pairs])
    ends, message = np.concatenate([one, other]), np.zeros(2 * len(one))
    own = np.log(structure.priors) - np.log1p(-structure.priors) + log_likelihood
    for round_ in range(most):
        log_odds = own + np.bincount(ends, message, len(own))
        holds = 1.0 / (1.0 + np.exp(message - log_odds[ends]))
        first, second = np.split(np.stack([1.0 - holds, holds], axis=1), 2)
        to_one, to_other = np.einsum("exy,ey->ex", table, second), np.einsum("exy,ex->ey", table, first)
        new = np.concatenate([np.log(to[:, 1] / to[:, 0]) for to in (to_one, to_other)])
        moved = np.abs(new - message).max()
        message = new if round_ < 100 else 0.5 * (message + new)
        if moved < 1e-9:
            break
    return np.asarray(log_odds)
