"""From the probabilities of states to the odds of beliefs, without computing 1 − p."""

from __future__ import annotations

import math

import numpy as np

from beliefgraph.inference.arrays import Floats, Ints
from beliefgraph.inference.elementary import logarithm
from beliefgraph.inference.native import inner, native


@inner
def log_odds_of(marginal: Floats, first: Ints, leaf_start: Ints, answer: Floats) -> None:
    """The log-odds of every belief.

    Variable v has the beliefs from `first[v]` to `first[v + 1]` and its states from `leaf_start[v]`. The loop over
    binary beliefs is vectorised.
    """
    n = len(first) - 1
    if first[n] == n:
        for v in range(n):
            answer[v] = logarithm(marginal[2 * v + 1] / marginal[2 * v])
        return
    for v in range(n):
        if first[v + 1] - first[v] == 1:
            answer[first[v]] = logarithm(marginal[leaf_start[v] + 1] / marginal[leaf_start[v]])
        else:
            contrast(marginal, leaf_start[v], first[v], first[v + 1], answer)


@inner
def others(marginal: Floats, leaf: int, first: int, last: int, answer: Floats) -> None:
    """For each of the values [first, last) of a variable the sum of the others, as prefix plus suffix sum.

    Nothing is subtracted.
    """
    total = 0.0
    for value in range(first, last):
        answer[value] = total
        total += marginal[leaf + value - first]
    total = 0.0
    for value in range(last - 1, first - 1, -1):
        answer[value] += total
        total += marginal[leaf + value - first]


@inner
def compare(marginal: Floats, leaf: int, first: int, last: int, answer: Floats) -> None:
    """The odds of the values [first, last) of a variable, each against the sum of the others."""
    others(marginal, leaf, first, last, answer)
    for value in range(first, last):
        answer[value] = marginal[leaf + value - first] / answer[value]


@inner
def contrast(marginal: Floats, leaf: int, first: int, last: int, answer: Floats) -> None:
    """The logarithms of these odds."""
    compare(marginal, leaf, first, last, answer)
    for value in range(first, last):
        answer[value] = logarithm(answer[value])


@native
def contrast_one(marginal: Floats, states: int, state: int) -> float:
    """The log-odds of one value, bit-identical to `contrast`."""
    before, behind = 0.0, 0.0
    for s in range(state):
        before += marginal[s]
    for s in range(states - 1, state, -1):
        behind += marginal[s]
    return logarithm(marginal[state] / (before + behind))


@native
def rest(marginal: Floats, first: Ints, no: Floats) -> None:
    """For each belief the probability that it does not hold, summed from the other states of its variable."""
    leaf = 0
    for v in range(len(first) - 1):
        if first[v + 1] - first[v] == 1:
            no[first[v]] = marginal[leaf]
            leaf += 2
        else:
            others(marginal, leaf, first[v], first[v + 1], no)
            leaf += first[v + 1] - first[v]


@native
def log_rest(logs: Floats, first: Ints, no: Floats) -> None:
    """The same for logarithms, row by row ([B, leaves] and [B, beliefs])."""
    widest = 2
    for v in range(len(first) - 1):
        widest = max(widest, first[v + 1] - first[v])
    scaled, sums = np.empty(widest), np.empty(widest)
    for b in range(len(logs)):
        leaf = 0
        for v in range(len(first) - 1):
            states = first[v + 1] - first[v]
            if states == 1:
                no[b, first[v]] = logs[b, leaf]
                leaf += 2
                continue
            # The greatest is among the others of all but itself; its own others are scaled by the second greatest.
            at = np.argmax(logs[b, leaf : leaf + states])
            top, second = logs[b, leaf + at], -np.inf
            for s in range(states):
                scaled[s] = math.exp(logs[b, leaf + s] - top)
                if s != at:
                    second = max(second, logs[b, leaf + s])
            others(scaled, 0, 0, states, sums)
            for s in range(states):
                no[b, first[v] + s] = top + math.log(sums[s])
            total = 0.0
            for s in range(states):
                if s != at and second > -np.inf:
                    total += math.exp(logs[b, leaf + s] - second)
            no[b, first[v] + at] = second + math.log(total) if total > 0.0 else -np.inf
            leaf += states
