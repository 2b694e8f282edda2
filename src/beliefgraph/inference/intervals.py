"""Guaranteed bounds on a belief's log-odds, by a truncated tree of self-avoiding walks.

The log-odds of a belief in a pairwise model are those of the root of a tree: its self-avoiding walks, in which a walk
that closes a cycle ends in a belief fixed to hold or not, depending on whether the closing relation comes before or
after the one it left by (D. Weitz, Counting independent sets up to the tree threshold, 2006). If the tree is cut at any
depth, the beliefs there may have any log-odds that their own log-odds and all their relations together allow;
propagated to the root, which is monotone in each of them, that gives an interval (A. Ihler, Accuracy bounds for belief
propagation, 2007). Deeper cuts give narrower intervals.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from beliefgraph.inference.arrays import Floats, Ints
from beliefgraph.inference.native import native

MOST_STEPS = 200_000
"""Total number of steps along walks: some milliseconds. Then the deepest completed depth is the answer."""

NARROW = 1e-6
"""Width in nats below which an interval is narrow enough."""

ROUNDING = 1e-9
"""Both ends are moved outward by this, to cover the rounding of sums and logarithms."""


@dataclass(frozen=True, slots=True, eq=False)
class Pairwise:
    """A model of two-state beliefs and pairwise tables: the `own` log-odds of each belief, and its relations.

    Those of belief v are `start[v]:start[v + 1]`: the `neighbour`, the index of the same relation among the neighbour's
    (`back`), the log-odds it gives v if the neighbour does not hold and if it does (`pushes`), and its log table over
    [v, neighbour].
    """

    own: Floats
    start: Ints
    neighbour: Ints
    back: Ints
    pushes: Floats
    log_table: Floats

    @classmethod
    def of(cls, own: Floats, scopes: Sequence[tuple[int, int]], log_tables: Sequence[Floats]) -> Pairwise:
        """The model of these tables, shape (2, 2) each over [first, second]; parallel ones are multiplied."""
        joined: dict[tuple[int, int], Floats] = {}
        for (one, other), table in zip(scopes, log_tables, strict=True):
            key, turned = ((one, other), table) if one < other else ((other, one), table.T)
            joined[key] = joined.get(key, 0.0) + turned
        ends = np.array(list(joined), dtype=np.int64).reshape(-1, 2)
        tables = np.array(list(joined.values())).reshape(-1, 2, 2)
        source = np.concatenate([ends[:, 0], ends[:, 1]])
        order = np.lexsort((np.concatenate([ends[:, 1], ends[:, 0]]), source))
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        log_table = np.concatenate([tables, tables.transpose(0, 2, 1)])[order]
        return cls(
            own=own,
            start=np.searchsorted(source[order], np.arange(len(own) + 1)),
            neighbour=np.concatenate([ends[:, 1], ends[:, 0]])[order],
            back=place[(order + len(ends)) % max(len(order), 1)],
            pushes=log_table[:, 1] - log_table[:, 0],
            log_table=log_table,
        )

    def interval(self, belief: int, given: Floats) -> tuple[float, float]:
        """The least and greatest log-odds of a belief, given λ on each."""
        own = self.own + given
        totals = [np.add.reduceat(np.append(ends, 0.0), self.start[:-1]) for ends in np.sort(self.pushes).T]
        alone = np.diff(self.start) == 0
        low, high = (own + np.where(alone, 0.0, total) for total in totals)
        ends = _narrowed(
            own,
            low,
            high,
            self.start,
            self.neighbour,
            self.back,
            self.pushes,
            self.log_table,
            belief,
            MOST_STEPS,
            NARROW,
        )
        return ends[0] - ROUNDING, ends[1] + ROUNDING


@native
def _log_sum(a: float, b: float) -> float:
    return max(a, b) + math.log1p(math.exp(-abs(a - b)))


@native
def _narrowed(
    own: Floats,
    low: Floats,
    high: Floats,
    start: Ints,
    neighbour: Ints,
    back: Ints,
    pushes: Floats,
    log_table: Floats,
    belief: int,
    most_steps: int,
    narrow: float,
) -> tuple[float, float]:
    """The interval at increasing depth, until it is narrow, the tree is complete, or the steps are used up.

    `low` and `high` bound the log-odds in any case: a belief's own, plus the extreme of every relation.
    """
    n = len(own)
    depth_of = np.full(n, -1)
    vertex, edge = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
    least, greatest = np.empty(n), np.empty(n)
    best_low, best_high = low[belief], high[belief]
    steps = 0
    for most in range(1, n + 1):
        cut = False
        depth = 0
        vertex[0], edge[0], least[0], greatest[0] = belief, start[belief], own[belief], own[belief]
        depth_of[belief] = 0
        while depth >= 0:
            v, e = vertex[depth], edge[depth]
            if e < start[v + 1]:
                w = neighbour[e]
                steps += 1
                if depth > 0 and w == vertex[depth - 1]:
                    edge[depth] += 1
                elif depth_of[w] >= 0:
                    state = 1 if back[e] < edge[depth_of[w]] else 0
                    least[depth] += pushes[e, state]
                    greatest[depth] += pushes[e, state]
                    edge[depth] += 1
                elif depth + 1 == most:
                    there = back[e]
                    one, other = pushes[there, 0], pushes[there, 1]
                    lowest, highest = low[w] - min(one, other), high[w] - max(one, other)
                    cut = cut or highest > lowest
                    a, b = _passed(log_table[e], lowest), _passed(log_table[e], highest)
                    least[depth] += min(a, b)
                    greatest[depth] += max(a, b)
                    edge[depth] += 1
                else:
                    depth += 1
                    vertex[depth], edge[depth], least[depth], greatest[depth] = w, start[w], own[w], own[w]
                    depth_of[w] = depth
            else:
                depth_of[v] = -1
                depth -= 1
                if depth >= 0:
                    e = edge[depth]
                    a, b = _passed(log_table[e], least[depth + 1]), _passed(log_table[e], greatest[depth + 1])
                    least[depth] += min(a, b)
                    greatest[depth] += max(a, b)
                    edge[depth] += 1
            if steps > most_steps:
                return best_low, best_high
        best_low, best_high = max(best_low, least[0]), min(best_high, greatest[0])
        if not cut or best_high - best_low < narrow:
            break
    return best_low, best_high


@native
def _passed(log_table: Floats, log_odds: float) -> float:
    """The log-odds that a relation gives one belief if the other has these."""
    return _log_sum(log_table[1, 1] + log_odds, log_table[1, 0]) - _log_sum(log_table[0, 1] + log_odds, log_table[0, 0])
