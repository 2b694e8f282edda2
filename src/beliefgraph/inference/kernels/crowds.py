"""Many rows of evidence at once, as the innermost axis, so that one traversal of the plan serves them all.

An array of a block has the shape [..., BLOCK_OF]. A number is computed by the same operations in the same order as in a
separate pass, so it has the same bits.
"""

from __future__ import annotations

import numpy as np

from beliefgraph.inference.arrays import Codes, Flags, Floats, Ints, Layout
from beliefgraph.inference.elementary import exponential, logarithm
from beliefgraph.inference.kernels.passes import Start
from beliefgraph.inference.kernels.tables import widest
from beliefgraph.inference.kernels.underflow import SMALL
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
    VARIABLE,
    WIDTH,
)

BLOCK_OF = 64
"""Rows of evidence that are processed together: a table entry of theirs fills eight cache lines."""


@native
def cohort(
    layout: Layout,
    start: Start,
    first: Ints,
    leaf_start: Ints,
    given: Floats,
    prior: Floats,
    wanted: Flags,
    column: Ints,
    answer: Floats,
    suspect: Flags,
) -> None:
    """The log-odds of some beliefs for each row of evidence (`given` [B, n]).

    `wanted` are the cliques to visit downward, and `column[i]` is the column of belief i in the `answer` ([B, asked],
    -1: not requested); variable v has the beliefs from `first[v]` on and its states from `leaf_start[v]`. Rows that may
    have lost precision are marked `suspect` for the caller; the others are bit-identical to `log_odds`.
    """
    codes, leaf_codes, _, trees = layout
    n, entries, messages = len(leaf_codes), len(start[2]), len(start[3])
    joint = np.empty((entries, BLOCK_OF))
    total, message = np.empty((messages, BLOCK_OF)), np.empty((messages, BLOCK_OF))
    weight, has_evidence = np.empty((leaf_start[-1], BLOCK_OF)), np.empty((n, BLOCK_OF), dtype=np.uint8)
    most = widest(codes, leaf_codes)
    below, against = np.empty((most, BLOCK_OF)), np.empty((most, BLOCK_OF))
    least, value, tree_has_evidence = np.empty(BLOCK_OF), np.empty(BLOCK_OF), np.empty(BLOCK_OF, dtype=np.uint8)
    dirty = np.empty(len(codes), dtype=np.uint8)
    for origin in range(0, len(given), BLOCK_OF):
        rows = min(BLOCK_OF, len(given) - origin)
        here = given[origin : origin + rows]
        least[:] = 1.0
        _observe(here, first, leaf_start, weight, has_evidence, value)
        dirty[:] = 0
        for row in range(n):
            some = 0
            for w in range(BLOCK_OF):
                some |= has_evidence[leaf_codes[row, VARIABLE], w]
            dirty[leaf_codes[row, HOME]] |= some
        _up(layout, start, weight, joint, total, message, dirty, least)
        for t in range(len(trees)):
            tree_has_evidence[:] = 0
            for row in range(codes[trees[t, 0], FIRST_LEAF], codes[trees[t, 1] - 1, LAST_LEAF]):
                for w in range(BLOCK_OF):
                    tree_has_evidence[w] |= has_evidence[leaf_codes[row, VARIABLE], w]
            for k in range(trees[t, 0], trees[t, 1]):
                if not wanted[k]:
                    continue
                _hand_down(layout, k, total, joint, below)
                for row in range(codes[k, FIRST_LEAF], codes[k, LAST_LEAF]):
                    v = leaf_codes[row, VARIABLE]
                    asked = False
                    for i in range(first[v], first[v + 1]):
                        asked = asked or column[i] >= 0
                    if asked:
                        _answer(
                            layout, k, row, first[v], first[v + 1], joint, below, against, value, tree_has_evidence,
                            prior, column, answer[origin : origin + rows], least,
                        )  # fmt: skip
        for w in range(rows):
            suspect[origin + w] = least[w] < SMALL


@inner
def _observe(given: Floats, first: Ints, leaf_start: Ints, weight: Floats, has_evidence: Flags, value: Floats) -> None:
    """The weights of every state, as `observe` and `observe_values` do; lanes beyond the rows have no evidence."""
    rows = len(given)
    for v in range(len(first) - 1):
        belief, leaf, number = first[v], leaf_start[v], first[v + 1] - first[v]
        if number == 1:
            value[:] = 0.0
            for w in range(rows):
                value[w] = given[w, belief]
            for w in range(BLOCK_OF):
                other = exponential(-abs(value[w]))
                weight[leaf, w] = other if value[w] > 0.0 else 1.0
                weight[leaf + 1, w] = other if value[w] < 0.0 else 1.0
            for w in range(BLOCK_OF):
                has_evidence[v, w] = value[w] != 0.0
            continue
        has_evidence[v, :] = 0
        weight[leaf : leaf + number, :] = 1.0
        for w in range(rows):
            most = given[w, belief]
            for s in range(number):
                most = max(most, given[w, belief + s])
                has_evidence[v, w] |= given[w, belief + s] != 0.0
            if has_evidence[v, w]:
                for s in range(number):
                    weight[leaf + s, w] = exponential(given[w, belief + s] - most)


@native
def _up(
    layout: Layout,
    start: Start,
    weight: Floats,
    joint: Floats,
    total: Floats,
    message: Floats,
    dirty: Flags,
    least: Floats,
) -> None:
    """The upward pass; `least` becomes the least of all messages and normalisers of a row.

    Cliques that are not dirty have their values without evidence.
    """
    codes, leaf_codes, maps, _ = layout
    potential, tables, totals, messages = start[0], start[2], start[3], start[4]
    largest = np.empty(BLOCK_OF)
    for k in range(len(codes) - 1, -1, -1):
        origin, size, block = codes[k, START], codes[k, SIZE], codes[k, BLOCK]
        to, width = codes[k, MESSAGE], codes[k, WIDTH]
        if not dirty[k]:
            for j in range(origin, origin + size):
                joint[j, :] = tables[j]
            for s in range(to, to + width):
                total[s, :], message[s, :] = totals[s], messages[s]
            continue
        dirty[codes[k, PARENT]] = 1
        for j in range(origin, origin + size):
            joint[j, :] = potential[j]
        for row in range(codes[k, FIRST_LEAF], codes[k, LAST_LEAF]):
            _multiply(maps, leaf_codes[row, LEAF_MAP], size, weight, leaf_codes[row, LEAF], joint, origin)
        for child in range(codes[k, FIRST_CHILD], codes[k, LAST_CHILD]):
            _multiply(maps, codes[child, MAP], size, message, codes[child, MESSAGE], joint, origin)
        if size == 4 and block == 2:
            _normalise_two(joint, origin, total, message, to, least)
            continue
        largest[:] = 0.0
        for s in range(width):
            total[to + s, :] = 0.0
            for j in range(origin + s * block, origin + (s + 1) * block):
                for w in range(BLOCK_OF):
                    total[to + s, w] += joint[j, w]
            for w in range(BLOCK_OF):
                largest[w] = total[to + s, w] if total[to + s, w] > largest[w] else largest[w]
        for w in range(BLOCK_OF):
            least[w] = largest[w] if largest[w] < least[w] else least[w]
        for s in range(to, to + width):
            for w in range(BLOCK_OF):
                message[s, w] = total[s, w] / largest[w]
            for w in range(BLOCK_OF):
                least[w] = message[s, w] if message[s, w] < least[w] else least[w]


@inner
def _multiply(maps: Codes, off: int, size: int, by: Floats, at: int, joint: Floats, start: int) -> None:
    """Multiply the entries of a clique's tables by the mapped entries of another's."""
    for j in range(size):
        other = at + maps[off + j]
        for w in range(BLOCK_OF):
            joint[start + j, w] *= by[other, w]


@inner
def _normalise_two(joint: Floats, start: int, total: Floats, message: Floats, to: int, least: Floats) -> None:
    """The message of a clique of two beliefs, one of them shared."""
    for w in range(BLOCK_OF):
        v0, v1 = joint[start, w] + joint[start + 1, w], joint[start + 2, w] + joint[start + 3, w]
        most = v0 if v0 > v1 else v1
        r0, r1 = v0 / most, v1 / most
        total[to, w], total[to + 1, w], message[to, w], message[to + 1, w] = v0, v1, r0, r1
        low = r0 if r0 < r1 else r1
        low = most if most < low else low
        least[w] = low if low < least[w] else least[w]


@inner
def _hand_down(layout: Layout, k: int, total: Floats, joint: Floats, below: Floats) -> None:
    """The joints of clique k, from its parent's; `below` is scratch space."""
    codes, _, maps, _ = layout
    start, block, at, width = codes[k, START], codes[k, BLOCK], codes[k, MESSAGE], codes[k, WIDTH]
    parent = codes[k, PARENT]
    if parent == k:
        below[0, :] = 1.0
    else:
        _collect(maps, codes[k, MAP], width, joint, codes[parent, START], codes[parent, SIZE], below)
    for s in range(width):
        for w in range(BLOCK_OF):
            below[s, w] /= total[at + s, w]
        for j in range(start + s * block, start + (s + 1) * block):
            for w in range(BLOCK_OF):
                joint[j, w] *= below[s, w]


@inner
def _collect(maps: Codes, off: int, width: int, joint: Floats, start: int, size: int, to: Floats) -> None:
    """Sum the entries of a clique's tables into those that their map gives."""
    if size == 4 and width == 2:
        second = maps[off + 1]
        one, other = start + 1 + second, start + 2 - second
        for w in range(BLOCK_OF):
            to[0, w] = joint[start, w] + joint[one, w]
            to[1, w] = joint[other, w] + joint[start + 3, w]
        return
    to[:width, :] = 0.0
    for j in range(size):
        s = maps[off + j]
        for w in range(BLOCK_OF):
            to[s, w] += joint[start + j, w]


@inner
def _answer(
    layout: Layout,
    k: int,
    row: int,
    belief: int,
    end: int,
    joint: Floats,
    marginal: Floats,
    against: Floats,
    value: Floats,
    tree_has_evidence: Flags,
    prior: Floats,
    column: Ints,
    answer: Floats,
    least: Floats,
) -> None:
    """The log-odds of the requested beliefs in [belief, end), of the variable in a row of clique k.

    Those without evidence have their priors. `marginal`, `against` and `value` are scratch space.
    """
    codes, leaf_codes, maps, _ = layout
    states, rows = leaf_codes[row, STATES], len(answer)
    _collect(maps, leaf_codes[row, LEAF_MAP], states, joint, codes[k, START], codes[k, SIZE], marginal)
    for s in range(states):
        for w in range(BLOCK_OF):
            least[w] = marginal[s, w] if marginal[s, w] < least[w] else least[w]
    if end - belief == 1:
        for w in range(BLOCK_OF):
            value[w] = logarithm(marginal[1, w] / marginal[0, w])
        for w in range(rows):
            answer[w, column[belief]] = value[w] if tree_has_evidence[w] else prior[belief]
        return
    value[:] = 0.0
    for s in range(states):
        for w in range(BLOCK_OF):
            against[s, w] = value[w]
            value[w] += marginal[s, w]
    value[:] = 0.0
    for s in range(states - 1, -1, -1):
        for w in range(BLOCK_OF):
            against[s, w] += value[w]
            value[w] += marginal[s, w]
    for s in range(states):
        if column[belief + s] >= 0:
            for w in range(BLOCK_OF):
                value[w] = logarithm(marginal[s, w] / against[s, w])
            for w in range(rows):
                answer[w, column[belief + s]] = value[w] if tree_has_evidence[w] else prior[belief + s]
