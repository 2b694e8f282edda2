"""Items of evidence as columns, summed by group at one moment: what `hear` takes of a twin that has very many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np

from beliefgraph.inference.arrays import Bools, Floats, Ints, Narrow
from beliefgraph.inference.kernels import items as kernels
from beliefgraph.inference.kernels.items import GRID


@dataclass(frozen=True, slots=True)
class Sums:
    """What the items of each group come to, as integers; all of shape [groups].

    A group is some items of one source on one belief by one origin. In quanta of 1/GRID nats: `rising` and `falling`,
    the sums of what its items say for and against the belief, aged; `fresh_rising` and `fresh_falling`, the same as if
    all of it were new. `left` is what is left of the items with age, in quanta of 1/GRID items, and
    `items` their number.
    """

    rising: Ints
    falling: Ints
    left: Ints
    fresh_rising: Ints
    fresh_falling: Ints
    items: Ints

    def of(self, groups: Ints) -> Sums:
        """Those of some groups."""
        return Sums(*(getattr(self, each.name)[groups] for each in fields(self)))


@dataclass(frozen=True, slots=True)
class Items:
    """Items as columns of one length, in the terms of `kernels/items.py`; times in whole microseconds.

    `group` numbers the group of each; an item is seen by the revs in [rev_from, rev_to), and says something in
    [valid_from, valid_to). `log_likelihood_ratio` is within its bound.
    """

    group: Narrow
    log_likelihood_ratio: Floats
    strength: Floats
    period: Ints
    valid_from: Ints
    valid_to: Ints
    rev_from: Narrow
    rev_to: Narrow


@dataclass(frozen=True, slots=True)
class Keeping:
    """How much of the items of each group is kept, by when they were said, in the terms of `kernels/items.py`."""

    follows: Narrow
    first: Ints
    edge: Ints
    keep: Floats

    @classmethod
    @lru_cache(64)
    def all(cls, groups: int) -> Keeping:
        """All of every item."""
        return cls(np.full(groups, -1, dtype=np.int32), np.zeros(1, np.int64), np.zeros(0, np.int64), np.zeros(0))

    @classmethod
    def steps(cls, follows: Narrow, steps: Sequence[tuple[Ints, Floats]]) -> Keeping:
        """By steps, each a row of times and what is kept from there on; the first also says it of what came before."""
        first = np.cumsum([0, *(len(edge) for edge, _ in steps)], dtype=np.int64)
        edge, keep = (np.concatenate(each) for each in zip(*steps, strict=True))
        return cls(follows, first, edge, keep)

    def of(self, group: Narrow, since: Ints) -> Floats:
        """How much is kept of some items, by their groups and when they were said."""
        kept = np.ones(len(group))
        follows = self.follows[group]
        for each in np.unique(follows[follows >= 0]).tolist():
            here, part = follows == each, slice(self.first[each], self.first[each + 1])
            step = np.maximum(np.searchsorted(self.edge[part], since[here], side="right") - 1, 0)
            kept[here] = self.keep[part][step]
        return kept


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums of a pass over items, shape [groups, kernels.SUMS]."""

    table: Ints

    @property
    def sums(self) -> Sums:
        """What the items that count come to."""
        return Sums(*(np.ascontiguousarray(self.table[:, i]) for i in range(kernels.BEGUN)))

    @property
    def begun(self) -> Ints:
        """How many of the items that the rev sees had begun by the moment."""
        return self.table[:, kernels.BEGUN]

    @property
    def open(self) -> Ints:
        """How many items the rev sees."""
        return self.table[:, kernels.OPEN]

    def add(self, at: int, items: Items, half: Ints, keeping: Keeping | None = None) -> None:
        """Add items, all of which count."""
        quanta, left = weigh(at, items, half, keeping)
        fresh = quantised(items.log_likelihood_ratio)
        one = np.ones_like(quanta)
        more = (np.maximum(quanta, 0), np.maximum(-quanta, 0), left, np.maximum(fresh, 0), np.maximum(-fresh, 0), one)
        for column, each in enumerate(more):
            np.add.at(self.table[:, column], items.group, each)


def gather(
    at: int,
    rev: int,
    blocks: Sequence[Items],
    half: Ints,
    shared: Bools,
    apart: Bools,
    keeping: Keeping | None = None,
) -> tuple[Totals, list[Ints]]:
    """The sums of all items that count at a moment, by group; and of each block, the rows of groups `apart`.

    `half` is the half-life of every group, in whole microseconds (0: never ages), `shared` says of which groups it
    matters how much is left of their items. Rows of groups `apart`, all that the rev sees, are only counted as begun
    and open. `keeping` is left out where all of every item is kept.
    """
    table, ages = np.zeros((len(half), kernels.SUMS), dtype=np.int64), _Ages.of(at, half)
    kept = keeping or Keeping.all(len(half))
    shared_flags, apart_flags, any_apart = shared.view(np.uint8), apart.view(np.uint8), bool(apart.any())
    rows = []
    for items in blocks:
        found = np.empty(len(items.group) if any_apart else 0, dtype=np.int64)
        number = kernels.gather(
            at, rev, items.group, items.log_likelihood_ratio, items.strength, items.period, items.valid_from,
            items.valid_to, items.rev_from, items.rev_to, half, ages.whole, ages.rest, kept.follows, kept.first,
            kept.edge, kept.keep, shared_flags, apart_flags, table, found,
        )  # fmt: skip
        rows.append(found[:number])
    return Totals(table), rows


def weigh(at: int, items: Items, half: Ints, keeping: Keeping | None = None) -> tuple[Ints, Ints]:
    """What each of these items says at a moment, as if it counted, and what is left of it; both in quanta."""
    ages, kept = _Ages.of(at, half), keeping or Keeping.all(len(half))
    quanta, left = np.empty(len(items.group), dtype=np.int64), np.empty(len(items.group), dtype=np.int64)
    kernels.weigh(
        at, items.group, items.log_likelihood_ratio, items.strength, items.period, items.valid_from,
        half, ages.whole, ages.rest, kept.follows, kept.first, kept.edge, kept.keep, quanta, left,
    )  # fmt: skip
    return quanta, left


def spread(
    at: int, rev: int, items: Items, half: Ints, reaches: Bools, weight: Floats, keeping: Keeping | None = None
) -> tuple[Ints, Floats]:
    """The items that a rev sees and that count at a moment, of the groups that reach something, by their rows.

    With each, what it says, in nats, times the weight of its group.
    """
    ages, rows = _Ages.of(at, half), np.empty(len(items.group), dtype=np.int64)
    kept, shares = keeping or Keeping.all(len(half)), np.empty(len(items.group))
    number = kernels.spread(
        at, rev, items.group, items.log_likelihood_ratio, items.strength, items.period, items.valid_from,
        items.valid_to, items.rev_from, items.rev_to, half, ages.whole, ages.rest, kept.follows, kept.first, kept.edge,
        kept.keep, reaches.astype(np.uint8), weight, rows, shares,
    )  # fmt: skip
    return rows[:number], shares[:number]


@dataclass(frozen=True, slots=True)
class _Ages:
    """A moment in the half-lives of every group: `whole` ones since 1970, and 2^−(what is left over)."""

    whole: Ints
    rest: Floats

    @classmethod
    def of(cls, at: int, half: Ints) -> _Ages:
        size = np.maximum(half, 1)
        whole, over = np.divmod(np.int64(at), size)
        return cls(whole, np.exp2(-(over / size)))


def quantised(nats: Floats) -> Ints:
    """The nearest whole number of quanta."""
    return np.asarray(np.rint(nats * GRID).astype(np.int64))
