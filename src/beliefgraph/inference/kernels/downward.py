"""The downward pass: joints and marginals of the cliques, from each tree's root."""

from __future__ import annotations

from beliefgraph.inference.arrays import Codes, Downward, Evidence, Floats, Layout, Potentials, Upward
from beliefgraph.inference.kernels.tables import collect
from beliefgraph.inference.kernels.underflow import SMALL, tree_is_exact
from beliefgraph.inference.native import inner
from beliefgraph.inference.plan import (
    BLOCK,
    FIRST_LEAF,
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
    WIDTH,
)


@inner
def down(
    layout: Layout,
    first: int,
    last: int,
    potentials: Potentials,
    evidence: Evidence,
    upward: Upward,
    downward: Downward,
) -> bool:
    """The joints and marginals of one tree after its upward pass; returns whether no precision was lost.

    The joint may be the same array as the table.
    """
    codes, leaf_codes, maps, _ = layout
    table, total, message = upward
    joint, below, marginal = downward
    origin = codes[first, MESSAGE]
    below[origin] = 1.0
    clear = answer(codes, leaf_codes, maps, first, table, total, joint, below, marginal)
    for k in range(first + 1, last):
        parent = codes[k, PARENT]
        collect(
            maps, codes[k, MAP], codes[k, STEP], codes[k, WIDTH], joint, codes[parent, START], codes[parent, SIZE],
            below, codes[k, MESSAGE],
        )  # fmt: skip
        clear = answer(codes, leaf_codes, maps, k, table, total, joint, below, marginal) and clear
    for s in range(origin, codes[last - 1, MESSAGE] + codes[last - 1, WIDTH]):
        clear &= below[s] != 0.0
    return clear or tree_is_exact(
        layout, first, last, potentials[1], evidence[0], total, message, below, marginal
    )  # fmt: skip


@inner
def answer(
    codes: Codes,
    leaf_codes: Codes,
    maps: Codes,
    k: int,
    table: Floats,
    total: Floats,
    joint: Floats,
    below: Floats,
    marginal: Floats,
) -> bool:
    """The joint of clique k given `below`, and its leaves' marginals; returns whether none of these is small."""
    start, size, at, width = codes[k, START], codes[k, SIZE], codes[k, MESSAGE], codes[k, WIDTH]
    clear = True
    if size == 4 and width == 2:
        r0, r1 = 0.0, 0.0
        if total[at] != 0.0:
            r0 = below[at] / total[at]
        if total[at + 1] != 0.0:
            r1 = below[at + 1] / total[at + 1]
        a, b, c, d = table[start] * r0, table[start + 1] * r0, table[start + 2] * r1, table[start + 3] * r1
        joint[start], joint[start + 1], joint[start + 2], joint[start + 3] = a, b, c, d
        for row in range(codes[k, FIRST_LEAF], codes[k, LAST_LEAF]):
            leaf, shared = leaf_codes[row, LEAF], leaf_codes[row, LEAF_STEP] == 2
            no, yes = a + (b if shared else c), (c if shared else b) + d
            marginal[leaf], marginal[leaf + 1] = no, yes
            clear &= no >= SMALL and yes >= SMALL
    else:
        block = codes[k, BLOCK]
        for s in range(width):
            r0 = 0.0
            if total[at + s] != 0.0:
                r0 = below[at + s] / total[at + s]
            for j in range(start + s * block, start + (s + 1) * block):
                joint[j] = table[j] * r0
        for row in range(codes[k, FIRST_LEAF], codes[k, LAST_LEAF]):
            leaf, states = leaf_codes[row, LEAF], leaf_codes[row, STATES]
            collect(
                maps, leaf_codes[row, LEAF_MAP], leaf_codes[row, LEAF_STEP], states, joint, start, size, marginal, leaf
            )
            for s in range(leaf, leaf + states):
                clear &= marginal[s] >= SMALL
    return clear
