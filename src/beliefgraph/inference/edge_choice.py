"""Which factors a junction tree of small width keeps: the strongest that fit.

A tree decomposition (bags of variables; the bags that contain a variable are connected) is grown factor by factor, the
strongest first, as in Kruskal's spanning tree. Two variables with no bag in common get one along the path between their
bags:

- the path is first shortened as far as possible: if the intersection of two neighbouring bags is also contained in bags
  further out, those are joined instead;
- a new bag gets the smallest intersection on the path and the two variables, and the bags between are widened by one.

If that would make a bag too large, the factor is dropped. Two variables in different trees are always joined, so the
strongest spanning forest of the pairs is kept. A factor of more variables is kept if all its pairs fit: subtrees of a
tree that intersect pairwise have a bag in common (Helly).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from beliefgraph.inference.arrays import Bools, Floats, Ints
from beliefgraph.inference.elimination import Budget, min_fill, moral_graph
from beliefgraph.inference.junction_tree import JunctionTree, junction_forest
from beliefgraph.inference.native import native

_ROOM = 1e-9
"""Tolerance of sizes, which are sums of logarithms, in bits."""

_RULED_OUT = -700.0
"""The logarithm of 0 here: near the smallest that a double represents."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which factors are `kept` (shape [factors]), and bags that contain each of them."""

    kept: Bools
    bags: tuple[tuple[int, ...], ...]


def choose(cards: Sequence[int], scopes: Sequence[tuple[int, ...]], strength: Floats, width: int) -> Choice:
    """The strongest factors that fit tables of 2^(width + 1) entries; ties by index.

    `strength` has one number per scope. The choice depends only on the arguments, on any machine.
    """
    sizes = np.array([len(scope) for scope in scopes], dtype=np.int64)
    flat = np.array([variable for scope in scopes for variable in scope], dtype=np.int64)
    start = np.concatenate([[0], np.cumsum(sizes)])
    order = np.lexsort((np.arange(len(scopes)), -strength))
    kept = np.zeros(len(scopes), dtype=np.bool_)
    bits = np.log2(np.maximum(np.asarray(cards, dtype=np.float64), 2.0))
    degree = np.bincount(flat, minlength=len(bits))
    size, member = _grow(bits, degree, flat, start, order, float(width + 1), kept)
    return Choice(kept, tuple(tuple(sorted(row[:many].tolist())) for row, many in zip(member, size, strict=True)))


def strength(log_table: Floats) -> float:
    """How strongly a factor couples any two of its variables: |J|, a quarter of the greatest |ln odds ratio|.

    tanh |J| bounds how much of a change a message through it passes on (J. M. Mooij and H. J. Kappen, Sufficient
    conditions for convergence of the sum-product algorithm, 2007).
    """
    table = np.maximum(log_table, _RULED_OUT)
    greatest = 0.0
    for one, other in combinations(range(table.ndim), 2):
        flat = np.moveaxis(table, (one, other), (0, 1)).reshape(table.shape[one], table.shape[other], -1)
        for row, above in combinations(flat, 2):
            greatest = max(greatest, float(np.ptp(row - above, axis=0).max()))
    return greatest / 4.0


def edge_deleted_trees(
    cards: Sequence[int], scopes: Sequence[tuple[int, ...]], choice: Choice, width: int
) -> list[JunctionTree]:
    """Junction trees that contain the kept factors: the cheaper of min-fill's and the grown ones."""
    held = [scope for scope, kept in zip(scopes, choice.kept, strict=True) if kept]
    within = Budget(max_width=width, max_table_entries=2**62)
    grown = [min_fill(moral_graph(len(cards), some), within, cards) for some in (held, choice.bags)]
    return junction_forest(min((order for order in grown if order), key=lambda order: order.entries))


@native
def _grow(
    bits: Floats, degree: Ints, flat: Ints, start: Ints, order: Ints, room: float, kept: Bools
) -> tuple[Ints, Ints]:
    """Grow the decomposition; write what is kept. Returns each bag's size, and its members."""
    n = len(bits)
    most = int(room) + 3
    capacity = 4 * n + 64
    member = np.empty((capacity, most), dtype=np.int64)
    size = np.zeros(capacity, dtype=np.int64)
    parent = np.full(capacity, -1, dtype=np.int64)
    for v in range(n):
        member[v, 0] = v
        size[v] = 1
    bags = n
    for at in range(len(order)):
        factor = order[at]
        first, last = start[factor], start[factor + 1]
        whole = last - first == 2
        saved_member, saved_size, saved_parent, saved_bags = member, size, parent, bags
        if not whole:
            saved_member, saved_size, saved_parent = member[:bags].copy(), size[:bags].copy(), parent[:bags].copy()
        fits = True
        for i in range(first, last):
            for j in range(i + 1, last):
                if bags + n + 64 > len(size):
                    grown = 2 * len(size) + n + 64
                    more_member = np.empty((grown, most), dtype=np.int64)
                    more_size = np.zeros(grown, dtype=np.int64)
                    more_parent = np.full(grown, -1, dtype=np.int64)
                    more_member[:bags] = member[:bags]
                    more_size[:bags] = size[:bags]
                    more_parent[:bags] = parent[:bags]
                    member, size, parent = more_member, more_size, more_parent
                if fits:
                    bags = _join(bits, degree, member, size, parent, bags, flat[i], flat[j], room)
                    if bags < 0:
                        fits = False
                        bags = saved_bags if whole else -1
        if not fits and not whole:
            bags = saved_bags
            member[:bags] = saved_member
            size[:bags] = saved_size
            parent[:bags] = saved_parent
        kept[factor] = fits
    return size[:bags], member[:bags]


@native
def _holds(member: Ints, size: Ints, bag: int, variable: int) -> bool:
    found = False
    for at in range(size[bag]):
        found = found or member[bag, at] == variable
    return found


@native
def _within(member: Ints, size: Ints, one: int, other: int, bag: int) -> bool:
    """Whether the intersection of two bags is contained in a third."""
    for at in range(size[one]):
        variable = member[one, at]
        if _holds(member, size, other, variable) and not _holds(member, size, bag, variable):
            return False
    return True


@native
def _shared_bits(bits: Floats, member: Ints, size: Ints, one: int, other: int) -> float:
    total = 0.0
    for at in range(size[one]):
        if _holds(member, size, other, member[one, at]):
            total += bits[member[one, at]]
    return total


@native
def _put(member: Ints, size: Ints, bag: int, variable: int) -> None:
    if not _holds(member, size, bag, variable):
        member[bag, size[bag]] = variable
        size[bag] += 1


@native
def _join(
    bits: Floats, degree: Ints, member: Ints, size: Ints, parent: Ints, bags: int, u: int, v: int, room: float
) -> int:
    """Give two variables a bag in common; returns the number of bags, or -1 if they would be too large.

    The first n bags start as {v}, and bag v always contains v.
    """
    # Root the tree of u at its bag.
    below, at = -1, u
    while at >= 0:
        above = parent[at]
        parent[at] = below
        below, at = at, above
    length = 0
    at = v
    while at >= 0:
        length += 1
        below, at = at, parent[at]
    if below != u:
        if bits[u] + bits[v] > room + _ROOM:
            return -1
        if size[u] == 1:
            _put(member, size, u, v)
            parent[u] = v
            return bags
        if size[v] == 1:
            _put(member, size, v, u)
            parent[u] = v
            return bags
        member[bags, 0], member[bags, 1] = u, v
        size[bags] = 2
        parent[u] = bags
        parent[bags] = v
        return bags + 1
    path = np.empty(length, dtype=np.int64)
    at = v
    for i in range(length - 1, -1, -1):
        path[i] = at
        at = parent[at]
    first = 0
    for i in range(length):
        if _holds(member, size, path[i], u):
            first = i
    if _holds(member, size, path[first], v):
        return bags
    last = length - 1
    for i in range(length - 1, first, -1):
        if _holds(member, size, path[i], v):
            last = i
    path = path[first : last + 1].copy()
    steps = last - first  # path[0] contains u, path[steps] contains v, the bags between contain neither
    while True:
        most, where, left, right = 0, 0, 0, 0
        for j in range(steps):
            i, m = j, j + 1
            while i > 0 and _within(member, size, path[j], path[j + 1], path[i - 1]):
                i -= 1
            while m < steps and _within(member, size, path[j], path[j + 1], path[m + 1]):
                m += 1
            if m - i - 1 > most:
                most, where, left, right = m - i - 1, j, i, m
        if most == 0:
            break
        for i in range(right, where + 1, -1):
            parent[path[i - 1]] = path[i]
        parent[path[right]] = path[left]
        for i in range(right, steps + 1):
            path[i - most] = path[i]
        steps -= most
    thinnest, least = 0, np.inf
    for j in range(steps):
        shared = _shared_bits(bits, member, size, path[j], path[j + 1])
        if shared < least or (shared == least and degree[u] >= degree[v]):
            thinnest, least = j, shared
    if least + bits[u] + bits[v] > room + _ROOM:
        return -1
    for i in range(1, steps):
        total = bits[u] if i <= thinnest else bits[v]
        for k in range(size[path[i]]):
            variable = member[path[i], k]
            if _holds(member, size, path[i - 1], variable) or _holds(member, size, path[i + 1], variable):
                total += bits[variable]
        if total > room + _ROOM:
            return -1
    # The intersections of neighbours, before any bag is widened.
    keep = np.zeros((steps + 1, member.shape[1]), dtype=np.uint8)
    for i in range(1, steps):
        for k in range(size[path[i]]):
            variable = member[path[i], k]
            keep[i, k] = _holds(member, size, path[i - 1], variable) or _holds(member, size, path[i + 1], variable)
    previous = path[0]
    for i in range(1, steps + 1):
        if i - 1 == thinnest:
            size[bags] = 0
            for k in range(size[path[i - 1]]):
                if _holds(member, size, path[i], member[path[i - 1], k]):
                    _put(member, size, bags, member[path[i - 1], k])
            if size[previous] == size[bags] + 1:
                _put(member, size, previous, v)
            else:
                _put(member, size, bags, u)
                _put(member, size, bags, v)
                parent[bags] = previous
                previous = bags
                bags += 1
        if i == steps:
            parent[path[i]] = previous
            break
        carried = u if i <= thinnest else v
        kept = 0
        for k in range(size[path[i]]):
            kept += keep[i, k]
        if kept == size[path[i]]:
            node = path[i]
        else:
            node = bags
            bags += 1
            size[node] = 0
            for k in range(size[path[i]]):
                if keep[i, k]:
                    _put(member, size, node, member[path[i], k])
            parent[path[i]] = node
        _put(member, size, node, carried)
        parent[node] = previous
        previous = node
    return bags
