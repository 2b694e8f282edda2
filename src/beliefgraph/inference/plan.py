"""The index plan of a junction tree: every product and every sum of a pass, level by level, as flat arrays.

All tables lie in one arena, level after level, the variables a clique shares with its parent first; so a message
upward sums contiguous blocks. A table entry is a product of its potential, of the leaves (what is observed on a
variable) homed there, and of the children's messages: one gather and one segmented product per level.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import prod

import numpy as np

from beliefgraph.inference.arrays import Ints
from beliefgraph.inference.junction_tree import JunctionTree

_CACHED_TABLE = 256
"""Projections of tables up to this many entries are remembered: they are few and asked for all the time."""


@dataclass(frozen=True, slots=True)
class Gather:
    """Take `index` from a pool; each segment of what is taken begins at `start` and is reduced to one entry."""

    index: Ints
    start: Ints


@dataclass(frozen=True, slots=True)
class Level:
    """The cliques at one distance from the root: where their tables and messages lie, and how they are made.

    `product` makes table entries from the pool [potentials | leaves | messages]; `block_start` and `block_size` say
    which contiguous entries one message entry sums; `message_start` and `message_size` where each clique's message
    begins within the level; `from_parent` sums the parents' tables to this level's separators (absent at the root).
    """

    entries: slice
    messages: slice
    product: Gather
    block_start: Ints
    block_size: Ints
    message_start: Ints
    message_size: Ints
    from_parent: Gather | None


@dataclass(frozen=True, slots=True)
class Clique:
    """Where one clique's table lies, and what its axes are (local variables)."""

    scope: tuple[int, ...]
    cards: tuple[int, ...]
    shared: int
    start: int

    @property
    def size(self) -> int:
        """How many entries its table has."""
        return prod(self.cards)

    def projection(self, scope: Sequence[int]) -> Ints:
        """For each entry of its table, the entry of a table over `scope` (axes in that order) that agrees with it."""
        return projection(self.cards, tuple(self.scope.index(variable) for variable in scope))


@dataclass(frozen=True, slots=True)
class Plan:
    """How to run a full pass over one or more junction trees together; variables are numbered locally from 0.

    `holding[v]` lists the cliques that variable v is in; `leaf_start[v]` is where the states of variable v begin
    among the leaves, which are also the entries of the marginals. `marginal` sums the arena to all of them.
    `message_leaves` lists, for each message entry, the leaves it agrees with (and one leaf past the last, always
    there).
    """

    leaf_start: Ints
    cliques: tuple[Clique, ...]
    holding: tuple[tuple[int, ...], ...]
    clique_start: Ints
    entries: int
    message_entries: int
    levels: tuple[Level, ...]
    marginal: Gather
    message_leaves: Gather
    width: int

    @property
    def leaves(self) -> int:
        """How many states all the variables have together."""
        return int(self.leaf_start[-1])

    def home(self, scope: Sequence[int]) -> Clique:
        """The smallest clique that holds the scope, the first of several."""
        rarest = min(scope, key=lambda variable: len(self.holding[variable]))
        wanted = set(scope)
        holding = [k for k in self.holding[rarest] if wanted.issubset(self.cliques[k].scope)]
        return self.cliques[min(holding, key=lambda k: (self.cliques[k].size, k))]


def projection(cards: tuple[int, ...], positions: tuple[int, ...]) -> Ints:
    """For each entry of a table of this shape, its entry in the table over the axes at `positions`."""
    if prod(cards) > _CACHED_TABLE:
        return _project(cards, positions)
    return _remembered(cards, positions)


def _project(cards: tuple[int, ...], positions: tuple[int, ...]) -> Ints:
    index = np.zeros(cards, dtype=np.int64)
    stride = 1
    for position in reversed(positions):
        along = [1] * len(cards)
        along[position] = cards[position]
        index += stride * np.arange(cards[position]).reshape(along)
        stride *= cards[position]
    return index.ravel()


_remembered = lru_cache(maxsize=4096)(_project)


@lru_cache(maxsize=4096)
def _remembered_order(cards: tuple[int, ...], positions: tuple[int, ...]) -> Ints:
    return np.argsort(_remembered(cards, positions), kind="stable")


def _order(cards: tuple[int, ...], positions: tuple[int, ...]) -> Ints:
    """The entries of a table, sorted by their entry in the table over `positions`."""
    if prod(cards) > _CACHED_TABLE:
        return np.argsort(_project(cards, positions), kind="stable")
    return _remembered_order(cards, positions)


def table_entries(trees: Sequence[JunctionTree], cards: Sequence[int]) -> int:
    """How many entries the tables of these trees have together: the cost of a pass, known before it."""
    return sum(prod(cards[v] for v in clique) for tree in trees for clique in tree.cliques)


def plan(trees: Sequence[JunctionTree], cards: Sequence[int]) -> Plan:
    """The plan of one pass over all the trees at once; `cards[v]` is how many states variable v has."""
    cliques, parents, levels = _arena(trees, cards)
    leaf_start = np.concatenate([[0], np.cumsum(cards, dtype=np.int64)])
    leaves = int(leaf_start[-1])
    entries = sum(clique.size for clique in cliques)
    message_size = [prod(clique.cards[: clique.shared]) for clique in cliques]
    message_start = np.concatenate([[0], np.cumsum(message_size)])
    children: list[list[int]] = [[] for _ in cliques]
    for child, parent in enumerate(parents):
        if parent >= 0:
            children[parent].append(child)
    holding: list[list[int]] = [[] for _ in cards]
    for k, clique in enumerate(cliques):
        for variable in clique.scope:
            holding[variable].append(k)
    homes = [min(ks, key=lambda k: (cliques[k].size, k)) for ks in holding]
    observed: list[list[int]] = [[] for _ in cliques]
    for variable, home in enumerate(homes):
        observed[home].append(variable)

    def sources(k: int) -> Ints:
        """What each entry of clique k is the product of, entry by entry, in the pool."""
        clique = cliques[k]
        columns = [clique.start + np.arange(clique.size)]
        columns += [entries + leaf_start[v] + clique.projection([v]) for v in observed[k]]
        for child in children[k]:
            separator = cliques[child].scope[: cliques[child].shared]
            columns.append(entries + leaves + message_start[child] + clique.projection(separator))
        return np.stack(columns, axis=1)

    def summed(k: int, scope: Sequence[int]) -> Ints:
        """The entries of clique k's table, those that agree with one entry over `scope` next to each other."""
        clique = cliques[k]
        return clique.start + _order(clique.cards, tuple(clique.scope.index(v) for v in scope))

    made = []
    for first, last in levels:
        ks = range(first, last)
        product = [sources(k) for k in ks]
        block = [cliques[k].size // message_size[k] for k in ks]
        from_parent = None
        if parents[first] >= 0:
            sums = [summed(parents[k], cliques[k].scope[: cliques[k].shared]) for k in ks]
            from_parent = _gather(sums, [len(s) // message_size[k] for s, k in zip(sums, ks, strict=True)])
        block_size = np.repeat(block, [message_size[k] for k in ks])
        made.append(
            Level(
                entries=slice(cliques[first].start, cliques[last - 1].start + cliques[last - 1].size),
                messages=slice(int(message_start[first]), int(message_start[last])),
                product=_gather([p.ravel() for p in product], [p.shape[1] for p in product]),
                block_start=_starts(block_size),
                block_size=block_size,
                message_start=message_start[first:last] - message_start[first],
                message_size=np.array([message_size[k] for k in ks]),
                from_parent=from_parent,
            )
        )
    marginals = [summed(homes[v], [v]) for v in range(len(cards))]
    agreeing = [_agreeing(clique, leaf_start, leaves) for clique in cliques]
    return Plan(
        leaf_start=leaf_start,
        cliques=cliques,
        holding=tuple(map(tuple, holding)),
        clique_start=np.array([clique.start for clique in cliques]),
        entries=entries,
        message_entries=int(message_start[-1]),
        levels=tuple(made),
        marginal=_gather(marginals, [len(m) // cards[v] for v, m in enumerate(marginals)]),
        message_leaves=_gather([a.ravel() for a in agreeing], [a.shape[1] for a in agreeing]),
        width=max(tree.width for tree in trees),
    )


def _arena(
    trees: Sequence[JunctionTree], cards: Sequence[int]
) -> tuple[tuple[Clique, ...], list[int], list[tuple[int, int]]]:
    """All cliques, level by level; the parent of each; and where each level begins and ends."""
    everyone = sorted((tree.level[k], t, k) for t, tree in enumerate(trees) for k in range(len(tree.cliques)))
    number = {(t, k): at for at, (_, t, k) in enumerate(everyone)}
    cliques: list[Clique] = []
    parents: list[int] = []
    start = 0
    for _, t, k in everyone:
        scope, parent = trees[t].cliques[k], trees[t].parent[k]
        cliques.append(Clique(scope, tuple(cards[v] for v in scope), trees[t].shared[k], start))
        parents.append(number[t, parent] if parent >= 0 else -1)
        start += cliques[-1].size
    depth = [level for level, _, _ in everyone]
    edges = [0, *(at for at in range(1, len(depth)) if depth[at] != depth[at - 1]), len(depth)]
    return tuple(cliques), parents, list(pairwise(edges))


def _agreeing(clique: Clique, leaf_start: Ints, leaves: int) -> Ints:
    """For each entry of the clique's message, the leaves that agree with it."""
    cards = clique.cards[: clique.shared]
    size = prod(cards)
    columns = [np.full(size, leaves)]
    columns += [leaf_start[v] + projection(cards, (at,)) for at, v in enumerate(clique.scope[: clique.shared])]
    return np.stack(columns, axis=1)


def _gather(indices: Sequence[Ints], segment: Sequence[int]) -> Gather:
    """Parts joined: part p is made of segments of `segment[p]` entries."""
    counts = [len(part) // length for part, length in zip(indices, segment, strict=True)]
    return Gather(np.concatenate(indices), _starts(np.repeat(segment, counts)))


def _starts(sizes: Ints) -> Ints:
    return np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
