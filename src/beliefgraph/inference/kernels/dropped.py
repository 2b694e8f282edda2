"""The messages of dropped factors, as machine code.

With ψ the table of a factor, b the marginals of its variables in the tree, m the factor's previous messages:

    cavity[v, x] = b[v, x] / m[v, x]        new[v, x] = Σ ψ(..., x, ...) · Π cavity[w, ·] over its other variables w

all in logarithms except for the sums, the largest of each message 0.
"""

from __future__ import annotations

import math

import numpy as np

from beliefgraph.inference.arrays import Flags, Floats, Ints
from beliefgraph.inference.native import inner, native

LEAST = -700.0
"""The log of the least message, close to the limit of doubles: the lower bound for states that a factor rules out."""


@native
def spread(slot_leaf: Ints, slot_start: Ints, message: Floats, log_weight: Floats) -> None:
    """Add every message to the weight of its variable."""
    for slot in range(len(slot_leaf)):
        leaf, at = slot_leaf[slot], slot_start[slot]
        for x in range(slot_start[slot + 1] - at):
            log_weight[leaf + x] += message[at + x]


@native
def weights(leaf_start: Ints, log_weight: Floats, weight: Floats, has_evidence: Flags) -> None:
    """The weights, the largest of each variable 1, and which variables have evidence."""
    for v in range(len(has_evidence)):
        first, last = leaf_start[v], leaf_start[v + 1]
        most, least = -np.inf, np.inf
        for leaf in range(first, last):
            most, least = max(most, log_weight[leaf]), min(least, log_weight[leaf])
        has_evidence[v] = most != least
        for leaf in range(first, last):
            weight[leaf] = math.exp(log_weight[leaf] - most)


@inner
def send_from_pair(one: Ints, start: int, table: Floats, cavity: Floats, sent: Floats) -> None:
    """Write the messages from a table over two variables; variable i has the entries one[i:i + 2]."""
    rows, columns = one[1] - one[0], one[2] - one[1]
    for i in range(rows + columns):
        sent[i] = 0.0
    for x in range(rows):
        for y in range(columns):
            entry = table[start + x * columns + y]
            sent[x] += entry * cavity[rows + y]
            sent[rows + y] += entry * cavity[x]


@inner
def send_from_many(one: Ints, start: int, end: int, table: Floats, cavity: Floats, sent: Floats, digit: Ints) -> None:
    """The same for a table over any number of variables; `digit` is scratch space for counting."""
    begin, many = one[0], len(one) - 1
    for i in range(one[many] - begin):
        sent[i] = 0.0
    digit[:many] = 0
    for entry in range(start, end):
        for i in range(many):
            product = table[entry]
            for j in range(many):
                if j != i:
                    product *= cavity[one[j] - begin + digit[j]]
            sent[one[i] - begin + digit[i]] += product
        for i in range(many - 1, -1, -1):
            digit[i] += 1
            if digit[i] < one[i + 1] - one[i]:
                break
            digit[i] = 0


@native
def exchange(
    first_slot: Ints,
    table_start: Ints,
    slot_leaf: Ints,
    slot_start: Ints,
    table: Floats,
    active: Flags,
    log_marginal: Floats,
    message: Floats,
    share: float,
) -> float:
    """Replace this share of every message by its new value; returns the largest difference, in nats."""
    gap = 0.0
    room = 0
    for factor in range(len(active)):
        room = max(room, slot_start[first_slot[factor + 1]] - slot_start[first_slot[factor]])
    cavity, sent, digit = np.empty(room), np.empty(room), np.empty(room, dtype=np.int64)
    for factor in range(len(active)):
        if not active[factor]:
            continue
        first, last = first_slot[factor], first_slot[factor + 1]
        begin = slot_start[first]
        for slot in range(first, last):
            at, end = slot_start[slot], slot_start[slot + 1]
            shift = slot_leaf[slot] - at
            most = -np.inf
            for i in range(at, end):
                cavity[i - begin] = log_marginal[i + shift] - message[i]
                most = max(most, cavity[i - begin])
            total = 0.0
            for i in range(at - begin, end - begin):
                cavity[i] = math.exp(cavity[i] - most)
                total += cavity[i]
            for i in range(at - begin, end - begin):
                cavity[i] /= total
        slots = slot_start[first : last + 1]
        if last - first == 2:
            send_from_pair(slots, table_start[factor], table, cavity, sent)
        else:
            send_from_many(slots, table_start[factor], table_start[factor + 1], table, cavity, sent, digit)
        for slot in range(first, last):
            most = 0.0
            for i in range(slot_start[slot], slot_start[slot + 1]):
                most = max(most, sent[i - begin])
            for i in range(slot_start[slot], slot_start[slot + 1]):
                new = LEAST
                if sent[i - begin] > 0.0:
                    new = max(LEAST, math.log(sent[i - begin] / most))
                difference = new - message[i]
                gap = max(gap, abs(difference))
                message[i] += share * difference
    return gap
