"""Observations as a weight of every state of every variable: 0 if it is ruled out, else at most 1."""

from __future__ import annotations

import math

import numpy as np

from beliefgraph.inference.arrays import Flags, Floats, Ints
from beliefgraph.inference.elementary import exponential
from beliefgraph.inference.native import inner, native


@inner
def observe(given: float, fixed: int, weight: Floats, leaf: int) -> int:
    """Write the weights of a belief's two states; returns whether there is evidence. `fixed`: 0 no, 1 holds, 2 not."""
    if fixed:
        weight[leaf], weight[leaf + 1] = fixed - 1.0, 2.0 - fixed
        return 1
    if given == 0.0:
        weight[leaf], weight[leaf + 1] = 1.0, 1.0
        return 0
    if given > 0.0:
        weight[leaf], weight[leaf + 1] = exponential(-given), 1.0
    else:
        weight[leaf], weight[leaf + 1] = 1.0, exponential(given)
    return 1


@inner
def observe_values(given: Floats, fixed: Flags, first: int, last: int, weight: Floats, leaf: int) -> int:
    """The same for a variable whose states are the values [first, last): the greatest weight is 1."""
    has_evidence, one, largest = 0, -1, -np.inf
    for value in range(first, last):
        if fixed[value] == 1:
            one = value
        elif fixed[value] == 0:
            largest = max(largest, given[value])
        if fixed[value] or given[value] != 0.0:
            has_evidence = 1
    for value in range(first, last):
        if one >= 0:
            weight[leaf + value - first] = 1.0 if value == one else 0.0
        elif fixed[value]:
            weight[leaf + value - first] = 0.0
        else:
            weight[leaf + value - first] = exponential(given[value] - largest)
    return has_evidence


@native
def log_weights(given: Floats, fixed: Flags, first: Ints, weight: Floats, has_evidence: Flags) -> None:
    """The logarithm of the weight of every state, and whether there is evidence on each variable, row by row.

    Shapes: `given` and `fixed` [B, beliefs], `weight` [B, leaves], `has_evidence` [B, variables].
    """
    for b in range(len(given)):
        leaf = 0
        for v in range(len(first) - 1):
            belief = first[v]
            if first[v + 1] - belief > 1:
                has_evidence[b, v] = observe_values(given[b], fixed[b], belief, first[v + 1], weight[b], leaf)
                for at in range(leaf, leaf + first[v + 1] - belief):
                    weight[b, at] = math.log(weight[b, at])
                leaf += first[v + 1] - belief
                continue
            value = given[b, belief]
            weight[b, leaf], weight[b, leaf + 1] = min(-value, 0.0), min(value, 0.0)
            if fixed[b, belief] == 1:
                weight[b, leaf], weight[b, leaf + 1] = -np.inf, 0.0
            elif fixed[b, belief] == 2:
                weight[b, leaf], weight[b, leaf + 1] = 0.0, -np.inf
            has_evidence[b, v] = value != 0.0 or fixed[b, belief] != 0
            leaf += 2
