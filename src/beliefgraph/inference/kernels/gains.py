"""The expected information gain of a question in bits, given two points on the line of each target.

The gain about a target is the divergence of its new probability from the old one, averaged over the answers, which is
the expected reduction of its entropy. Each loop applies one operation to many numbers, so that it can be vectorised.
"""

from __future__ import annotations

import numpy as np

from beliefgraph.inference.arrays import Floats, Ints
from beliefgraph.inference.elementary import exponential, logarithm
from beliefgraph.inference.native import inner, native

STEEPEST = 4.0
"""A probability changes by at most a quarter of the change of its log-odds: smaller changes are skipped."""

LEAST = 1e-15
"""Probabilities are kept this far from 0 and 1: an entropy there is less than 1e-13 bits."""

FURTHEST = 700.0
"""Log-odds beyond which a probability is 0 or 1 in double precision."""

PER_LN2 = 1.4426950408889634


@native
def gain(
    now: Floats, other: Floats, own: Floats, targets: Ints, span: float, unfelt: float, given: Floats, moved: Floats
) -> float:
    """The gain of a question about its targets in bits.

    `now` and `other` are the log-odds of all beliefs under the current and under the other evidence, at which the
    belief in question is more probable by `span`; `own` is the probability of each target. Each answer has the
    probability `given` and moves the belief in question by `moved`. Targets moved by less than `unfelt` are left out.
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
    divergence = np.zeros(felt)
    for answer in range(len(given)):
        share, far = given[answer], moved[answer]
        for at in range(felt):
            divergence[at] += share * _divergence(p[at], far * slope[at])
    found = 0.0
    for at in range(felt):
        found += divergence[at]
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
