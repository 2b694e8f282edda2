"""Full passes over the trees of a plan, for each row of evidence.

A `Start` belongs to an engine: its potentials, its upward pass without evidence, the trees that lost no precision in
it, and the cliques whose potential has changed since.
"""

from __future__ import annotations

import math

import numpy as np

from beliefgraph.inference.arrays import Evidence, Flags, Floats, Ints, Layout
from beliefgraph.inference.kernels.downward import down
from beliefgraph.inference.kernels.observed import observe, observe_values
from beliefgraph.inference.kernels.odds import log_odds_of
from beliefgraph.inference.kernels.upward import up
from beliefgraph.inference.native import native
from beliefgraph.inference.plan import FIRST_LEAF, HOME, LAST_LEAF, MESSAGE, VARIABLE, WIDTH

Start = tuple[Floats, Floats, Floats, Floats, Floats, Flags, Flags]
"""`potential`, `log_potential`; `table`, `total`, `message`; `fit` [trees], `changed` [cliques]."""

SILENT, DONE, LOST = 0, 1, 2
"""The state of a tree: no evidence, computed, or precision lost."""


@native
def log_odds(
    layout: Layout,
    start: Start,
    first: Ints,
    leaf_start: Ints,
    given: Floats,
    fixed: Flags,
    prior: Floats,
    answer: Floats,
    status: Flags,
) -> None:
    """The log-odds of every belief for each row of evidence (`given`, `answer` [B, n], `status` [B, trees]).

    Variable v has the beliefs from `first[v]` to `first[v + 1]` and its states from `leaf_start[v]`. A tree without
    evidence has its priors; one that lost precision is left to the caller.
    """
    _, leaf_codes, _, trees = layout
    codes = layout[0]
    n, leaves = len(leaf_codes), leaf_start[-1]
    weight, has_evidence = np.empty(leaves), np.empty(n, dtype=np.uint8)
    below, marginal = np.empty(len(start[4])), np.ones(leaves)
    for b in range(len(given)):
        for v in range(n):
            if first[v + 1] - first[v] == 1:
                has_evidence[v] = observe(given[b, first[v]], fixed[first[v]], weight, leaf_start[v])
            else:
                has_evidence[v] = observe_values(given[b], fixed, first[v], first[v + 1], weight, leaf_start[v])
        run(layout, start, (weight, has_evidence), start[2].copy(), below, marginal, status[b], False)
        log_odds_of(marginal, first, leaf_start, answer[b])
        for t in range(len(trees)):
            if status[b, t] != DONE:
                for row in range(codes[trees[t, 0], FIRST_LEAF], codes[trees[t, 1] - 1, LAST_LEAF]):
                    v = leaf_codes[row, VARIABLE]
                    answer[b, first[v] : first[v + 1]] = prior[first[v] : first[v + 1]]


@native
def distributions(
    layout: Layout, start: Start, weight: Floats, has_evidence: Flags, marginal: Floats, joint: Floats, status: Flags
) -> None:
    """The distribution of every variable for each row of leaves, unnormalised by a rounding error.

    Shapes: `weight`, `marginal` [B, leaves]. `joint` has every table of the last row.
    """
    below = np.empty(len(start[4]))
    for b in range(len(weight)):
        joint[:] = start[2]
        run(layout, start, (weight[b], has_evidence[b]), joint, below, marginal[b], status[b], True)


@native
def joints(
    layout: Layout, start: Start, weight: Floats, has_evidence: Flags, joint: Floats, log_mass: Floats, status: Flags
) -> None:
    """Every table's joint for each row of leaves (`joint` [B, entries]), and the log mass of each tree.

    The mass (`log_mass` [B, trees]) is the sum of the product of factors: the product of the upward normalisers.
    """
    codes, _, _, trees = layout
    below, marginal = np.empty(len(start[4])), np.empty(weight.shape[1])
    for b in range(len(weight)):
        joint[b] = start[2]
        total = run(layout, start, (weight[b], has_evidence[b]), joint[b], below, marginal, status[b], True)
        for t in range(len(trees)):
            mass = 0.0
            for k in range(trees[t, 0], trees[t, 1]):
                largest = 0.0
                for s in range(codes[k, MESSAGE], codes[k, MESSAGE] + codes[k, WIDTH]):
                    largest = max(largest, total[s])
                mass += math.log(largest)
            log_mass[b, t] = mass


@native
def run(
    layout: Layout,
    start: Start,
    evidence: Evidence,
    joint: Floats,
    below: Floats,
    marginal: Floats,
    status: Flags,
    everything: bool,
) -> Floats:
    """A full pass over the trees with evidence, or all; returns the totals of its upward pass.

    `joint` initially has the tables without evidence.
    """
    codes, leaf_codes, _, trees = layout
    potential, log_potential, _, sums, messages, fit, changed = start
    has_evidence = evidence[1]
    dirty, total = changed.copy(), sums.copy()
    upward, downward = (joint, total, messages.copy()), (joint, below, marginal)
    for row in range(len(leaf_codes)):
        if has_evidence[leaf_codes[row, VARIABLE]]:
            dirty[leaf_codes[row, HOME]] = 1
    for t in range(len(trees)):
        first, last = trees[t, 0], trees[t, 1]
        tree_has_evidence = everything
        for row in range(codes[first, FIRST_LEAF], codes[last - 1, LAST_LEAF]):
            if has_evidence[leaf_codes[row, VARIABLE]]:
                tree_has_evidence = True
                break
        if not tree_has_evidence:
            status[t] = SILENT
            continue
        status[t] = LOST
        potentials = potential, log_potential
        if (
            fit[t]
            and up(layout, first, last, potentials, evidence, upward, dirty)
            and down(layout, first, last, potentials, evidence, upward, downward)
        ):
            status[t] = DONE
    return total
