"""How many bits a question tells about some beliefs, where one look at the model gave the line that each lies on.

What an answer tells of a target is the divergence of its probability from what it was, and the mean of that over the
answers is the expected fall of its entropy. Each loop does one thing to many numbers, so that many go through the
processor at once.
"""

from __future__ import annotations

import numpy as np

from beliefgraph.inference.arrays import Floats, Ints
from beliefgraph.inference.elementary import exponential, logarithm
from beliefgraph.inference.native import inner, native

STEEPEST = 4.0
"""A probability moves by at most a quarter of what its log-odds do: where these move less, nothing is worked out."""

LEAST = 1e-15
"""Probabilities are kept as far from 0 and 1: an entropy there is less than 1e-13 bits."""

FURTHEST = 700.0
"""Log-odds beyond which a probability is 0 or 1 to every digit."""

PER_LN2 = 1.4426950408889634


@native
def gain(
    now: Floats, other: Floats, own: Floats, targets: Ints, span: float, unfelt: float, given: Floats, moved: Floats
) -> float:
    """The bits that a question tells about its targets.

    `now` and `other` are the log-odds of all beliefs as known and at the other look, at which the belief asked about is
    more probable by `span`; `own` is the probability of each target. Each answer is `given` with its probability and
    moves the belief asked about by `moved`. Targets moved by less than `unfelt` are left out.
    """
    size, least = 0, STEEPEST * unfelt * abs(span)
    p, slope = np.empty(len(targets)), np.empty(len(targets))
    for at in range(len(targets)):
        t = targets[at]
        if abs(other[t] - now[t]) > least:
            p[size], slope[size] = own[at], other[t]
            size += 1
    for at in range(size):
        slope[at] = (_probability(slope[at]) - p[at]) / span
    felt = 0
    for at in range(size):
        if abs(slope[at]) > unfelt:
            p[felt], slope[felt] = p[at], slope[at]
            felt += 1
    told = np.zeros(felt)
    for answer in range(len(given)):
        share, far = given[answer], moved[answer]
        for at in range(felt):
            told[at] += share * _divergence(p[at], far * slope[at])
    found = 0.0
    for at in range(felt):
        found += told[at]
    return found * PER_LN2


@inner
def _probability(log_odds: float) -> float:
    return 1.0 / (1.0 + exponential(-min(max(log_odds, -FURTHEST), FURTHEST)))


@inner
def _divergence(p: float, moved: float) -> float:
    """The divergence of p + `moved` from p, in nats; both kept within LEAST of 0 and 1."""
    held = min(max(p, LEAST), 1.0 - LEAST)
    then = min(max(held + moved, LEAST), 1.0 - LEAST)
    return then * logarithm(then / held) + (1.0 - then) * logarithm((1.0 - then) / (1.0 - held))
