"""In which order to sum the variables out: min-fill, abandoned as soon as the budget is out of reach.

A graph is a list of neighbour sets held as integers: bit j of `graph[i]` says that i and j are neighbours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush


@dataclass(frozen=True, slots=True)
class Budget:
    """How much an exact answer may cost before it is not attempted.

    `max_width` bounds the largest clique (its number of variables less one), `max_table_entries` the sum of all
    tables of a model. A table entry is kept four times as a double and takes about 15 ns in a pass: at the default
    bounds 50 MB with the maps, and 20 ms.
    """

    max_width: int = 18
    max_table_entries: int = 2**20


def bits(mask: int) -> Iterator[int]:
    """The members of a set held as an integer, ascending."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def moral_graph(size: int, scopes: Iterable[Sequence[int]]) -> list[int]:
    """Which of `size` variables stand in one factor together."""
    graph = [0] * size
    for scope in scopes:
        together = sum(1 << variable for variable in scope)
        for variable in scope:
            graph[variable] |= together & ~(1 << variable)
    return graph


def min_fill(graph: Sequence[int], budget: Budget) -> list[tuple[int, int]] | None:
    """The variables in an order that adds few edges, each with its neighbours at its turn; None if past the budget.

    At each step the vertex that needs the fewest new edges among its neighbours goes, ties by index. A vertex with
    more than `max_width` neighbours can never go, so when only such are left the graph is given up; so it is when the
    tables so far (at most twice the final ones) are past twice `max_table_entries`.
    """
    neighbours = list(graph)

    def fill(vertex: int) -> int:
        around = neighbours[vertex]
        degree = around.bit_count()
        return (degree * (degree - 1) - sum((neighbours[u] & around).bit_count() for u in bits(around))) // 2

    def small(vertex: int) -> bool:
        return neighbours[vertex].bit_count() <= budget.max_width

    current = {v: fill(v) for v in range(len(graph)) if small(v)}
    queue = [(needed, v) for v, needed in current.items()]
    heapify(queue)
    order: list[tuple[int, int]] = []
    entries = 0
    while queue:
        needed, vertex = heappop(queue)
        if current.get(vertex) != needed:
            continue
        del current[vertex]
        around = neighbours[vertex]
        entries += 2 << around.bit_count()
        if entries > 2 * budget.max_table_entries:
            return None
        order.append((vertex, around))
        changed = around
        for u in bits(around):
            if needed:
                changed |= neighbours[u]
            neighbours[u] = (neighbours[u] | around) & ~(1 << u) & ~(1 << vertex)
        for u in bits(changed & ~(1 << vertex)):
            if small(u):
                now = fill(u)
                if current.get(u) != now:
                    current[u] = now
                    heappush(queue, (now, u))
            else:
                current.pop(u, None)
    return order if len(order) == len(graph) else None
