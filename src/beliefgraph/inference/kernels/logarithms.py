"""The same pass with logarithms: slower, but without underflow."""

from __future__ import annotations

import math

import numpy as np

from beliefgraph.inference.arrays import Codes, Floats, Layout
from beliefgraph.inference.native import native
from beliefgraph.inference.plan import (
    BLOCK,
    FIRST_CHILD,
    FIRST_LEAF,
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


@native
def log_tree(
    layout: Layout, first: int, last: int, log_potential: Floats, weight: Floats, log_marginal: Floats
) -> bool:
    """The logarithms of one tree's marginals; returns whether anything is possible at all."""
    codes, leaf_codes, maps, _ = layout
    origin, origin_message = codes[first, START], codes[first, MESSAGE]
    table = log_potential[origin : codes[last - 1, START] + codes[last - 1, SIZE]].copy()
    messages = codes[last - 1, MESSAGE] + codes[last - 1, WIDTH] - origin_message
    total, message, below = np.empty(messages), np.empty(messages), np.zeros(messages)
    for k in range(last - 1, first - 1, -1):
        start, size, block = codes[k, START] - origin, codes[k, SIZE], codes[k, BLOCK]
        to, width = codes[k, MESSAGE] - origin_message, codes[k, WIDTH]
        for row in range(codes[k, FIRST_LEAF], codes[k, LAST_LEAF]):
            for j in range(size):
                table[start + j] += math.log(weight[leaf_codes[row, LEAF] + maps[leaf_codes[row, LEAF_MAP] + j]])
        for child in range(codes[k, FIRST_CHILD], codes[k, LAST_CHILD]):
            at, off = codes[child, MESSAGE] - origin_message, codes[child, MAP]
            for j in range(size):
                table[start + j] += message[at + maps[off + j]]
        largest = -np.inf
        for s in range(width):
            top, summed = -np.inf, 0.0
            for j in range(start + s * block, start + (s + 1) * block):
                top = max(top, table[j])
            if top > -np.inf:
                for j in range(start + s * block, start + (s + 1) * block):
                    summed += math.exp(table[j] - top)
                top += math.log(summed)
            total[to + s] = top
            largest = max(largest, top)
        if largest == -np.inf:
            return False
        for s in range(width):
            message[to + s] = total[to + s] - largest
    for k in range(first, last):
        start, size, block = codes[k, START] - origin, codes[k, SIZE], codes[k, BLOCK]
        at, width, parent = codes[k, MESSAGE] - origin_message, codes[k, WIDTH], codes[k, PARENT]
        if k > first:
            _collect(maps, codes[k, MAP], width, table, codes[parent, START] - origin, codes[parent, SIZE], below, at)
        for s in range(width):
            for j in range(start + s * block, start + (s + 1) * block):
                if total[at + s] > -np.inf:
                    table[j] += below[at + s] - total[at + s]
        for row in range(codes[k, FIRST_LEAF], codes[k, LAST_LEAF]):
            leaf, states = leaf_codes[row, LEAF], leaf_codes[row, STATES]
            _collect(maps, leaf_codes[row, LEAF_MAP], states, table, start, size, log_marginal, leaf)
    return True


@native
def _collect(maps: Codes, off: int, width: int, joint: Floats, start: int, size: int, to: Floats, at: int) -> None:
    """Sum a table into the entries that its map gives, as `collect` does."""
    for s in range(at, at + width):
        to[s] = -np.inf
    for j in range(size):
        s = at + maps[off + j]
        to[s] = max(to[s], joint[start + j])
    sums = np.zeros(width)
    for j in range(size):
        s = maps[off + j]
        if to[at + s] > -np.inf:
            sums[s] += math.exp(joint[start + j] - to[at + s])
    for s in range(width):
        if to[at + s] > -np.inf:
            to[at + s] += math.log(sums[s])
