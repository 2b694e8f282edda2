"""Detects underflow: whether a very small number is right.

Doubles reach down to 1e-308. A message or marginal below SMALL that is not exactly 0 sends the tree to the logarithms
(`log_tree`); so does a 0 that no factor explains, because it may be an underflowed product. Underflowed terms are too
small to change any digit of a number above SMALL.
"""

from __future__ import annotations

import math

import numpy as np

from beliefgraph.inference.arrays import Floats, Layout
from beliefgraph.inference.native import inner, native
from beliefgraph.inference.plan import (
    BLOCK,
    FIRST_CHILD,
    FIRST_LEAF,
    HOME,
    LAST_CHILD,
    LAST_LEAF,
    LEAF,
    LEAF_MAP,
    MAP,
    MESSAGE,
    PARENT,
    SIZE,
    START,
    STATES,
    WIDTH,
)

SMALL = 1e-100
LOG_TINY = -690.0
"""If no term of a sum can be below e to this (1e-300), a sum that is 0 is one of zeros."""


@native
def message_is_exact(layout: Layout, k: int, log_potential: Floats, weight: Floats, message: Floats) -> bool:
    """Whether every small entry in the message of clique k is a 0 that is ruled out."""
    codes = layout[0]
    to, block = codes[k, MESSAGE], codes[k, BLOCK]
    for s in range(to, to + codes[k, WIDTH]):
        if 0.0 < message[s] < SMALL:
            return False
    if _floor(layout, k, log_potential, weight, message) < LOG_TINY:
        for j in range(codes[k, SIZE]):
            if message[to + j // block] == 0.0 and not _ruled_out(layout, k, j, log_potential, weight, message):
                return False
    return True


@native
def tree_is_exact(
    layout: Layout,
    first: int,
    last: int,
    log_potential: Floats,
    weight: Floats,
    total: Floats,
    message: Floats,
    below: Floats,
    marginal: Floats,
) -> bool:
    """Whether every small entry of a tree's marginals, and every 0 passed downward, is a 0 that is ruled out."""
    codes, leaf_codes, _, _ = layout
    for k in range(first + 1, last):
        nothing = False
        for s in range(codes[k, MESSAGE], codes[k, MESSAGE] + codes[k, WIDTH]):
            nothing = nothing or below[s] == 0.0
        if nothing and not _explained(
            layout, codes[k, PARENT], codes[k, MAP], below, codes[k, MESSAGE], log_potential, weight, total, message,
            below,
        ):  # fmt: skip
            return False
    for row in range(codes[first, FIRST_LEAF], codes[last - 1, LAST_LEAF]):
        leaf, small = leaf_codes[row, LEAF], False
        for s in range(leaf, leaf + leaf_codes[row, STATES]):
            if 0.0 < marginal[s] < SMALL:
                return False
            small = small or marginal[s] == 0.0
        if small and not _explained(
            layout, leaf_codes[row, HOME], leaf_codes[row, LEAF_MAP], marginal, leaf, log_potential, weight, total,
            message, below,
        ):  # fmt: skip
            return False
    return True


@inner
def _explained(
    layout: Layout,
    k: int,
    off: int,
    sums: Floats,
    at: int,
    log_potential: Floats,
    weight: Floats,
    total: Floats,
    message: Floats,
    below: Floats,
) -> bool:
    """Whether every entry of clique k that was summed to a 0 in `sums` is ruled out, here or from above."""
    codes, _, maps, _ = layout
    up_to, ratio = codes[k, MESSAGE], np.inf
    for s in range(codes[k, WIDTH]):
        if below[up_to + s] > 0.0:
            ratio = min(ratio, below[up_to + s] / total[up_to + s])
    if _floor(layout, k, log_potential, weight, message) + math.log(ratio) >= LOG_TINY:
        return True
    for j in range(codes[k, SIZE]):
        if (
            sums[at + maps[off + j]] == 0.0
            and below[codes[k, MESSAGE] + j // codes[k, BLOCK]] != 0.0
            and not _ruled_out(layout, k, j, log_potential, weight, message)
        ):
            return False
    return True


@inner
def _floor(layout: Layout, k: int, log_potential: Floats, weight: Floats, message: Floats) -> float:
    """A lower bound of the logarithm of every table entry of clique k that is not ruled out."""
    codes, leaf_codes, _, _ = layout
    least = 0.0
    for j in range(codes[k, START], codes[k, START] + codes[k, SIZE]):
        if log_potential[j] > -np.inf:
            least = min(least, log_potential[j])
    for row in range(codes[k, FIRST_LEAF], codes[k, LAST_LEAF]):
        least += math.log(_smallest(weight, leaf_codes[row, LEAF], leaf_codes[row, STATES]))
    for child in range(codes[k, FIRST_CHILD], codes[k, LAST_CHILD]):
        least += math.log(_smallest(message, codes[child, MESSAGE], codes[child, WIDTH]))
    return least


@inner
def _smallest(values: Floats, start: int, number: int) -> float:
    """The smallest of some values between 0 and 1 that is not 0; 1 if all are."""
    least = 1.0
    for at in range(start, start + number):
        if values[at] > 0.0:
            least = min(least, values[at])
    return least


@inner
def _ruled_out(layout: Layout, k: int, j: int, log_potential: Floats, weight: Floats, message: Floats) -> bool:
    """Whether a factor of entry j of clique k is 0, which rules the entry out."""
    codes, leaf_codes, maps, _ = layout
    if log_potential[codes[k, START] + j] == -np.inf:
        return True
    for row in range(codes[k, FIRST_LEAF], codes[k, LAST_LEAF]):
        if weight[leaf_codes[row, LEAF] + maps[leaf_codes[row, LEAF_MAP] + j]] == 0.0:
            return True
    for child in range(codes[k, FIRST_CHILD], codes[k, LAST_CHILD]):
        if message[codes[child, MESSAGE] + maps[codes[child, MAP] + j]] == 0.0:
            return True
    return False
