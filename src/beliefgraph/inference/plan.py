"""The plan of a pass: where every table, message and leaf of some junction trees lies, as a few arrays of integers.

Tables lie one after another, tree by tree, from each root down, the variables a clique shares with its parent first; so
a message upward sums contiguous blocks. A table entry is a product of its potential, of the leaves (what is observed on
a variable) homed there, and of the children's messages. Which entry of a leaf or message goes with which entry of a
table depends only on the table's shape, so these maps are few and shared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import prod

import numpy as np
import numpy.typing as npt

from beliefgraph.inference.arrays import Ints
from beliefgraph.inference.junction_tree import JunctionTree

Codes = npt.NDArray[np.uint32]

START, SIZE, BLOCK, MESSAGE, WIDTH, PARENT, MAP, FIRST_CHILD, LAST_CHILD, FIRST_LEAF, LAST_LEAF = range(11)
"""The columns of `Plan.codes`, one row per clique: where its table starts and its entries; how many entries each entry
of its message upward sums; where that message starts and its entries; the parent's row (a root's own) and the map from
the parent's entries to the message's; the rows of its children and of its leaves, each [first, last)."""

VARIABLE, LEAF, STATES, LEAF_MAP, HOME = range(5)
"""The columns of `Plan.leaf_codes`, one row per variable, by home: its number, where its states start among the leaves
and how many they are, the map from its home's entries to its states, its home's row."""

_CACHED_TABLE = 256
"""Projections of tables up to this many entries are remembered: they are few and asked for all the time."""


@dataclass(frozen=True, slots=True)
class Clique:
    """Where one clique's table lies, and what its axes are (local variables)."""

    scope: tuple[int, ...]
    cards: tuple[int, ...]
    shared: int
    start: int
    size: int

    def projection(self, scope: Sequence[int]) -> Ints:
        """For each entry of its table, the entry of a table over `scope` (axes in that order) that agrees with it."""
        return projection(self.cards, tuple(self.scope.index(variable) for variable in scope))


@dataclass(frozen=True, slots=True)
class Plan:
    """How to run a pass over one or more junction trees; variables are numbered locally from 0.

    `holding[v]` lists the cliques that variable v is in; `leaf_start[v]` is where its states begin among the leaves,
    which are also the entries of the marginals. `trees` has the rows [first, last) of each tree's cliques, and
    `leaf_row[v]` is v's row in `leaf_codes`, `tree_of[v]` its tree.
    """

    leaf_start: Ints
    cliques: tuple[Clique, ...]
    holding: tuple[tuple[int, ...], ...]
    clique_start: Ints
    entries: int
    message_entries: int
    width: int
    codes: Codes
    leaf_codes: Codes
    leaf_row: Codes
    tree_of: Codes
    maps: Codes
    trees: Codes

    @property
    def leaves(self) -> int:
        """How many states all the variables have together."""
        return int(self.leaf_start[-1])

    def home(self, scope: Sequence[int]) -> Clique:
        """The smallest clique that holds the scope, the first of several."""
        return self.cliques[self.home_row(scope)]

    def home_row(self, scope: Sequence[int]) -> int:
        """The row of that clique."""
        rarest = min(scope, key=lambda variable: len(self.holding[variable]))
        wanted = set(scope)
        holding = [k for k in self.holding[rarest] if wanted.issubset(self.cliques[k].scope)]
        return min(holding, key=lambda k: (self.cliques[k].size, k))


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


def table_entries(trees: Sequence[JunctionTree], cards: Sequence[int]) -> int:
    """How many entries the tables of these trees have together: the cost of a pass, known before it."""
    return sum(prod(cards[v] for v in clique) for tree in trees for clique in tree.cliques)


class _Maps:
    """The projections in use, one after another, each once."""

    def __init__(self) -> None:
        self._found: dict[tuple[tuple[int, ...], tuple[int, ...]], int] = {}
        self._parts: list[Codes] = []
        self._length = 0

    def at(self, clique: Clique, scope: Sequence[int]) -> int:
        """Where the map from a clique's table to one over `scope` starts."""
        key = clique.cards, tuple(clique.scope.index(variable) for variable in scope)
        if key not in self._found:
            self._found[key] = self._length
            self._parts.append(projection(*key).astype(np.uint32))
            self._length += clique.size
        return self._found[key]

    def joined(self) -> Codes:
        return np.concatenate(self._parts) if self._parts else np.zeros(0, dtype=np.uint32)


def plan(trees: Sequence[JunctionTree], cards: Sequence[int]) -> Plan:
    """The plan of one pass over all the trees; `cards[v]` is how many states variable v has."""
    leaf_start = np.concatenate([[0], np.cumsum(cards, dtype=np.int64)])
    cliques, bounds = _cliques(trees, cards)
    holding: list[list[int]] = [[] for _ in cards]
    for k, clique in enumerate(cliques):
        for variable in clique.scope:
            holding[variable].append(k)
    homes = [min(ks, key=lambda k: (cliques[k].size, k)) for ks in holding]
    maps = _Maps()
    order = sorted(range(len(cards)), key=lambda v: (homes[v], v))
    starts = leaf_start.tolist()
    leaf_codes = np.array(
        [(v, starts[v], cards[v], maps.at(cliques[homes[v]], [v]), homes[v]) for v in order], dtype=np.uint32
    )
    codes = np.zeros((len(cliques), 11), dtype=np.uint32)
    rows = []
    message = 0
    for tree, (first, _) in zip(trees, bounds, strict=True):
        for at, parent in enumerate(tree.parent):
            clique = cliques[first + at]
            width = prod(clique.cards[: clique.shared])
            to_parent = maps.at(cliques[first + parent], clique.scope[: clique.shared]) if parent >= 0 else 0
            above = first + max(parent, 0)
            rows.append((clique.start, clique.size, clique.size // width, message, width, above, to_parent))
            message += width
    codes[:, : MAP + 1] = rows
    # A tree's cliques are listed breadth first, so the children of one stand together, in their parents' order.
    everyone = np.arange(len(cliques))
    children = np.bincount(codes[codes[:, PARENT] != everyone, PARENT], minlength=len(cliques))
    for first, last in bounds:
        ends = first + 1 + np.cumsum(children[first:last])
        codes[first:last, FIRST_CHILD], codes[first:last, LAST_CHILD] = ends - children[first:last], ends
    codes[:, FIRST_LEAF] = np.searchsorted(leaf_codes[:, HOME], everyone)
    codes[:, LAST_LEAF] = np.searchsorted(leaf_codes[:, HOME], everyone, side="right")
    leaf_row = np.argsort(leaf_codes[:, VARIABLE]).astype(np.uint32)
    tree_of = np.searchsorted([last for _, last in bounds], leaf_codes[leaf_row, HOME], side="right").astype(np.uint32)
    return Plan(
        leaf_start=leaf_start,
        cliques=cliques,
        holding=tuple(map(tuple, holding)),
        clique_start=codes[:, START].astype(np.int64),
        entries=cliques[-1].start + cliques[-1].size,
        message_entries=message,
        width=max(tree.width for tree in trees),
        codes=codes,
        leaf_codes=leaf_codes,
        leaf_row=leaf_row,
        tree_of=tree_of,
        maps=maps.joined(),
        trees=np.array(bounds, dtype=np.uint32),
    )


def _cliques(trees: Sequence[JunctionTree], cards: Sequence[int]) -> tuple[tuple[Clique, ...], list[tuple[int, int]]]:
    """All cliques, tree by tree, and the rows of each tree."""
    cliques: list[Clique] = []
    bounds = []
    start = 0
    for tree in trees:
        first = len(cliques)
        for scope, shared in zip(tree.cliques, tree.shared, strict=True):
            shape = tuple([cards[v] for v in scope])
            size = prod(shape)
            cliques.append(Clique(scope, shape, shared, start, size))
            start += size
        bounds.append((first, len(cliques)))
    return tuple(cliques), bounds
