"""Progress, blocking, importance and motivation of goals in a goal graph.

Goals are numbered; arrays of goals have shape [goals], arrays of edges [edges]. The reasons of a goal combine as a
noisy-or. Importance passes from a whole to its parts, and from a blocked goal to the goals it depends on. The formulas
are in docs/goals.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

SUREST = 1.0 - 1e-6
"""Upper bound on the strength of a reason, so that log(1 - strength) is finite."""


@dataclass(frozen=True)
class GoalGraph:
    """Edges between goals: part to whole, dependent to needed, and competing pairs (each pair once)."""

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
        """Start of every edge along which importance passes: edges of parts first, then of dependencies."""
        return np.concatenate([self.whole, self.waiting])

    @cached_property
    def below(self) -> Ints:
        """End of every such edge."""
        return np.concatenate([self.part, self.needed])

    @cached_property
    def level(self) -> Ints:
        """Depth of each goal: the longest path from a root; -1 on a cycle and below one."""
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
        """Whether the graph has no cycle."""
        return bool((self.level >= 0).all())

    @cached_property
    def descent(self) -> tuple[tuple[Ints, Ints], ...]:
        """The goals of each depth, from the roots down, with the edges that end in them, in the order of the edges."""
        edge_level = self.level[self.below]
        edges = np.argsort(edge_level, kind="stable")
        goals = np.argsort(self.level, kind="stable")
        depths = np.arange(int(self.level.max(initial=-1)) + 2)
        cuts, ends = np.searchsorted(self.level[goals], depths), np.searchsorted(edge_level[edges], depths)
        return tuple((goals[cuts[d] : cuts[d + 1]], edges[ends[d] : ends[d + 1]]) for d in depths[:-1])


def progress(graph: GoalGraph, own: Floats, achieved: Bools, abandoned: Bools) -> Floats:
    """Progress of every goal in [0, 1]: as stated, or the mean over the leaves of its parts.

    A leaf counts once, whatever the number of paths to it. Abandoned parts do not count. An achieved goal has progress
    1, and a leaf that is reached only through achieved parts counts as done.
    """
    reached = np.where(achieved, 1.0, own)
    counts = ~abandoned[graph.part]
    whole, part = graph.whole[counts], graph.part[counts]
    leaves = _Leaves(graph.goals)
    depth = graph.level[whole]
    order = np.argsort(-depth, kind="stable")
    has_parts = np.zeros(graph.goals, dtype=np.bool_)
    for edges in np.split(order, np.flatnonzero(np.diff(depth[order])) + 1) if len(order) else ():
        parts = part[edges]
        owner, marked = leaves.of(whole[edges], parts, moot=achieved[parts] & has_parts[parts])
        once = _first_of_each(owner, marked >> 1)
        leaf, moot = marked[once] >> 1, (marked[once] & 1).astype(np.bool_)
        done = np.bincount(owner[once], np.where(moot, 1.0, reached[leaf]), graph.goals)
        wholes = np.unique(whole[edges])
        has_parts[wholes] = True
        share = done[wholes] / np.bincount(owner[once], minlength=graph.goals)[wholes]
        reached[wholes] = np.where(achieved[wholes], 1.0, share)
    return reached


class _Leaves:
    """The leaves below every goal, each as twice its number, plus 1 if it is reached only through achieved goals.

    A goal is its own leaf until its parts are added. In sorted order, a leaf that some part still needs comes before
    the same leaf reached through an achieved one.
    """

    def __init__(self, goals: int) -> None:
        self._marks = 2 * np.arange(2 * goals)
        self._first = np.arange(goals)
        self._count = np.ones(goals, dtype=np.int64)
        self._end = goals

    def of(self, wholes: Ints, parts: Ints, moot: Bools) -> tuple[Ints, Ints]:
        """The leaves of some wholes, given the edges to their parts; stored for the goals that these are parts of."""
        first, count = self._first[parts], self._count[parts]
        owner = np.repeat(wholes, count)
        marks = self._marks[_ranges(first, first + count)] | np.repeat(moot, count)
        order = np.lexsort((marks, owner))
        owner, marks = owner[order], marks[order]
        distinct = _first_of_each(owner, marks)
        owner, marks = owner[distinct], marks[distinct]
        self._keep(owner, marks)
        return owner, marks

    def _keep(self, owner: Ints, marks: Ints) -> None:
        end = self._end + len(marks)
        if end > len(self._marks):
            self._marks = np.resize(self._marks, 2 * end)
        self._marks[self._end : end] = marks
        wholes, first, count = np.unique(owner, return_index=True, return_counts=True)
        self._first[wholes], self._count[wholes] = self._end + first, count
        self._end = end


def _first_of_each(owner: Ints, value: Ints) -> Bools:
    """Where owner or value differ from the row before; both sorted together."""
    first = np.ones(len(owner), dtype=np.bool_)
    first[1:] = (owner[1:] != owner[:-1]) | (value[1:] != value[:-1])
    return first


def blocked(graph: GoalGraph, active: Bools, stated: Bools, achieved: Bools) -> Bools:
    """Which goals are blocked: those stated to be, and active ones that depend on a goal that is not achieved."""
    dependent = np.zeros(graph.goals, dtype=np.bool_)
    dependent[graph.waiting[~achieved[graph.needed]]] = True
    return stated | (active & dependent)


def force(strength: Floats) -> Floats:
    """Strength of a reason in additive form: -ln(1 - strength)."""
    return -np.log1p(-np.minimum(strength, SUREST))


@dataclass(frozen=True)
class Motivations:
    """Importance and motivation of every goal, and the strength that passes along every edge.

    `total` is the sum of the forces of all reasons. `part_strength` and `need_strength` are by edge, 0 where nothing
    passes.
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
    is_open: Bools,
    blocked: Bools,
    pursued: Floats,
    urgency: Floats,
    remaining: Floats,
) -> Motivations:
    """Importance of every goal, and its motivation: the part that needs work now. Both are in [0, 1].

    `own` is the force of a goal's own reasons: its priority and beliefs. `is_open` are goals that have not ended,
    `pursued` the probability that they are really pursued, `urgency` how near the deadline is (1 at the deadline),
    `remaining` the share of the work that remains. Raises ValueError if the graph has a cycle.
    """
    if not graph.acyclic:
        raise ValueError("a goal is part of itself or waits for itself")
    passes = np.concatenate([(is_open & ~blocked)[graph.whole], (is_open & blocked)[graph.waiting]])
    flow = _Flow(graph, own, pursued * is_open, 1.0 + urgency, passes)
    importance, total, strength = flow.down(np.ones(graph.goals))
    share = _shares(graph, importance)
    if len(graph.rival):
        importance, total, strength = flow.down(share)
    parts = len(graph.part)
    return Motivations(
        importance=importance,
        motivation=np.where(blocked, 0.0, importance * remaining),
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
        """Importance of every goal, the total force of its reasons, and the strength along every edge."""
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
    """Share of importance left to every goal by competition: its own over the sum with its competitors'."""
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
