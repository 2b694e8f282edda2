"""The pass over a plan, as machine code: messages up to the roots, then down again, and every marginal.

With φ the potential of a clique, e the leaves homed there and m the messages of its children, read through their maps:

    up      table[j] = φ[j] · Π e · Π m        total[s] = Σ table[block s]        message[s] = total[s] / max total
    down    below[s] = Σ joint of the parent where its entry agrees with s        (1 at a root)
            joint[block s] = table[block s] · below[s] / total[s]
    answer  marginal[v, x] = Σ joint of v's home where v = x

(Hugin's two passes; S. L. Lauritzen and D. J. Spiegelhalter, 1988.) A clique's table depends only on what is observed
below it, so where nothing is, the table that was made once for no evidence at all stands: `dirty` says which cliques
are to be made anew. A number is always made by the same operations in the same order, whoever asks and however many
at a time; so its bits are a function of the evidence alone.

Doubles reach down to 1e-308. A message or marginal below SMALL that is not exactly 0 gives the tree up to the
logarithms (`log_tree`); so does a 0 that no factor explains, because it may be a product that was too small. A smaller
term than that cannot take a digit from anything above SMALL.
"""

from __future__ import annotations

import math

import numpy as np

from beliefgraph.inference.arrays import Codes, Flags, Floats, Ints
from beliefgraph.inference.elementary import exponential, logarithm
from beliefgraph.inference.native import native
from beliefgraph.inference.plan import (
    BLOCK,
    FIRST_CHILD,
    FIRST_LEAF,
    HOME,
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

SMALL = 1e-100
LOG_TINY = -690.0
"""Where no term of a sum can be below e to this (1e-300), a sum that is 0 is one of zeros."""
BLOCK_OF = 64
"""So many rows of evidence go through a plan together: a table entry of theirs fills eight cache lines."""
SILENT, DONE, LOST = 0, 1, 2
"""What became of a tree: nothing is known about it, it has its answer, or digits were lost."""


@native
def floor(codes: Codes, leaf_codes: Codes, k: int, log_potential: Floats, weight: Floats, message: Floats) -> float:
    """A bound below the logarithm of every table entry of clique k that is not ruled out."""
    least = 0.0
    for j in range(codes[k, START], codes[k, START] + codes[k, SIZE]):
        if log_potential[j] > -np.inf:
            least = min(least, log_potential[j])
    for row in range(codes[k, FIRST_LEAF], codes[k, LAST_LEAF]):
        least += math.log(smallest(weight, leaf_codes[row, LEAF], leaf_codes[row, STATES]))
    for child in range(codes[k, FIRST_CHILD], codes[k, LAST_CHILD]):
        least += math.log(smallest(message, codes[child, MESSAGE], codes[child, WIDTH]))
    return least


@native
def smallest(values: Floats, start: int, number: int) -> float:
    """The smallest of some values between 0 and 1 that is not 0; 1 if all are."""
    least = 1.0
    for at in range(start, start + number):
        if values[at] > 0.0:
            least = min(least, values[at])
    return least


@native
def ruled_out(
    codes: Codes, leaf_codes: Codes, maps: Codes, k: int, j: int, log_potential: Floats, weight: Floats, message: Floats
) -> bool:
    """Whether a factor of entry j of clique k is 0, so that the entry is."""
    if log_potential[codes[k, START] + j] == -np.inf:
        return True
    for row in range(codes[k, FIRST_LEAF], codes[k, LAST_LEAF]):
        if weight[leaf_codes[row, LEAF] + maps[leaf_codes[row, LEAF_MAP] + j]] == 0.0:
            return True
    for child in range(codes[k, FIRST_CHILD], codes[k, LAST_CHILD]):
        if message[codes[child, MESSAGE] + maps[codes[child, MAP] + j]] == 0.0:
            return True
    return False


@native
def up(
    codes: Codes,
    leaf_codes: Codes,
    maps: Codes,
    first: int,
    last: int,
    potential: Floats,
    log_potential: Floats,
    weight: Floats,
    said: Flags,
    table: Floats,
    total: Floats,
    message: Floats,
    dirty: Flags,
) -> bool:
    """Make the dirty tables and messages of the cliques [first, last) anew; whether no digit was lost."""
    safe = True
    for k in range(last - 1, first - 1, -1):
        if not dirty[k]:
            continue
        start, size, block = codes[k, START], codes[k, SIZE], codes[k, BLOCK]
        to, width = codes[k, MESSAGE], codes[k, WIDTH]
        dirty[codes[k, PARENT]] = 1
        if size == 4 and block == 2:  # two beliefs, one of them shared: most of a twin
            a, b, c, d = potential[start], potential[start + 1], potential[start + 2], potential[start + 3]
            for row in range(codes[k, FIRST_LEAF], codes[k, LAST_LEAF]):
                if said[leaf_codes[row, VARIABLE]]:
                    at, second = leaf_codes[row, LEAF], maps[leaf_codes[row, LEAF_MAP] + 1]
                    a, b = a * weight[at], b * weight[at + second]
                    c, d = c * weight[at + 1 - second], d * weight[at + 1]
            for child in range(codes[k, FIRST_CHILD], codes[k, LAST_CHILD]):
                at, second = codes[child, MESSAGE], maps[codes[child, MAP] + 1]
                a, b = a * message[at], b * message[at + second]
                c, d = c * message[at + 1 - second], d * message[at + 1]
            table[start], table[start + 1], table[start + 2], table[start + 3] = a, b, c, d
            v0, v1 = a + b, c + d
            total[to], total[to + 1] = v0, v1
            largest = max(v0, v1)
        else:
            for j in range(size):
                table[start + j] = potential[start + j]
            for row in range(codes[k, FIRST_LEAF], codes[k, LAST_LEAF]):
                if said[leaf_codes[row, VARIABLE]]:
                    at, off = leaf_codes[row, LEAF], leaf_codes[row, LEAF_MAP]
                    for j in range(size):
                        table[start + j] *= weight[at + maps[off + j]]
            for child in range(codes[k, FIRST_CHILD], codes[k, LAST_CHILD]):
                at, off = codes[child, MESSAGE], codes[child, MAP]
                for j in range(size):
                    table[start + j] *= message[at + maps[off + j]]
            largest = 0.0
            if block == 2:
                for s in range(width):
                    v0 = table[start + 2 * s] + table[start + 2 * s + 1]
                    total[to + s] = v0
                    largest = max(largest, v0)
            else:
                for s in range(width):
                    v0 = 0.0
                    for j in range(start + s * block, start + (s + 1) * block):
                        v0 += table[j]
                    total[to + s] = v0
                    largest = max(largest, v0)
        if not largest > 0.0:
            return False
        nothing = False
        for s in range(width):
            v0 = total[to + s] / largest
            message[to + s] = v0
            if v0 < SMALL:
                if v0 > 0.0:
                    safe = False
                nothing = True
        if nothing and floor(codes, leaf_codes, k, log_potential, weight, message) < LOG_TINY:
            for j in range(size):
                if message[to + j // block] == 0.0 and not ruled_out(
                    codes, leaf_codes, maps, k, j, log_potential, weight, message
                ):
                    safe = False
    return safe


@native
def explained(
    codes: Codes,
    leaf_codes: Codes,
    maps: Codes,
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
    up_to, ratio = codes[k, MESSAGE], np.inf
    for s in range(codes[k, WIDTH]):
        if below[up_to + s] > 0.0:
            ratio = min(ratio, below[up_to + s] / total[up_to + s])
    if floor(codes, leaf_codes, k, log_potential, weight, message) + math.log(ratio) >= LOG_TINY:
        return True
    for j in range(codes[k, SIZE]):
        if (
            sums[at + maps[off + j]] == 0.0
            and below[codes[k, MESSAGE] + j // codes[k, BLOCK]] != 0.0
            and not ruled_out(codes, leaf_codes, maps, k, j, log_potential, weight, message)
        ):
            return False
    return True


@native
def kept(
    codes: Codes,
    leaf_codes: Codes,
    maps: Codes,
    k: int,
    row: int,
    marginal: Floats,
    log_potential: Floats,
    weight: Floats,
    total: Floats,
    message: Floats,
    below: Floats,
) -> bool:
    """Whether what is small in the marginal of a leaf homed at clique k is a 0, and ruled out."""
    leaf = leaf_codes[row, LEAF]
    for s in range(leaf, leaf + leaf_codes[row, STATES]):
        if 0.0 < marginal[s] < SMALL:
            return False
    off = leaf_codes[row, LEAF_MAP]
    return explained(codes, leaf_codes, maps, k, off, marginal, leaf, log_potential, weight, total, message, below)


@native
def halves(values: Floats, start: int, size: int, step: int) -> tuple[float, float]:
    """The sums of a table's entries where one variable of two states has the first and where it has the other; two
    entries that differ in it alone are `step` apart."""
    if size == 4:
        return values[start] + values[start + 3 - step], values[start + step] + values[start + 3]
    if size == 8:
        one, two = start + 1 + (step == 1), start + 4 - 2 * (step == 4)
        both = one + two - start
        return (
            values[start] + values[one] + values[two] + values[both],
            values[start + step] + values[one + step] + values[two + step] + values[both + step],
        )
    no, yes = 0.0, 0.0
    for block in range(start, start + size, 2 * step):
        for j in range(block, block + step):
            no += values[j]
            yes += values[j + step]
    return no, yes


@native
def collect(
    maps: Codes, off: int, step: int, width: int, joint: Floats, start: int, size: int, to: Floats, at: int
) -> None:
    """Sum a clique's joint to the entries its map sends it to."""
    if width == 2:
        to[at], to[at + 1] = halves(joint, start, size, step)
        return
    for s in range(at, at + width):
        to[s] = 0.0
    for j in range(size):
        to[at + maps[off + j]] += joint[start + j]


@native
def down(
    codes: Codes,
    leaf_codes: Codes,
    maps: Codes,
    first: int,
    last: int,
    log_potential: Floats,
    weight: Floats,
    table: Floats,
    total: Floats,
    message: Floats,
    joint: Floats,
    below: Floats,
    marginal: Floats,
) -> bool:
    """The joints and marginals of one tree whose tables are made; whether no digit was lost.

    `joint` may be `table` itself.
    """
    safe = True
    for k in range(first, last):
        start, size, block = codes[k, START], codes[k, SIZE], codes[k, BLOCK]
        at, width, off = codes[k, MESSAGE], codes[k, WIDTH], codes[k, MAP]
        parent = codes[k, PARENT]
        above, entries = codes[parent, START], codes[parent, SIZE]
        if k == first:
            below[at] = 1.0
        elif width == 2:  # one belief is shared: nearly always
            below[at], below[at + 1] = halves(joint, above, entries, codes[k, STEP])
        else:
            collect(maps, off, codes[k, STEP], width, joint, above, entries, below, at)
        nothing = False
        for s in range(width):
            nothing = nothing or below[at + s] == 0.0
        if nothing and not explained(
            codes, leaf_codes, maps, parent, off, below, at, log_potential, weight, total, message, below
        ):
            safe = False
        if size == 4 and block == 2:
            r0, r1 = 0.0, 0.0
            if total[at] != 0.0:
                r0 = below[at] / total[at]
            if total[at + 1] != 0.0:
                r1 = below[at + 1] / total[at + 1]
            a, b, c, d = table[start] * r0, table[start + 1] * r0, table[start + 2] * r1, table[start + 3] * r1
            joint[start], joint[start + 1], joint[start + 2], joint[start + 3] = a, b, c, d
            for row in range(codes[k, FIRST_LEAF], codes[k, LAST_LEAF]):
                leaf, first_axis = leaf_codes[row, LEAF], leaf_codes[row, LEAF_STEP] == 2
                v0 = a + (b if first_axis else c)
                v1 = (c if first_axis else b) + d
                marginal[leaf], marginal[leaf + 1] = v0, v1
                if (v0 < SMALL or v1 < SMALL) and not kept(
                    codes, leaf_codes, maps, k, row, marginal, log_potential, weight, total, message, below
                ):
                    safe = False
            continue
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
            least = marginal[leaf]
            for s in range(1, states):
                least = min(least, marginal[leaf + s])
            if least < SMALL and not kept(
                codes, leaf_codes, maps, k, row, marginal, log_potential, weight, total, message, below
            ):
                safe = False
    return safe


@native
def from_nothing(
    codes: Codes,
    leaf_codes: Codes,
    maps: Codes,
    trees: Codes,
    potential: Floats,
    log_potential: Floats,
    table: Floats,
    total: Floats,
    message: Floats,
    fit: Flags,
) -> None:
    """The tables and messages without any evidence; `fit` says which trees lost no digit."""
    leaves = 0
    for row in range(len(leaf_codes)):
        leaves += leaf_codes[row, STATES]
    weight = np.ones(leaves)
    said = np.zeros(len(leaf_codes), dtype=np.uint8)
    dirty = np.ones(len(codes), dtype=np.uint8)
    for t in range(len(trees)):
        fit[t] = up(
            codes, leaf_codes, maps, trees[t, 0], trees[t, 1], potential, log_potential, weight, said, table, total,
            message, dirty,
        )  # fmt: skip


@native
def run(
    codes: Codes,
    leaf_codes: Codes,
    maps: Codes,
    trees: Codes,
    potential: Floats,
    log_potential: Floats,
    fit: Flags,
    weight: Floats,
    said: Flags,
    dirty: Flags,
    table: Floats,
    total: Floats,
    message: Floats,
    below: Floats,
    marginal: Floats,
    status: Flags,
    everything: bool,
) -> None:
    """A full pass over the trees about which something is said, or all.

    `table`, `total` and `message` come as they are without evidence, and `table` goes as the joint.
    """
    for row in range(len(leaf_codes)):
        if said[leaf_codes[row, VARIABLE]]:
            dirty[leaf_codes[row, HOME]] = 1
    for t in range(len(trees)):
        first, last = trees[t, 0], trees[t, 1]
        speaks = everything
        for row in range(codes[first, FIRST_LEAF], codes[last - 1, LAST_LEAF]):
            if said[leaf_codes[row, VARIABLE]]:
                speaks = True
                break
        if not speaks:
            status[t] = SILENT
            continue
        status[t] = LOST
        if not fit[t]:
            continue
        if up(
            codes, leaf_codes, maps, first, last, potential, log_potential, weight, said, table, total, message, dirty
        ) and down(
            codes, leaf_codes, maps, first, last, log_potential, weight, table, total, message, table, below, marginal
        ):  # fmt: skip
            status[t] = DONE


@native
def log_sums(maps: Codes, off: int, width: int, joint: Floats, start: int, size: int, to: Floats, at: int) -> None:
    """As `collect`, on logarithms."""
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


@native
def log_tree(
    codes: Codes,
    leaf_codes: Codes,
    maps: Codes,
    first: int,
    last: int,
    log_potential: Floats,
    weight: Floats,
    log_marginal: Floats,
) -> bool:
    """The same pass over one tree on logarithms, slower and never out of range; whether anything is possible at all."""
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
            log_sums(maps, codes[k, MAP], width, table, codes[parent, START] - origin, codes[parent, SIZE], below, at)
        for s in range(width):
            for j in range(start + s * block, start + (s + 1) * block):
                if total[at + s] > -np.inf:
                    table[j] += below[at + s] - total[at + s]
        for row in range(codes[k, FIRST_LEAF], codes[k, LAST_LEAF]):
            leaf, states = leaf_codes[row, LEAF], leaf_codes[row, STATES]
            log_sums(maps, leaf_codes[row, LEAF_MAP], states, table, start, size, log_marginal, leaf)
    return True


@native
def observe(given: float, fixed: int, weight: Floats, leaf: int) -> int:
    """Write the weights of a belief's two states; whether anything is said about it. `fixed`: 0 no, 1 holds, 2 not."""
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


@native
def observe_values(given: Floats, fixed: Flags, first: int, last: int, weight: Floats, leaf: int) -> int:
    """The same for a variable whose states are the values [first, last): the greatest weight is 1."""
    said, one, largest = 0, -1, -np.inf
    for value in range(first, last):
        if fixed[value] == 1:
            one = value
        elif fixed[value] == 0:
            largest = max(largest, given[value])
        if fixed[value] or given[value] != 0.0:
            said = 1
    for value in range(first, last):
        if one >= 0:
            weight[leaf + value - first] = 1.0 if value == one else 0.0
        elif fixed[value]:
            weight[leaf + value - first] = 0.0
        else:
            weight[leaf + value - first] = exponential(given[value] - largest)
    return said


@native
def log_weights(given: Floats, fixed: Flags, first: Ints, weight: Floats, said: Flags) -> None:
    """The logarithm of the weight of every state, and whether anything is said about each variable, row by row (`given`
    and `fixed` [B, beliefs], `weight` [B, leaves], `said` [B, variables])."""
    for b in range(len(given)):
        leaf = 0
        for v in range(len(first) - 1):
            belief = first[v]
            if first[v + 1] - belief > 1:
                said[b, v] = observe_values(given[b], fixed[b], belief, first[v + 1], weight[b], leaf)
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
            said[b, v] = value != 0.0 or fixed[b, belief] != 0
            leaf += 2


@native
def others(marginal: Floats, leaf: int, first: int, last: int, answer: Floats) -> None:
    """For each of the values [first, last) of a variable the sum of the others: what is before it and what is behind,
    so that nothing is subtracted."""
    total = 0.0
    for value in range(first, last):
        answer[value] = total
        total += marginal[leaf + value - first]
    total = 0.0
    for value in range(last - 1, first - 1, -1):
        answer[value] += total
        total += marginal[leaf + value - first]


@native
def compare(marginal: Floats, leaf: int, first: int, last: int, answer: Floats) -> None:
    """The odds of the values [first, last) of a variable, each against the sum of the others."""
    others(marginal, leaf, first, last, answer)
    for value in range(first, last):
        answer[value] = marginal[leaf + value - first] / answer[value]


@native
def contrast(marginal: Floats, leaf: int, first: int, last: int, answer: Floats) -> None:
    """Their logarithms."""
    compare(marginal, leaf, first, last, answer)
    for value in range(first, last):
        answer[value] = logarithm(answer[value])


@native
def contrast_one(marginal: Floats, states: int, state: int) -> float:
    """The log-odds of one value, with the bits that `contrast` gives."""
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
    """The same of logarithms, row by row ([B, leaves] and [B, beliefs])."""
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
            # The greatest is among the others of all but itself; its own others are scaled by the second.
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


@native
def log_odds(
    codes: Codes,
    leaf_codes: Codes,
    maps: Codes,
    trees: Codes,
    potential: Floats,
    log_potential: Floats,
    fit: Flags,
    table: Floats,
    total: Floats,
    message: Floats,
    changed: Flags,
    first: Ints,
    leaf_start: Ints,
    given: Floats,
    fixed: Flags,
    prior: Floats,
    answer: Floats,
    status: Flags,
) -> None:
    """The log-odds of every belief for each row of evidence (`given`, `answer` [B, n], `status` [B, trees]).

    Variable v has the beliefs from `first[v]` to `first[v + 1]` and its states from `leaf_start[v]`. A tree about which
    nothing is said answers its priors; one that lost digits is for the caller. `changed` are the cliques whose
    potential is not the one that `table`, `total` and `message` were made with.
    """
    n, leaves = len(leaf_codes), leaf_start[-1]
    plain = first[n] == n  # no values: belief v is variable v
    weight, marginal, below, ratio = np.empty(leaves), np.ones(leaves), np.empty(len(message)), np.empty(n)
    said = np.empty(n, dtype=np.uint8)
    dirty = np.empty(len(codes), dtype=np.uint8)
    for b in range(len(given)):
        for v in range(n):
            if plain or first[v + 1] - first[v] == 1:
                belief = v if plain else first[v]
                said[v] = observe(given[b, belief], fixed[belief], weight, leaf_start[v])
            else:
                said[v] = observe_values(given[b], fixed, first[v], first[v + 1], weight, leaf_start[v])
        dirty[:] = changed
        joint, sums, messages = table.copy(), total.copy(), message.copy()
        run(
            codes, leaf_codes, maps, trees, potential, log_potential, fit, weight, said, dirty, joint, sums, messages,
            below, marginal, status[b], False,
        )  # fmt: skip
        for v in range(n):  # log-odds of all, to be sorted out below: many go through the processor at once
            ratio[v] = marginal[leaf_start[v] + 1] / marginal[leaf_start[v]]
        for v in range(n):
            ratio[v] = logarithm(ratio[v])
        for t in range(len(trees)):
            for row in range(codes[trees[t, 0], FIRST_LEAF], codes[trees[t, 1] - 1, LAST_LEAF]):
                v = leaf_codes[row, VARIABLE]
                if plain or first[v + 1] - first[v] == 1:
                    belief = v if plain else first[v]
                    answer[b, belief] = ratio[v] if status[b, t] == DONE else prior[belief]
                elif status[b, t] != DONE:
                    answer[b, first[v] : first[v + 1]] = prior[first[v] : first[v + 1]]
                else:
                    contrast(marginal, leaf_start[v], first[v], first[v + 1], answer[b])


@native
def distributions(
    codes: Codes,
    leaf_codes: Codes,
    maps: Codes,
    trees: Codes,
    potential: Floats,
    log_potential: Floats,
    fit: Flags,
    table: Floats,
    total: Floats,
    message: Floats,
    changed: Flags,
    weight: Floats,
    said: Flags,
    marginal: Floats,
    joint: Floats,
    status: Flags,
) -> None:
    """The distribution of every variable for each row of leaves (`weight`, `marginal` [B, leaves]), unnormalised by a
    rounding error; `joint` has every table of the last row.

    `changed` are the cliques whose potential is not the one that `table`, `total` and `message` were made with.
    """
    below = np.empty(len(message))
    for b in range(len(weight)):
        dirty = changed.copy()
        joint[:] = table
        sums, messages = total.copy(), message.copy()
        run(
            codes, leaf_codes, maps, trees, potential, log_potential, fit, weight[b], said[b], dirty, joint, sums,
            messages, below, marginal[b], status[b], True,
        )  # fmt: skip


@native
def joints(
    codes: Codes,
    leaf_codes: Codes,
    maps: Codes,
    trees: Codes,
    potential: Floats,
    log_potential: Floats,
    fit: Flags,
    table: Floats,
    total: Floats,
    message: Floats,
    changed: Flags,
    weight: Floats,
    said: Flags,
    joint: Floats,
    log_mass: Floats,
    status: Flags,
) -> None:
    """Every table's joint for each row of leaves (`joint` [B, entries]), and the log of the sum of each tree's product
    of factors (`log_mass` [B, trees]): what the messages upward were divided by.
    """
    below = np.empty(len(message))
    marginal = np.empty(weight.shape[1])
    for b in range(len(weight)):
        dirty = changed.copy()
        joint[b] = table
        sums, messages = total.copy(), message.copy()
        run(
            codes, leaf_codes, maps, trees, potential, log_potential, fit, weight[b], said[b], dirty, joint[b], sums,
            messages, below, marginal, status[b], True,
        )  # fmt: skip
        for t in range(len(trees)):
            mass = 0.0
            for k in range(trees[t, 0], trees[t, 1]):
                largest = 0.0
                for s in range(codes[k, MESSAGE], codes[k, MESSAGE] + codes[k, WIDTH]):
                    largest = max(largest, sums[s])
                mass += math.log(largest)
            log_mass[b, t] = mass


@native
def refresh(
    codes: Codes,
    leaf_codes: Codes,
    maps: Codes,
    trees: Codes,
    potential: Floats,
    log_potential: Floats,
    weight: Floats,
    said: Flags,
    table: Floats,
    total: Floats,
    message: Floats,
    dirty: Flags,
    stale: Flags,
) -> bool:
    """Way up after some evidence changed: only the dirty cliques and what lies between them and the roots.

    They are clean afterwards, and `stale`: their joints are not what their tables say.
    """
    safe = True
    for t in range(len(trees)):
        safe = (
            up(
                codes, leaf_codes, maps, trees[t, 0], trees[t, 1], potential, log_potential, weight, said, table, total,
                message, dirty,
            )
            and safe
        )  # fmt: skip
    for k in range(len(codes)):
        stale[k] |= dirty[k]
        dirty[k] = 0
    return safe


@native
def reach(
    codes: Codes,
    leaf_codes: Codes,
    maps: Codes,
    trees: Codes,
    table: Floats,
    total: Floats,
    joint: Floats,
    below: Floats,
    marginal: Floats,
    stale: Flags,
    unnoticed: float,
) -> None:
    """Way down after some tables changed, to wherever that is noticed.

    A clique whose table stands and whose `below` is within `unnoticed` of the one it was last made with (relative)
    keeps its joint, and so does all that hangs on it. The comparison is always with what was last handed on, so what is
    left undone never adds up.
    """
    widest = 2
    for k in range(len(codes)):
        widest = max(widest, codes[k, WIDTH])
    scratch = np.empty(widest)
    for t in range(len(trees)):
        first, last = trees[t, 0], trees[t, 1]
        below[codes[first, MESSAGE]] = 1.0
        for k in range(first, last):
            at, width, parent = codes[k, MESSAGE], codes[k, WIDTH], codes[k, PARENT]
            if stale[parent] and k > first:
                moved = False
                if width == 2:
                    v0, v1 = halves(joint, codes[parent, START], codes[parent, SIZE], codes[k, STEP])
                    u0, u1 = below[at], below[at + 1]
                    if abs(v0 - u0) > unnoticed * u0 or abs(v1 - u1) > unnoticed * u1:
                        moved = True
                        below[at], below[at + 1] = v0, v1
                else:
                    collect(
                        maps,
                        codes[k, MAP],
                        codes[k, STEP],
                        width,
                        joint,
                        codes[parent, START],
                        codes[parent, SIZE],
                        scratch,
                        0,
                    )
                    for s in range(width):
                        moved = moved or abs(scratch[s] - below[at + s]) > unnoticed * below[at + s]
                    if moved:
                        for s in range(width):
                            below[at + s] = scratch[s]
                if moved:
                    stale[k] = 1
            if not stale[k]:
                continue
            start, size, block = codes[k, START], codes[k, SIZE], codes[k, BLOCK]
            if size == 4 and block == 2:
                r0, r1 = 0.0, 0.0
                if total[at] != 0.0:
                    r0 = below[at] / total[at]
                if total[at + 1] != 0.0:
                    r1 = below[at + 1] / total[at + 1]
                a, b, c, d = table[start] * r0, table[start + 1] * r0, table[start + 2] * r1, table[start + 3] * r1
                if codes[k, LAST_CHILD] > codes[k, FIRST_CHILD]:
                    joint[start], joint[start + 1], joint[start + 2], joint[start + 3] = a, b, c, d
                for row in range(codes[k, FIRST_LEAF], codes[k, LAST_LEAF]):
                    leaf, first_axis = leaf_codes[row, LEAF], leaf_codes[row, LEAF_STEP] == 2
                    marginal[leaf] = a + (b if first_axis else c)
                    marginal[leaf + 1] = (c if first_axis else b) + d
                continue
            for s in range(width):
                r0 = 0.0
                if total[at + s] != 0.0:
                    r0 = below[at + s] / total[at + s]
                for j in range(start + s * block, start + (s + 1) * block):
                    joint[j] = table[j] * r0
            for row in range(codes[k, FIRST_LEAF], codes[k, LAST_LEAF]):
                leaf, states = leaf_codes[row, LEAF], leaf_codes[row, STATES]
                if states == 2:
                    marginal[leaf], marginal[leaf + 1] = halves(joint, start, size, leaf_codes[row, LEAF_STEP])
                else:
                    collect(
                        maps,
                        leaf_codes[row, LEAF_MAP],
                        leaf_codes[row, LEAF_STEP],
                        states,
                        joint,
                        start,
                        size,
                        marginal,
                        leaf,
                    )
    stale[:] = 0


@native
def settle(
    codes: Codes,
    leaf_codes: Codes,
    maps: Codes,
    trees: Codes,
    potential: Floats,
    log_potential: Floats,
    weight: Floats,
    said: Flags,
    table: Floats,
    total: Floats,
    message: Floats,
    joint: Floats,
    below: Floats,
    marginal: Floats,
    first_belief: Ints,
    leaf_start: Ints,
    log_odds: Floats,
    dirty: Flags,
    stale: Flags,
    unnoticed: float,
) -> bool:
    """The way up and the way down, wherever something changed; whether no digit was lost.

    `marginal` keeps those of every variable, and all their logarithms are made: many go through the processor at once.
    """
    if not refresh(
        codes, leaf_codes, maps, trees, potential, log_potential, weight, said, table, total, message, dirty, stale
    ):
        return False
    reach(codes, leaf_codes, maps, trees, table, total, joint, below, marginal, stale, unnoticed)
    small = 0
    for leaf in range(len(marginal)):
        small += not marginal[leaf] >= SMALL
    if small:
        return False
    n = len(leaf_codes)
    if first_belief[n] == n:
        for v in range(n):
            log_odds[v] = logarithm(marginal[2 * v + 1] / marginal[2 * v])
        return True
    for v in range(n):
        if first_belief[v + 1] - first_belief[v] == 1:
            leaf = leaf_start[v]
            log_odds[first_belief[v]] = logarithm(marginal[leaf + 1] / marginal[leaf])
        else:
            contrast(marginal, leaf_start[v], first_belief[v], first_belief[v + 1], log_odds)
    return True


@native
def reach_one(
    codes: Codes,
    leaf_codes: Codes,
    maps: Codes,
    row: int,
    state: int,
    table: Floats,
    total: Floats,
    path: Codes,
    above: Floats,
    here: Floats,
) -> float:
    """The log-odds of one state of one variable, whose way up is made: down the one path that leads to it.

    Keeps nothing: `path`, `above` and `here` are room to work in. Not a number where digits were lost.
    """
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


@native
def together_up(
    codes: Codes,
    leaf_codes: Codes,
    maps: Codes,
    potential: Floats,
    table: Floats,
    total: Floats,
    message: Floats,
    weight: Floats,
    joint: Floats,
    sums: Floats,
    messages: Floats,
    dirty: Flags,
    least: Floats,
) -> None:
    """The way up of `up` for many rows of evidence, innermost: `weight`, `joint`, `sums`, `messages` [..., BLOCK_OF].

    `least` becomes the least of all messages and normalisers of a row. What is not dirty is as without evidence.
    """
    largest = np.empty(BLOCK_OF)
    for k in range(len(codes) - 1, -1, -1):
        start, size, block = codes[k, START], codes[k, SIZE], codes[k, BLOCK]
        to, width = codes[k, MESSAGE], codes[k, WIDTH]
        if not dirty[k]:
            for j in range(start, start + size):
                joint[j, :] = table[j]
            for s in range(to, to + width):
                sums[s, :], messages[s, :] = total[s], message[s]
            continue
        dirty[codes[k, PARENT]] = 1
        for j in range(start, start + size):
            joint[j, :] = potential[j]
        for row in range(codes[k, FIRST_LEAF], codes[k, LAST_LEAF]):
            spread(maps, leaf_codes[row, LEAF_MAP], size, weight, leaf_codes[row, LEAF], joint, start)
        for child in range(codes[k, FIRST_CHILD], codes[k, LAST_CHILD]):
            spread(maps, codes[child, MAP], size, messages, codes[child, MESSAGE], joint, start)
        if size == 4 and block == 2:
            normalise_two(joint, start, sums, messages, to, least)
            continue
        largest[:] = 0.0
        for s in range(width):
            sums[to + s, :] = 0.0
            for j in range(start + s * block, start + (s + 1) * block):
                for w in range(BLOCK_OF):
                    sums[to + s, w] += joint[j, w]
            for w in range(BLOCK_OF):
                largest[w] = sums[to + s, w] if sums[to + s, w] > largest[w] else largest[w]
        for w in range(BLOCK_OF):
            least[w] = largest[w] if largest[w] < least[w] else least[w]
        for s in range(to, to + width):
            for w in range(BLOCK_OF):
                messages[s, w] = sums[s, w] / largest[w]
            for w in range(BLOCK_OF):
                least[w] = messages[s, w] if messages[s, w] < least[w] else least[w]


@native
def normalise_two(joint: Floats, start: int, sums: Floats, messages: Floats, to: int, least: Floats) -> None:
    """The message of a clique of two beliefs, one of them shared."""
    for w in range(BLOCK_OF):
        v0, v1 = joint[start, w] + joint[start + 1, w], joint[start + 2, w] + joint[start + 3, w]
        most = v0 if v0 > v1 else v1
        r0, r1 = v0 / most, v1 / most
        sums[to, w], sums[to + 1, w], messages[to, w], messages[to + 1, w] = v0, v1, r0, r1
        low = r0 if r0 < r1 else r1
        low = most if most < low else low
        least[w] = low if low < least[w] else least[w]


@native
def observe_together(value: Floats, weight: Floats, leaf: int, said: Flags, v: int) -> None:
    """As `observe`, for BLOCK_OF rows of evidence on one belief."""
    for w in range(BLOCK_OF):
        other = exponential(-abs(value[w]))
        weight[leaf, w] = other if value[w] > 0.0 else 1.0
        weight[leaf + 1, w] = other if value[w] < 0.0 else 1.0
    for w in range(BLOCK_OF):
        said[v, w] = value[w] != 0.0


@native
def log_ratio(one: Floats, i: int, other: Floats, j: int, to: Floats) -> None:
    """The log of each ratio of two rows."""
    for w in range(BLOCK_OF):
        to[w] = logarithm(one[i, w] / other[j, w])


@native
def gather(maps: Codes, off: int, width: int, joint: Floats, start: int, size: int, to: Floats) -> None:
    """As `collect`, for BLOCK_OF rows at once."""
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


@native
def spread(maps: Codes, off: int, size: int, by: Floats, start: int, joint: Floats, at: int) -> None:
    """Multiply the entries of a clique's tables by what their map reads from another's."""
    for j in range(size):
        other = start + maps[off + j]
        for w in range(BLOCK_OF):
            joint[at + j, w] *= by[other, w]


@native
def cohort(
    codes: Codes,
    leaf_codes: Codes,
    maps: Codes,
    trees: Codes,
    potential: Floats,
    table: Floats,
    total: Floats,
    message: Floats,
    first_belief: Ints,
    leaf_start: Ints,
    given: Floats,
    prior: Floats,
    wanted: Flags,
    column: Ints,
    answer: Floats,
    suspect: Flags,
) -> None:
    """The log-odds of some beliefs for many rows of evidence: blocks of rows innermost, so that one look at the plan
    serves them all.

    `wanted` are the cliques to go down to, and `column[i]` where belief i stands in the `answer` ([B, asked], -1: it is
    not asked); variable v has the beliefs from `first_belief[v]` on and its states from `leaf_start[v]`. Rows that may
    have lost digits are marked `suspect` and are for the caller; the others have the bits that `log_odds` gives.
    """
    n = len(leaf_codes)
    size = len(table)
    widest = 2
    for k in range(len(codes)):
        widest = max(widest, codes[k, WIDTH])
    for row in range(n):
        widest = max(widest, leaf_codes[row, STATES])
    joint, sums, messages = (
        np.empty((size, BLOCK_OF)),
        np.empty((len(total), BLOCK_OF)),
        np.empty((len(total), BLOCK_OF)),
    )
    weight = np.empty((leaf_start[-1], BLOCK_OF))
    below, against, total_of = np.empty((widest, BLOCK_OF)), np.empty((widest, BLOCK_OF)), np.empty(BLOCK_OF)
    least, value = np.empty(BLOCK_OF), np.empty(BLOCK_OF)
    dirty, said = np.empty(len(codes), dtype=np.uint8), np.empty((n, BLOCK_OF), dtype=np.uint8)
    told = np.empty(BLOCK_OF, dtype=np.uint8)
    for origin in range(0, len(given), BLOCK_OF):
        rows = min(BLOCK_OF, len(given) - origin)
        dirty[:] = 0
        least[:] = 1.0
        for v in range(n):
            belief, leaf, number = first_belief[v], leaf_start[v], first_belief[v + 1] - first_belief[v]
            if number == 1:
                value[:] = 0.0
                for w in range(rows):
                    value[w] = given[origin + w, belief]
                observe_together(value, weight, leaf, said, v)
                continue
            for w in range(BLOCK_OF):
                said[v, w] = 0
                most = 0.0
                if w < rows:
                    most = given[origin + w, belief]
                    for s in range(number):
                        most = max(most, given[origin + w, belief + s])
                        said[v, w] |= given[origin + w, belief + s] != 0.0
                for s in range(number):
                    weight[leaf + s, w] = exponential(given[origin + w, belief + s] - most) if said[v, w] else 1.0
        for row in range(n):
            v, some = leaf_codes[row, VARIABLE], 0
            for w in range(BLOCK_OF):
                some |= said[v, w]
            dirty[leaf_codes[row, HOME]] |= some
        together_up(
            codes, leaf_codes, maps, potential, table, total, message, weight, joint, sums, messages,
            dirty, least,
        )  # fmt: skip
        for t in range(len(trees)):
            first, last = trees[t, 0], trees[t, 1]
            told[:] = 0
            for row in range(codes[first, FIRST_LEAF], codes[last - 1, LAST_LEAF]):
                v = leaf_codes[row, VARIABLE]
                for w in range(BLOCK_OF):
                    told[w] |= said[v, w]
            for k in range(first, last):
                if not wanted[k]:
                    continue
                start, block, at, width = codes[k, START], codes[k, BLOCK], codes[k, MESSAGE], codes[k, WIDTH]
                if k == first:
                    below[0, :] = 1.0
                else:
                    parent = codes[k, PARENT]
                    gather(maps, codes[k, MAP], width, joint, codes[parent, START], codes[parent, SIZE], below)
                for s in range(width):
                    for w in range(BLOCK_OF):
                        below[s, w] /= sums[at + s, w]
                    for j in range(start + s * block, start + (s + 1) * block):
                        for w in range(BLOCK_OF):
                            joint[j, w] *= below[s, w]
                for row in range(codes[k, FIRST_LEAF], codes[k, LAST_LEAF]):
                    v, states = leaf_codes[row, VARIABLE], leaf_codes[row, STATES]
                    belief, number = first_belief[v], first_belief[v + 1] - first_belief[v]
                    asked = False
                    for i in range(belief, belief + number):
                        asked = asked or column[i] >= 0
                    if not asked:
                        continue
                    gather(maps, leaf_codes[row, LEAF_MAP], states, joint, start, width * block, below)
                    for s in range(states):
                        for w in range(BLOCK_OF):
                            least[w] = below[s, w] if below[s, w] < least[w] else least[w]
                    if number == 1:
                        log_ratio(below, 1, below, 0, value)
                        for w in range(rows):
                            answer[origin + w, column[belief]] = value[w] if told[w] else prior[belief]
                        continue
                    total_of[:] = 0.0
                    for s in range(states):
                        for w in range(BLOCK_OF):
                            against[s, w] = total_of[w]
                            total_of[w] += below[s, w]
                    total_of[:] = 0.0
                    for s in range(states - 1, -1, -1):
                        for w in range(BLOCK_OF):
                            against[s, w] += total_of[w]
                            total_of[w] += below[s, w]
                    for s in range(states):
                        if column[belief + s] < 0:
                            continue
                        log_ratio(below, s, against, s, value)
                        for w in range(rows):
                            answer[origin + w, column[belief + s]] = value[w] if told[w] else prior[belief + s]
        for w in range(rows):
            suspect[origin + w] = least[w] < SMALL
