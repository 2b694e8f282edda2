"""The junction tree of an elimination order: its maximal cliques, joined with the running intersection property."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from beliefgraph.inference.arrays import Ints
from beliefgraph.inference.elimination import Elimination
from beliefgraph.inference.native import native


@dataclass(frozen=True, slots=True)
class JunctionTree:
    """Cliques from the root down: `parent[k]` < k (−1 at the root), `level[k]` steps from it.

    The first `shared[k]` variables of clique k are those it shares with its parent.
    """

    cliques: tuple[tuple[int, ...], ...]
    shared: tuple[int, ...]
    parent: tuple[int, ...]
    level: tuple[int, ...]

    @property
    def width(self) -> int:
        """The size of the largest clique minus one."""
        return max(map(len, self.cliques)) - 1

    def shifted(self, by: int) -> JunctionTree:
        """The same tree over variables numbered from `by` instead of 0."""
        if not by:
            return self
        cliques = tuple([tuple([by + variable for variable in clique]) for clique in self.cliques])
        return JunctionTree(cliques, self.shared, self.parent, self.level)


def junction_tree(elimination: Elimination) -> JunctionTree:
    """The junction tree of one connected part; see `junction_forest`."""
    (tree,) = junction_forest(elimination)
    return tree


def junction_forest(elimination: Elimination) -> list[JunctionTree]:
    """The junction tree of each connected part, rooted at its middle so that its depth is minimal.

    Walks the elimination order backwards (J. R. S. Blair and B. Peyton, An introduction to chordal graphs and clique
    trees, 1993): a variable joins the clique of its first-eliminated later neighbour if that clique consists of all its
    later neighbours, and starts its own clique otherwise.
    """
    start, flat, shared, parent, level = (
        found.tolist() for found in _forest(elimination.order, elimination.start, elimination.later)
    )
    cliques = [tuple(flat[first:last]) for first, last in pairwise(start)]
    roots = [at for at, above in enumerate(parent) if above < 0] + [len(cliques)]
    return [
        JunctionTree(
            tuple(cliques[first:last]),
            tuple(shared[first:last]),
            tuple([max(above - first, -1) for above in parent[first:last]]),
            tuple(level[first:last]),
        )
        for first, last in pairwise(roots)
    ]


@native
def _farthest(host: Ints, first: Ints, children: Ints, origin: int, came_from: Ints, walk: Ints) -> int:
    """The clique farthest from the origin, the last of several; `came_from` gets the predecessors, -1 initially."""
    came_from[origin] = origin
    walk[0] = origin
    step, length = 0, 1
    while step < length:
        clique = walk[step]
        step += 1
        for i in range(first[clique] - 1, first[clique + 1]):
            neighbour = host[clique] if i < first[clique] else children[i]
            if neighbour >= 0 and came_from[neighbour] < 0:
                came_from[neighbour] = clique
                walk[length] = neighbour
                length += 1
    return int(walk[length - 1])


@native
def _middle(host: Ints, first: Ints, children: Ints, origin: int, one: Ints, other: Ints, walk: Ints) -> int:
    """The middle of a longest path in the tree that contains a clique."""
    end = _farthest(host, first, children, origin, one, walk)
    far = _farthest(host, first, children, end, other, walk)
    length, clique = 0, far
    while clique != end:
        clique = other[clique]
        length += 1
    clique = far
    for _ in range(length // 2):
        clique = other[clique]
    return clique


@native
def _forest(order: Ints, start: Ints, later: Ints) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    """The cliques, tree by tree, breadth first from the middle: the start of each, and the variables of all.

    For each clique also the number of variables shared with its parent, the parent, and the level.
    """
    size = len(order)
    turn, home = np.empty(size, dtype=np.int64), np.empty(size, dtype=np.int64)
    for at in range(size):
        turn[order[at]] = at
    founder, host, number = (
        np.empty(size, dtype=np.int64),
        np.empty(size, dtype=np.int64),
        np.empty(size, dtype=np.int64),
    )
    cliques = 0
    for at in range(size - 1, -1, -1):
        degree = start[at + 1] - start[at]
        clique = -1
        if degree:
            next_gone = size
            for i in range(start[at], start[at + 1]):
                next_gone = min(next_gone, turn[later[i]])
            clique = home[order[next_gone]]
        if degree and number[clique] == degree:  # the clique contains all later neighbours, so it equals them
            number[clique] += 1
            home[order[at]] = clique
        else:
            founder[cliques], host[cliques], number[cliques] = at, clique, degree + 1
            home[order[at]] = cliques
            cliques += 1
    host = host[:cliques]
    first = np.zeros(cliques + 1, dtype=np.int64)
    for clique in range(cliques):
        if host[clique] >= 0:
            first[host[clique] + 1] += 1
    first = np.cumsum(first)
    children, free = np.empty(cliques, dtype=np.int64), first.copy()
    for clique in range(cliques):
        if host[clique] >= 0:
            children[free[host[clique]]] = clique
            free[host[clique]] += 1
    where, members = np.zeros(cliques + 1, dtype=np.int64), np.empty(number[:cliques].sum(), dtype=np.int64)
    where[1:] = np.cumsum(number[:cliques])
    filled = where[:cliques].copy()
    for at in range(size - 1, -1, -1):
        clique = home[order[at]]
        if founder[clique] == at:
            for i in range(start[at], start[at + 1]):
                members[filled[clique]] = later[i]
                filled[clique] += 1
        members[filled[clique]] = order[at]
        filled[clique] += 1
    visited, shared = np.empty(cliques, dtype=np.int64), np.zeros(cliques, dtype=np.int64)
    parent, level = np.full(cliques, -1), np.zeros(cliques, dtype=np.int64)
    begins, flat = np.zeros(cliques + 1, dtype=np.int64), np.empty_like(members)
    inside = np.full(size, -1)
    one, other, walk = np.full(cliques, -1), np.full(cliques, -1), np.empty(cliques, dtype=np.int64)
    head = reached = 0
    for position in range(cliques):
        if position == reached:  # one tree is complete
            while host[head] >= 0:
                head += 1
            visited[position] = _middle(host, first, children, head, one, other, walk)
            head += 1
            reached += 1
        clique = visited[position]
        at = begins[position]
        came = -1
        if parent[position] >= 0:
            came = visited[parent[position]]
            joint = founder[clique] if host[clique] == came else founder[came]
            for i in range(start[joint], start[joint + 1]):
                inside[later[i]] = position
                flat[at] = later[i]
                at += 1
            shared[position] = at - begins[position]
        rest = at
        for i in range(where[clique], where[clique + 1]):
            if inside[members[i]] != position:
                flat[at] = members[i]
                at += 1
        flat[rest:at].sort()
        begins[position + 1] = at
        for i in range(first[clique] - 1, first[clique + 1]):
            neighbour = host[clique] if i < first[clique] else children[i]
            if neighbour >= 0 and neighbour != came:
                visited[reached], parent[reached], level[reached] = neighbour, position, level[position] + 1
                reached += 1
    return begins, flat, shared, parent, level
