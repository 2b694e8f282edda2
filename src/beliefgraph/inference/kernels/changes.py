"""Incremental updates: only what a change affects is recomputed.

The upward pass recomputes the dirty cliques and those between them and the roots; these are clean afterwards, and
`stale`: their joints do not match their tables. The downward pass goes wherever the change is noticeable.
"""

from __future__ import annotations

import numpy as np

from beliefgraph.inference.arrays import Codes, Downward, Evidence, Flags, Floats, Ints, Layout, Potentials, Upward
from beliefgraph.inference.kernels.downward import answer
from beliefgraph.inference.kernels.odds import contrast_one, log_odds_of
from beliefgraph.inference.kernels.tables import collect, halves, widest
from beliefgraph.inference.kernels.underflow import SMALL
from beliefgraph.inference.kernels.upward import up
from beliefgraph.inference.native import inner, native
from beliefgraph.inference.plan import (
    BLOCK,
    HOME,
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


@native
def settle(
    layout: Layout,
    potentials: Potentials,
    evidence: Evidence,
    upward: Upward,
    downward: Downward,
    first: Ints,
    leaf_start: Ints,
    log_odds: Floats,
    dirty: Flags,
    stale: Flags,
    unnoticed: float,
) -> bool:
    """The log-odds of every belief after updating both passes; returns whether no precision was lost."""
    if not refresh(layout, potentials, evidence, upward, dirty, stale):
        return False
    if not _reach(layout, upward, downward, stale, unnoticed):
        return False
    log_odds_of(downward[2], first, leaf_start, log_odds)
    return True


@native
def refresh(
    layout: Layout, potentials: Potentials, evidence: Evidence, upward: Upward, dirty: Flags, stale: Flags
) -> bool:
    """The upward pass; returns whether no precision was lost."""
    trees = layout[3]
    safe = True
    for t in range(len(trees)):
        safe = up(layout, trees[t, 0], trees[t, 1], potentials, evidence, upward, dirty) and safe
    for k in range(len(dirty)):
        stale[k] |= dirty[k]
        dirty[k] = 0
    return safe


@native
def _reach(layout: Layout, upward: Upward, downward: Downward, stale: Flags, unnoticed: float) -> bool:
    """The downward pass; returns whether none of its marginals is small.

    A clique whose table is unchanged and whose `below` is within `unnoticed` (relative) of the last one it was computed
    with keeps its joint, and so do all cliques below it. The comparison is always with the last message sent, so
    skipped changes do not accumulate.
    """
    codes, leaf_codes, maps, trees = layout
    table, total, _ = upward
    joint, below, marginal = downward
    room = np.empty(widest(codes, leaf_codes))
    clear = True
    for t in range(len(trees)):
        first, last = trees[t, 0], trees[t, 1]
        if not stale[first]:
            continue
        below[codes[first, MESSAGE]] = 1.0
        for k in range(first, last):
            if k > first and stale[codes[k, PARENT]] and _hand_on(codes, maps, k, joint, below, unnoticed, room):
                stale[k] = 1
            if stale[k]:
                clear = answer(codes, leaf_codes, maps, k, table, total, joint, below, marginal) and clear
    stale[:] = 0
    return clear


@inner
def _hand_on(codes: Codes, maps: Codes, k: int, joint: Floats, below: Floats, unnoticed: float, room: Floats) -> bool:
    """Send clique k the marginal of its parent's joint on their separator, unless it moved by less than `unnoticed`."""
    at, width, parent = codes[k, MESSAGE], codes[k, WIDTH], codes[k, PARENT]
    start, size = codes[parent, START], codes[parent, SIZE]
    moved = False
    if width == 2:
        no, yes = halves(joint, start, size, codes[k, STEP])
        if abs(no - below[at]) > unnoticed * below[at] or abs(yes - below[at + 1]) > unnoticed * below[at + 1]:
            moved = True
            below[at], below[at + 1] = no, yes
    else:
        collect(maps, codes[k, MAP], codes[k, STEP], width, joint, start, size, room, 0)
        for s in range(width):
            moved = moved or abs(room[s] - below[at + s]) > unnoticed * below[at + s]
        if moved:
            for s in range(width):
                below[at + s] = room[s]
    return moved


@native
def reach_one(layout: Layout, row: int, state: int, upward: Upward, path: Codes, above: Floats, here: Floats) -> float:
    """The log-odds of one state of one variable after the upward pass: down the one path that leads to it.

    Stores nothing: `path`, `above` and `here` are scratch space. NaN if precision was lost.
    """
    codes, leaf_codes, maps, _ = layout
    table, total, _ = upward
    k = leaf_codes[row, HOME]
    length = 0
    path[0] = k
    while codes[k, PARENT] != k:
        k = codes[k, PARENT]
        length += 1
        path[length] = k
    below = np.ones(1)
    for step in range(length, -1, -1):
        k = path[step]
        start, block = codes[k, START], codes[k, BLOCK]
        at, width = codes[k, MESSAGE], codes[k, WIDTH]
        if step < length:
            if width > len(below):
                below = np.empty(width)
            collect(maps, codes[k, MAP], codes[k, STEP], width, above, 0, codes[path[step + 1], SIZE], below, 0)
        for s in range(width):
            r = 0.0
            if total[at + s] != 0.0:
                r = below[s] / total[at + s]
            for j in range(s * block, (s + 1) * block):
                here[j] = table[start + j] * r
        above, here = here, above
    states = leaf_codes[row, STATES]
    if len(below) < states:
        below = np.empty(states)
    collect(maps, leaf_codes[row, LEAF_MAP], leaf_codes[row, LEAF_STEP], states, above, 0, codes[k, SIZE], below, 0)
    for s in range(states):
        if not below[s] >= SMALL:
            return np.nan
    return contrast_one(below, states, state)
