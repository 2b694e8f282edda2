"""The plan of a pass: the layout of all tables, messages and leaves of some junction trees, as arrays of integers.

Tables are stored consecutively, tree by tree, from each root down, with the variables that a clique shares with its
parent first; so an upward message sums contiguous blocks. A table entry is a product of its potential, of the leaves
(the observations of a variable) assigned to the clique, and of the children's messages. Which entry of a leaf or
message goes with which entry of a table depends only on the table's shape, so these maps are few and shared.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np

from beliefgraph.inference.arrays import Codes, Ints, Layout
from beliefgraph.inference.junction_tree import JunctionTree
from beliefgraph.inference.maps import homes, shared_maps
from beliefgraph.inference.scopes import Scopes

START, SIZE, BLOCK, MESSAGE, WIDTH, PARENT, MAP, STEP, FIRST_CHILD, LAST_CHILD, FIRST_LEAF, LAST_LEAF = range(12)
"""The columns of `Plan.codes`, one row per clique: the start and size of its table; how many entries each entry of its
upward message sums; the start and size of that message; the parent's row (a root's own) and the map from the parent's
entries to the message's; the distance of two of those entries that differ only in the last shared variable; the rows of
its children and of its leaves, each [first, last)."""

VARIABLE, LEAF, STATES, LEAF_MAP, LEAF_STEP, HOME = range(6)
"""The columns of `Plan.leaf_codes`, one row per variable, by home clique: its number, the start of its states among the
leaves and their number, the map from the home's entries to its states, the distance of two of those entries that differ
only in it, the home's row."""


@dataclass(frozen=True, slots=True)
class Clique:
    """The location of one clique's table, and its axes (local variables)."""

    scope: tuple[int, ...]
    cards: tuple[int, ...]
    shared: int
    start: int
    size: int

    def projection(self, scope: Sequence[int]) -> Ints:
        """For each entry of its table, the entry of a table over `scope` (axes in that order) that agrees with it."""
        return projection(self.cards, tuple(self.scope.index(variable) for variable in scope))


@dataclass(frozen=True, eq=False)
class Tables:
    """The tables of some cliques, stored consecutively.

    `cards[v]` is the number of states of variable v, `scopes` are the cliques' axes, of which the first `shared` are
    also the parent's; each table starts at `start` and has `size` entries.
    """

    cards: Ints
    scopes: Scopes
    shared: Ints
    start: Ints
    size: Ints

    @classmethod
    def of(cls, trees: Sequence[JunctionTree], cards: Sequence[int]) -> Tables:
        """The tables of these trees."""
        states = np.array(cards, dtype=np.int64)
        scopes = Scopes.of([clique for tree in trees for clique in tree.cliques])
        size = np.multiply.reduceat(states[scopes.variables], scopes.start[:-1])
        shared = np.array([shared for tree in trees for shared in tree.shared], dtype=np.int64)
        return cls(states, scopes, shared, np.cumsum(size) - size, size)

    @cached_property
    def cliques(self) -> tuple[Clique, ...]:
        """Each clique by itself."""
        cards, bounds, variables = self.cards.tolist(), self.scopes.start.tolist(), self.scopes.variables.tolist()
        found = []
        for first, last, *numbers in zip(
            bounds, bounds[1:], self.shared.tolist(), self.start.tolist(), self.size.tolist(), strict=False
        ):
            scope = tuple(variables[first:last])
            found.append(Clique(scope, tuple([cards[v] for v in scope]), *numbers))
        return tuple(found)

    def homes(self, scopes: Scopes) -> Ints:
        """For each scope the row of the smallest clique that contains it, the first of several."""
        return homes(
            self.scopes.start, self.scopes.variables, self.size, *self._holding, scopes.start, scopes.variables
        )

    def maps(self, rows: Ints, scopes: Scopes) -> tuple[Ints, Codes]:
        """Where the map from the clique in each row to a table over each scope starts; and all the maps."""
        return shared_maps(self.scopes.start, self.scopes.variables, self.cards, rows, scopes.start, scopes.variables)

    def separators(self, rows: Ints) -> Scopes:
        """The variables that the cliques in some rows share with their parents."""
        number = self.shared[rows]
        start = np.concatenate([[0], np.cumsum(number)])
        at = np.arange(start[-1]) + np.repeat(self.scopes.start[rows] - start[:-1], number)
        return Scopes(start, self.scopes.variables[at])

    @cached_property
    def _holding(self) -> tuple[Ints, Ints]:
        return self.scopes.holding(len(self.cards))


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """How to run a pass over one or more junction trees; variables are numbered locally from 0.

    `leaf_start[v]` is where the states of variable v begin among the leaves, which are also the entries of the
    marginals. `trees` has the rows [first, last) of each tree's cliques, and `leaf_row[v]` is v's row in `leaf_codes`,
    `tree_of[v]` its tree.
    """

    tables: Tables
    leaf_start: Ints
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
    def layout(self) -> Layout:
        """The arrays that the kernels use."""
        return self.codes, self.leaf_codes, self.maps, self.trees

    @property
    def leaves(self) -> int:
        """The total number of states of all variables."""
        return int(self.leaf_start[-1])

    @property
    def cliques(self) -> tuple[Clique, ...]:
        """Each clique by itself."""
        return self.tables.cliques

    def home(self, scope: Sequence[int]) -> Clique:
        """The smallest clique that contains the scope, the first of several."""
        return self.cliques[self.home_row(scope)]

    def home_row(self, scope: Sequence[int]) -> int:
        """The row of that clique."""
        return int(self.tables.homes(Scopes.of([scope]))[0])


def projection(cards: tuple[int, ...], positions: tuple[int, ...]) -> Ints:
    """For each entry of a table of this shape, its entry in the table over the axes at `positions`."""
    index = np.zeros(cards, dtype=np.int64)
    stride = 1
    for position in reversed(positions):
        along = [1] * len(cards)
        along[position] = cards[position]
        index += stride * np.arange(cards[position]).reshape(along)
        stride *= cards[position]
    return index.ravel()


def table_entries(trees: Iterable[JunctionTree], cards: Sequence[int]) -> int:
    """The total number of table entries of these trees: the cost of a pass, known in advance."""
    return sum(prod([cards[v] for v in clique]) for tree in trees for clique in tree.cliques)


def plan(trees: Sequence[JunctionTree], cards: Sequence[int]) -> Plan:
    """The plan of one pass over all the trees; `cards[v]` is how many states variable v has."""
    tables = Tables.of(trees, cards)
    number, variables = len(tables.size), np.arange(len(cards))
    leaf_start = np.concatenate([[0], np.cumsum(tables.cards)])
    home = tables.homes(Scopes.alone(variables))
    order = np.argsort(home, kind="stable")
    last = np.cumsum([len(tree.cliques) for tree in trees])
    first = np.concatenate([[0], last[:-1]])
    tree_of_clique = np.repeat(np.arange(len(trees)), last - first)
    above = first[tree_of_clique] + np.array([max(at, 0) for tree in trees for at in tree.parent])
    below = np.flatnonzero(above != np.arange(number))
    separators = tables.separators(below)
    at, maps = tables.maps(np.concatenate([home[order], above[below]]), Scopes.alone(order).then(separators))
    width = np.ones(number, dtype=np.int64)
    width[below] = np.multiply.reduceat(tables.cards[separators.variables], separators.start[:-1])
    # The first entry with another state has the distance of any two neighbours along the last axis.
    ones = np.append(np.flatnonzero(maps), len(maps))
    step = ones[np.searchsorted(ones, at)] - at
    codes = np.zeros((number, 12), dtype=np.uint32)
    codes[:, START], codes[:, SIZE], codes[:, BLOCK] = tables.start, tables.size, tables.size // width
    codes[:, MESSAGE], codes[:, WIDTH], codes[:, PARENT] = np.cumsum(width) - width, width, above
    codes[below, MAP], codes[below, STEP] = at[len(cards) :], step[len(cards) :]
    # A tree's cliques are in breadth-first order, so the children of one are adjacent, in their parents' order.
    children = np.bincount(above[below], minlength=number)
    codes[:, LAST_CHILD] = np.cumsum(children) + tree_of_clique + 1
    codes[:, FIRST_CHILD] = codes[:, LAST_CHILD] - children
    codes[:, FIRST_LEAF] = np.searchsorted(home[order], np.arange(number))
    codes[:, LAST_LEAF] = np.searchsorted(home[order], np.arange(number), side="right")
    leaf_codes = np.stack(
        [order, leaf_start[order], tables.cards[order], at[: len(cards)], step[: len(cards)], home[order]], axis=1
    )
    return Plan(
        tables=tables,
        leaf_start=leaf_start,
        entries=int(tables.size.sum()),
        message_entries=int(width.sum()),
        width=int(np.diff(tables.scopes.start).max()) - 1,
        codes=codes,
        leaf_codes=leaf_codes.astype(np.uint32),
        leaf_row=np.argsort(order).astype(np.uint32),
        tree_of=tree_of_clique[home].astype(np.uint32),
        maps=maps,
        trees=np.stack([first, last], axis=1).astype(np.uint32),
    )
