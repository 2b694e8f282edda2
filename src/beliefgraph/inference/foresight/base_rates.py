"""Base rates of groups, shrunk to the overall rate: the beta-binomial model with a learned strength.

Group g has n_g subjects, of which the share r_g is positive. With overall rate μ, its rate has the prior
Beta(mμ, m(1 − μ)) and the posterior mean (n_g r_g + m μ) / (n_g + m). The strength m maximises the likelihood of the
observed shares: similar groups give a large one, different groups a small one.
"""

from __future__ import annotations

import numpy as np
from scipy.special import betaln

from beliefgraph.errors import Incorrect
from beliefgraph.inference.arrays import Floats

STRENGTHS = 2.0 ** np.arange(0, 13)
"""Candidate strengths, in subjects: 1, 2, 4, … 4,096."""


def shrunk(share: Floats, subjects: Floats, toward: float) -> tuple[Floats, float]:
    """The rate of every group given its share and number of subjects, and the strength. Raises `invalid-input`.

    Groups without subjects get the rate `toward`, in (0, 1).
    """
    if share.shape != subjects.shape or (subjects < 0).any() or not 0.0 < toward < 1.0:
        raise Incorrect(
            "invalid-input", "Each group has a share and a number of subjects, and a rate in (0, 1) for all."
        )
    hits, misses = share * subjects, (1.0 - share) * subjects
    a, b = STRENGTHS[:, None] * toward, STRENGTHS[:, None] * (1.0 - toward)
    likelihood = (betaln(hits + a, misses + b) - betaln(a, b)).sum(axis=1)
    strength = float(STRENGTHS[int(np.argmax(likelihood))])
    return (hits + strength * toward) / (subjects + strength), strength
