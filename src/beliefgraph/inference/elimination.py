"""Elimination order of the variables: min-fill, abandoned as soon as it exceeds the budget."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

import numpy as np

from beliefgraph.inference.arrays import Ints
from beliefgraph.inference.native import native
from beliefgraph.inference.scopes import Scopes


@dataclass(frozen=True, slots=True)
class Budget:
    """Maximum cost of an exact answer.

    `max_width` bounds the largest clique (its number of variables minus one), `max_table_entries` the sum of all tables
    of a model. A table entry is stored four times as a double and takes about 15 ns in a pass: at the default bounds 50
    MB with the maps, and 20 ms. Beyond them `approximate_width` is the width of the approximating tree; a tree of half
    of it gives the error estimate.
    """

    max_width: int = 18
    max_table_entries: int = 2**20
    approximate_width: int = 8

    @property
    def approximate_widths(self) -> tuple[int, int]:
        """The width that answers, and the one it is compared with."""
        return max(self.approximate_width, 1), max(self.approximate_width // 2, 1)


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """An undirected graph: the neighbours of variable v are `neighbour[start[v]:start[v + 1]]`, ascending."""

    start: Ints
    neighbour: Ints

    def __len__(self) -> int:
        return len(self.start) - 1


@dataclass(frozen=True, slots=True, eq=False)
class Elimination:
    """The variables in elimination order; the k-th then had the neighbours `later[start[k]:start[k + 1]]`, ascending.

    `entries` bounds the table entries: the tables of the junction tree are among these.
    """

    order: Ints
    start: Ints
    later: Ints
    entries: float

    @property
    def width(self) -> int:
        """The greatest number of neighbours at elimination."""
        return int(np.diff(self.start).max(initial=0))


def moral_graph(size: int, scopes: Iterable[Sequence[int]]) -> Graph:
    """The moral graph: which of `size` variables occur together in a factor."""
    return graph_of(size, Scopes.of([*scopes]))


def graph_of(size: int, scopes: Scopes) -> Graph:
    """The same for scopes that are arrays already."""
    found = np.unique(_links(size, scopes.start, scopes.variables))
    return Graph(np.searchsorted(found, np.arange(size + 1) * size), found % max(size, 1))


@native
def _links(size: int, start: Ints, variables: Ints) -> Ints:
    """Every ordered pair of a scope as one number."""
    found = [0]
    found.pop()
    for scope in range(len(start) - 1):
        for one in range(start[scope], start[scope + 1]):
            for other in range(start[scope], start[scope + 1]):
                if variables[one] != variables[other]:
                    found.append(variables[one] * size + variables[other])
    return np.array(found, dtype=np.int64)


def eliminate(graph: Graph, cards: Sequence[int], budget: Budget) -> Elimination | None:
    """The cheaper of `min_fill` and the same ignoring the numbers of states; None if both exceed the budget."""
    found = [min_fill(graph, budget, cards)]
    if len(set(cards)) > 1:
        found.append(min_fill(graph, budget, cards, blind=True))
    return min((order for order in found if order), key=lambda order: order.entries, default=None)


def min_fill(
    graph: Graph, budget: Budget, cards: Sequence[int] | None = None, *, blind: bool = False
) -> Elimination | None:
    """The variables in an order that adds few edges, each with its neighbours at its turn; None if over the budget.

    Each step eliminates the variable that needs the fewest new edges among its neighbours, each weighted by the product
    of its ends' `cards` (2 if not given, 1 if `blind`); ties by index. A variable with more than `max_width` neighbours
    cannot be eliminated, so if only such are left the search stops; it also stops if the tables so far (at most twice
    the final ones) exceed twice `max_table_entries`.
    """
    size = len(graph)
    states = np.full(size, 2) if cards is None else np.array(cards, dtype=np.int64)
    order, start = np.empty(size, dtype=np.int64), np.zeros(size + 1, dtype=np.int64)
    weight = np.ones_like(states) if blind else states
    turns, later, entries = _min_fill(
        graph.start, graph.neighbour, states, weight, budget.max_width, budget.max_table_entries, order, start
    )
    return Elimination(order, start, later, entries) if turns == size else None


@native
def _needed(around: Ints, degree: int, linked: Ints, weight: Ints) -> int:
    """The edges missing among some vertices, weighted."""
    missing = 0
    for i in range(degree):
        u = around[i]
        for j in range(i):
            w = around[j]
            if not (linked[u, w >> 6] >> (w & 63)) & 1:
                missing += weight[u] * weight[w]
    return missing


@native
def _min_fill(
    starts: Ints,
    neighbours: Ints,
    states: Ints,
    weight: Ints,
    max_width: int,
    max_entries: int,
    order: Ints,
    start: Ints,
) -> tuple[int, Ints, float]:
    """Write the elimination order, unless it exceeds the budget.

    Returns the number of variables eliminated, the neighbours at each turn, and the table entries.
    `linked` has a bit for each pair. A vertex has a linked list of its edges for traversal; those to eliminated
    vertices are skipped.
    """
    size = len(states)
    linked = np.zeros((size, (size + 63) // 64), dtype=np.int64)
    head = np.full(size, -1)
    degree = np.zeros(size, dtype=np.int64)
    to = [0]
    rest = [-1]
    for u in range(size):
        for at in range(starts[u], starts[u + 1]):
            w = neighbours[at]
            linked[u, w >> 6] |= 1 << (w & 63)
            to.append(w)
            rest.append(head[u])
            head[u] = len(to) - 1
            degree[u] += 1
    gone = np.zeros(size, dtype=np.uint8)
    queued, seen = np.full(size, -1), np.full(size, -1)
    around, beyond = np.empty(size, dtype=np.int64), np.empty(size, dtype=np.int64)
    later = [0]
    later.pop()
    queue = [(0, 0)]
    queue.pop()
    for u in range(size):
        if degree[u] <= max_width:
            queued[u] = _needed(neighbours[starts[u] : starts[u + 1]], degree[u], linked, weight)
            queue.append((queued[u], u))
    heapify(queue)
    turn = 0
    entries = 0.0
    while queue:
        needed, vertex = heappop(queue)
        if queued[vertex] != needed or gone[vertex]:
            continue
        gone[vertex] = 1
        number = 0
        edge = head[vertex]
        while edge >= 0:
            if not gone[to[edge]]:
                around[number] = to[edge]
                number += 1
            edge = rest[edge]
        around[:number].sort()
        product = 1.0 * states[vertex]
        for i in range(number):
            product *= states[around[i]]
            later.append(around[i])
        entries += product
        if entries > 2.0 * max_entries:
            break
        order[turn] = vertex
        turn += 1
        start[turn] = len(later)
        affected = number
        beyond[:number] = around[:number]
        for i in range(number):
            seen[around[i]] = turn
        for i in range(number):
            u = around[i]
            degree[u] -= 1
            if not needed:
                continue
            edge = head[u]
            while edge >= 0:
                w = to[edge]
                edge = rest[edge]
                if not gone[w] and seen[w] != turn:
                    seen[w] = turn
                    beyond[affected] = w
                    affected += 1
            for j in range(number):
                w = around[j]
                if w != u and not (linked[u, w >> 6] >> (w & 63)) & 1:
                    linked[u, w >> 6] |= 1 << (w & 63)
                    to.append(w)
                    rest.append(head[u])
                    head[u] = len(to) - 1
                    degree[u] += 1
        for at in range(affected):
            u = beyond[at]
            queued[u], before = -1, queued[u]
            if degree[u] > max_width:
                continue
            number = 0
            edge = head[u]
            while edge >= 0:
                if not gone[to[edge]]:
                    around[number] = to[edge]
                    number += 1
                edge = rest[edge]
            queued[u] = _needed(around, number, linked, weight)
            if queued[u] != before:
                heappush(queue, (queued[u], u))
    return turn, np.array(later), entries
