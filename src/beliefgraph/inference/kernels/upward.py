"""The upward pass: tables and messages of the cliques, from the last one of a tree to its root.

A clique's table depends only on the evidence below it, so cliques without any keep the table that was computed for no
evidence at all: `dirty` flags the cliques to recompute.
"""

from __future__ import annotations

import numpy as np

from beliefgraph.inference.arrays import Codes, Evidence, Flags, Floats, Layout, Potentials, Upward
from beliefgraph.inference.kernels.underflow import SMALL, message_is_exact
from beliefgraph.inference.native import inner, native
from beliefgraph.inference.plan import (
    BLOCK,
    FIRST_CHILD,
    FIRST_LEAF,
    LAST_CHILD,
    LAST_LEAF,
    LEAF,
    LEAF_MAP,
    LEAF_STEP,
    MAP,
    MESSAGE,
    PARENT,
    SIZE,
    START,
    STATES,
    STEP,
    VARIABLE,
    WIDTH,
)


@inner
def up(
    layout: Layout,
    first: int,
    last: int,
    potentials: Potentials,
    evidence: Evidence,
    upward: Upward,
    dirty: Flags,
) -> bool:
    """Recompute the dirty tables and messages of the cliques [first, last); returns whether no precision was lost."""
    codes, leaf_codes, maps, _ = layout
    potential, log_potential = potentials
    weight, has_evidence = evidence
    table, total, message = upward
    safe = True
    for k in range(last - 1, first - 1, -1):
        if not dirty[k]:
            continue
        dirty[codes[k, PARENT]] = 1
        start, size, to, width = codes[k, START], codes[k, SIZE], codes[k, MESSAGE], codes[k, WIDTH]
        if size == 4 and width == 2:  # two beliefs, one of them shared: the most frequent case
            a, b, c, d = potential[start], potential[start + 1], potential[start + 2], potential[start + 3]
            for row in range(codes[k, FIRST_LEAF], codes[k, LAST_LEAF]):
                if has_evidence[leaf_codes[row, VARIABLE]]:
                    at, step = leaf_codes[row, LEAF], leaf_codes[row, LEAF_STEP]
                    a, b = a * weight[at], b * weight[at + 2 - step]
                    c, d = c * weight[at + step - 1], d * weight[at + 1]
            for child in range(codes[k, FIRST_CHILD], codes[k, LAST_CHILD]):
                at, step = codes[child, MESSAGE], codes[child, STEP]
                a, b = a * message[at], b * message[at + 2 - step]
                c, d = c * message[at + step - 1], d * message[at + 1]
            table[start], table[start + 1], table[start + 2], table[start + 3] = a, b, c, d
            total[to], total[to + 1] = a + b, c + d
            largest = max(a + b, c + d)
        else:
            _multiply(codes, leaf_codes, maps, k, potential, weight, has_evidence, table, message)
            largest = _sum(table, start, codes[k, BLOCK], width, total, to)
        if not largest > 0.0:
            return False
        small = False
        for s in range(to, to + width):
            message[s] = total[s] / largest
            small = small or message[s] < SMALL
        if small and not message_is_exact(layout, k, log_potential, weight, message):
            safe = False
    return safe


@inner
def _multiply(
    codes: Codes,
    leaf_codes: Codes,
    maps: Codes,
    k: int,
    potential: Floats,
    weight: Floats,
    has_evidence: Flags,
    table: Floats,
    message: Floats,
) -> None:
    """A clique's table: the product of its potential, its leaves and its children's messages."""
    start, size = codes[k, START], codes[k, SIZE]
    for j in range(start, start + size):
        table[j] = potential[j]
    for row in range(codes[k, FIRST_LEAF], codes[k, LAST_LEAF]):
        if has_evidence[leaf_codes[row, VARIABLE]]:
            at, off = leaf_codes[row, LEAF], leaf_codes[row, LEAF_MAP]
            for j in range(size):
                table[start + j] *= weight[at + maps[off + j]]
    for child in range(codes[k, FIRST_CHILD], codes[k, LAST_CHILD]):
        at, off = codes[child, MESSAGE], codes[child, MAP]
        for j in range(size):
            table[start + j] *= message[at + maps[off + j]]


@inner
def _sum(table: Floats, start: int, block: int, width: int, total: Floats, to: int) -> float:
    """Sum a table's blocks; returns the largest of the sums."""
    largest = 0.0
    if block == 2:
        for s in range(width):
            summed = table[start + 2 * s] + table[start + 2 * s + 1]
            total[to + s] = summed
            largest = max(largest, summed)
    else:
        for s in range(width):
            summed = 0.0
            for j in range(start + s * block, start + (s + 1) * block):
                summed += table[j]
            total[to + s] = summed
            largest = max(largest, summed)
    return largest


@native
def from_nothing(layout: Layout, potentials: Potentials, upward: Upward, fit: Flags) -> None:
    """The tables and messages without any evidence; `fit` flags the trees that lost no precision."""
    codes, leaf_codes, _, trees = layout
    leaves = 0
    for row in range(len(leaf_codes)):
        leaves += leaf_codes[row, STATES]
    silence = np.ones(leaves), np.zeros(len(leaf_codes), dtype=np.uint8)
    dirty = np.ones(len(codes), dtype=np.uint8)
    for t in range(len(trees)):
        fit[t] = up(layout, trees[t, 0], trees[t, 1], potentials, silence, upward, dirty)
