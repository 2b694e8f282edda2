"""The junction tree of an elimination order: its maximal cliques, joined so that what two share is shared all along
the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from beliefgraph.inference.elimination import bits


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
        """The size of the largest clique less one."""
        return max(map(len, self.cliques)) - 1


def junction_tree(order: Sequence[tuple[int, int]]) -> JunctionTree:
    """The junction tree of one connected part, rooted at its middle so that it is as shallow as can be.

    Walks the elimination order backwards (J. R. S. Blair and B. Peyton, An introduction to chordal graphs and clique
    trees, 1993): a variable joins the clique of its first-eliminated later neighbour if that clique is all of its
    later neighbours, and starts a clique of its own otherwise.
    """
    turn = {vertex: at for at, (vertex, _) in enumerate(order)}
    cliques: list[int] = []
    joints: list[list[tuple[int, int]]] = []
    home: dict[int, int] = {}
    for vertex, later in reversed(order):
        if not later:
            home[vertex] = len(cliques)
            cliques.append(1 << vertex)
            joints.append([])
            continue
        host = home[min(bits(later), key=turn.__getitem__)]
        if cliques[host] == later:
            cliques[host] |= 1 << vertex
            home[vertex] = host
        else:
            home[vertex] = len(cliques)
            joints.append([(host, later)])
            joints[host].append((len(cliques), later))
            cliques.append(later | 1 << vertex)
    return _rooted(cliques, joints)


def _rooted(cliques: list[int], joints: list[list[tuple[int, int]]]) -> JunctionTree:
    root = _middle(joints)
    members: list[tuple[int, ...]] = [tuple(bits(cliques[root]))]
    shared, parent, level = [0], [-1], [0]
    visited = [(root, -1)]
    for position, (clique, came_from) in enumerate(visited):  # grows while it is walked: breadth first
        for neighbour, separator in joints[clique]:
            if neighbour != came_from:
                visited.append((neighbour, clique))
                members.append((*bits(separator), *bits(cliques[neighbour] & ~separator)))
                shared.append(separator.bit_count())
                parent.append(position)
                level.append(level[position] + 1)
    return JunctionTree(tuple(members), tuple(shared), tuple(parent), tuple(level))


def _middle(joints: list[list[tuple[int, int]]]) -> int:
    """The middle of a longest path."""
    end = _farthest(joints, 0)[-1]
    path = _farthest(joints, end)
    return path[len(path) // 2]


def _farthest(joints: list[list[tuple[int, int]]], start: int) -> list[int]:
    """The path from `start` to the clique farthest from it."""
    came_from = {start: start}
    walk = [start]
    for clique in walk:
        for neighbour, _ in joints[clique]:
            if neighbour not in came_from:
                came_from[neighbour] = clique
                walk.append(neighbour)
    path = [walk[-1]]
    while path[-1] != start:
        path.append(came_from[path[-1]])
    return path[::-1]
