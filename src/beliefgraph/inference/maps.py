"""Maps: which entry of a smaller table agrees with each entry of a clique's.

A map depends on the shape of the clique's table and on which of its axes the smaller one has, so many cliques share
one; each is computed once.
"""

from __future__ import annotations

import numpy as np

from beliefgraph.inference.arrays import Codes, Ints
from beliefgraph.inference.native import native


@native
def shared_maps(
    scope_start: Ints, scope: Ints, cards: Ints, clique: Ints, asked_start: Ints, asked: Ints
) -> tuple[Ints, Codes]:
    """Where each map starts among all, and all maps concatenated.

    The variables of clique k, its axes, are `scope[scope_start[k]:scope_start[k + 1]]`, and variable v has `cards[v]`
    states. Map i is from the entries of clique `clique[i]` to those of a table over `asked[asked_start[i]:asked_start[i
    + 1]]`, axes in that order, which are all in the clique.
    """
    number = len(clique)
    position = np.empty(len(asked), dtype=np.int64)
    slots = 16
    while slots < 2 * number:
        slots *= 2
    slot, kept = np.full(slots, -1), np.empty(number, dtype=np.int64)
    starts, length, distinct = np.empty(number, dtype=np.int64), 0, 0
    for i in range(number):
        first, last = scope_start[clique[i]], scope_start[clique[i] + 1]
        key, size = last - first, 1
        for axis in range(first, last):
            key = (key * 1_000_003) ^ cards[scope[axis]]
            size *= cards[scope[axis]]
        for at in range(asked_start[i], asked_start[i + 1]):
            for axis in range(first, last):
                if scope[axis] == asked[at]:
                    position[at] = axis - first
            key = (key * 1_000_003) ^ position[at]
        at = key & (slots - 1)
        while slot[at] >= 0 and not _same(scope_start, scope, cards, clique, asked_start, position, i, slot[at]):
            at = (at + 1) & (slots - 1)
        if slot[at] < 0:
            slot[at] = i
            starts[i] = length
            length += size
            kept[distinct] = i
            distinct += 1
        else:
            starts[i] = starts[slot[at]]
    maps = np.empty(length, dtype=np.uint32)
    for i in kept[:distinct]:
        to, made = maps[starts[i] :], 1
        to[0] = 0
        first = scope_start[clique[i]]
        for axis in range(scope_start[clique[i] + 1] - 1, first - 1, -1):
            states, step, stride = cards[scope[axis]], 0, 1
            for at in range(asked_start[i + 1] - 1, asked_start[i] - 1, -1):
                if position[at] == axis - first:
                    step = stride
                stride *= cards[asked[at]]
            for state in range(1, states):
                for j in range(made):
                    to[state * made + j] = to[j] + state * step
            made *= states
    return starts, maps


@native
def _same(
    scope_start: Ints, scope: Ints, cards: Ints, clique: Ints, asked_start: Ints, position: Ints, one: int, other: int
) -> bool:
    """Whether two maps are the same."""
    a, b = scope_start[clique[one]], scope_start[clique[other]]
    axes = scope_start[clique[one] + 1] - a
    first, second = asked_start[one], asked_start[other]
    asked = asked_start[one + 1] - first
    if scope_start[clique[other] + 1] - b != axes or asked_start[other + 1] - second != asked:
        return False
    same = True
    for axis in range(axes):
        same &= cards[scope[a + axis]] == cards[scope[b + axis]]
    for at in range(asked):
        same &= position[first + at] == position[second + at]
    return same


@native
def homes(
    scope_start: Ints, scope: Ints, size: Ints, holding_start: Ints, holding: Ints, asked_start: Ints, asked: Ints
) -> Ints:
    """For each set of variables the smallest clique that contains it, the first of several.

    The cliques that contain variable v are `holding[holding_start[v]:holding_start[v + 1]]`, ascending.
    """
    found = np.empty(len(asked_start) - 1, dtype=np.int64)
    for i in range(len(found)):
        rarest, fewest = 0, len(size) + 1
        for at in range(asked_start[i], asked_start[i + 1]):
            number = holding_start[asked[at] + 1] - holding_start[asked[at]]
            if number < fewest:
                rarest, fewest = asked[at], number
        best = -1
        for row in range(holding_start[rarest], holding_start[rarest + 1]):
            k = holding[row]
            if best >= 0 and size[k] >= size[best]:
                continue
            whole = True
            for at in range(asked_start[i], asked_start[i + 1]):
                inside = False
                for axis in range(scope_start[k], scope_start[k + 1]):
                    inside |= scope[axis] == asked[at]
                whole &= inside
            if whole:
                best = k
        found[i] = best
    return found
