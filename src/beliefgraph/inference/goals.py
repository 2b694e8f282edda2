"""What follows from a graph of goals: their progress, which are blocked, and how much each matters now.

Goals are numbered; every array of goals has shape [goals], every array of edges [edges]. In words: a goal matters for
each of its reasons independently, so its reasons combine as a noisy-or; importance flows down from a whole to its
parts, and from a goal that is blocked to what it waits for. The formulas are in docs/goals.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

SUREST = 1.0 - 1e-6
"""The strongest that a reason can be: nothing is certain, and the logarithm of 0 is no number."""


@dataclass(frozen=True)
class GoalGraph:
    """How goals hang together: parts of wholes, goals that wait for what they need, rivals (each pair once)."""

    goals: int
    whole: Ints
    part: Ints
    part_weight: Floats
    waiting: Ints
    needed: Ints
    need_weight: Floats
    rival: Ints
    other: Ints
    rival_weight: Floats

    @cached_property
    def above(self) -> Ints:
        """For every edge along which importance can flow, those of parts first, where it comes from."""
        return np.concatenate([self.whole, self.waiting])

    @cached_property
    def below(self) -> Ints:
        """And where it goes."""
        return np.concatenate([self.part, self.needed])

    @cached_property
    def level(self) -> Ints:
        """How far each goal lies below the topmost, by the longest way; -1 on a cycle and below one."""
        level = np.full(self.goals, -1, dtype=np.int64)
        order = np.argsort(self.above, kind="stable")
        first = np.searchsorted(self.above[order], np.arange(self.goals + 1))
        missing = np.bincount(self.below, minlength=self.goals)
        frontier, depth = np.flatnonzero(missing == 0), 0
        while len(frontier):
            level[frontier] = depth
            reached = self.below[order[_ranges(first[frontier], first[frontier + 1])]]
            np.subtract.at(missing, reached, 1)
            frontier, depth = np.unique(reached[missing[reached] == 0]), depth + 1
        return level

    @property
    def acyclic(self) -> bool:
        """Whether no goal is part of itself or waits for itself, however far round."""
        return bool((self.level >= 0).all())

    @cached_property
    def descent(self) -> tuple[tuple[Ints, Ints], ...]:
        """The goals of every level from the top, each with the edges that end in them, these in their order."""
        edge_level = self.level[self.below]
        edges = np.argsort(edge_level, kind="stable")
        goals = np.argsort(self.level, kind="stable")
        depths = np.arange(int(self.level.max(initial=-1)) + 2)
        cuts, ends = np.searchsorted(self.level[goals], depths), np.searchsorted(edge_level[edges], depths)
        return tuple((goals[cuts[d] : cuts[d + 1]], edges[ends[d] : ends[d + 1]]) for d in depths[:-1])


def progress(graph: GoalGraph, own: Floats, achieved: Bools, abandoned: Bools) -> Floats:
    """How far every goal has come, in [0, 1]: what was stated of it, or the mean over the leaves of its parts.

    A leaf counts once, however many ways lead to it. Abandoned parts do not count. An achieved goal has come all the
    way, and a leaf that matters for nothing but an achieved part counts as done.
    """
    reached = np.where(achieved, 1.0, own)
    counts = ~abandoned[graph.part]
    whole, part = graph.whole[counts], graph.part[counts]
    order = np.argsort(whole, kind="stable")
    first = np.searchsorted(whole[order], np.arange(graph.goals + 1))
    leaves: dict[int, Ints] = {}
    for goal in _upwards(graph, np.unique(whole)):
        inside = [_seen_from(child, leaves, achieved) for child in part[order[first[goal] : first[goal + 1]]].tolist()]
        marked = np.unique(np.concatenate(inside))
        leaves[goal] = marked
        leaf, moot = marked >> 1, (marked & 1).astype(np.bool_)
        once = np.append(True, leaf[1:] != leaf[:-1])
        if not achieved[goal]:
            done = np.where(moot[once], 1.0, reached[leaf[once]])
            reached[goal] = done.sum() / len(done)
    return reached


def _seen_from(child: int, leaves: dict[int, Ints], achieved: Bools) -> Ints:
    """The leaves of a part as its whole sees them: twice a leaf's number, plus 1 where it lies below what is achieved.

    Sorted, a leaf that still has to be done for one part comes before the same leaf as done with for another.
    """
    below = leaves.get(child)
    if below is None:
        return np.array([2 * child])
    return below | 1 if achieved[child] else below


def _upwards(graph: GoalGraph, wholes: Ints) -> Iterator[int]:
    """The goals that have parts, every one after its parts."""
    return iter(wholes[np.argsort(-graph.level[wholes], kind="stable")].tolist())


def blocked(graph: GoalGraph, active: Bools, stated: Bools, achieved: Bools) -> Bools:
    """Which goals cannot be worked at: those said to be blocked, and active ones that wait for one not achieved."""
    waits = np.zeros(graph.goals, dtype=np.bool_)
    waits[graph.waiting[~achieved[graph.needed]]] = True
    return stated | (active & waits)


def force(strength: Floats) -> Floats:
    """A reason's strength as what adds up: -ln(1 - strength)."""
    return -np.log1p(-np.minimum(strength, SUREST))


@dataclass(frozen=True)
class Motivations:
    """How much every goal matters and calls for work, and the strength of what flowed along every edge.

    `total` is the sum of the forces of all reasons. `part_strength` and `need_strength` go with the edges of the graph
    and are 0 where nothing flows.
    """

    importance: Floats
    motivation: Floats
    total: Floats
    share: Floats
    part_strength: Floats
    need_strength: Floats


def motivate(
    graph: GoalGraph,
    *,
    own: Floats,
    live: Bools,
    blocked: Bools,
    pursued: Floats,
    urgency: Floats,
    left: Floats,
) -> Motivations:
    """How much every goal matters, and how much of that calls for work now; both in [0, 1].

    `own` is the force of the reasons that a goal has of its own: its priority and beliefs. `live` are goals that have
    not ended, `pursued` the probability that they are really pursued, `urgency` how near the deadline is (1 at it),
    `left` what is left to do. Raises ValueError where the graph has a cycle.
    """
    if not graph.acyclic:
        raise ValueError("a goal is part of itself or waits for itself")
    passes = np.concatenate([(live & ~blocked)[graph.whole], (live & blocked)[graph.waiting]])
    flow = _Flow(graph, own, pursued * live, 1.0 + urgency, passes)
    importance, total, strength = flow.down(np.ones(graph.goals))
    share = _shares(graph, importance)
    if len(graph.rival):
        importance, total, strength = flow.down(share)
    parts = len(graph.part)
    return Motivations(
        importance=importance,
        motivation=np.where(blocked, 0.0, importance * left),
        total=total,
        share=share,
        part_strength=strength[:parts],
        need_strength=strength[parts:],
    )


@dataclass(frozen=True)
class _Flow:
    graph: GoalGraph
    own: Floats
    weight: Floats
    pressure: Floats
    passes: Bools

    def down(self, share: Floats) -> tuple[Floats, Floats, Floats]:
        """Importance of every goal with the total force of its reasons, and the strength along every edge."""
        graph = self.graph
        edge_weight = np.concatenate([graph.part_weight, graph.need_weight]) * self.passes
        importance, total, strength = np.zeros(graph.goals), self.own.copy(), np.zeros(len(graph.above))
        for goals, edges in graph.descent:
            if len(edges):
                strength[edges] = edge_weight[edges] * importance[graph.above[edges]]
                np.add.at(total, graph.below[edges], force(strength[edges]))
            importance[goals] = share[goals] * self.weight[goals] * -np.expm1(-self.pressure[goals] * total[goals])
        return importance, total, strength


def _shares(graph: GoalGraph, importance: Floats) -> Floats:
    """What competition leaves to every goal: its own importance out of all that compete with it."""
    against = np.zeros(graph.goals)
    np.add.at(against, graph.rival, graph.rival_weight * importance[graph.other])
    np.add.at(against, graph.other, graph.rival_weight * importance[graph.rival])
    together = importance + against
    return np.divide(importance, together, out=np.ones(graph.goals), where=(against > 0) & (together > 0))


def _ranges(first: Ints, last: Ints) -> Ints:
    """All integers of the ranges [first, last), one after the other."""
    lengths = last - first
    starts = np.repeat(first - np.append(0, np.cumsum(lengths)[:-1]), lengths)
    return starts + np.arange(int(lengths.sum()))
