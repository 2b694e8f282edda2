"""Items of evidence as columns, summed by group at one moment: the input of `combine_groups` for very many items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property, lru_cache

import numpy as np

from beliefgraph.inference.arrays import Bools, Flags, Floats, Ints, Narrow
from beliefgraph.inference.kernels import items as kernels
from beliefgraph.inference.kernels.items import GRID

NO_ROWS: Ints = np.zeros(0, dtype=np.int64)

MOST_UNSEEN = 4
"""If more than one in this many items of a block are not visible to a rev, the block is visited item by item; otherwise
the invisible items are subtracted."""


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums of the items of each group, as integers; all of shape [groups].

    A group is some items of one source on one belief by one origin. In quanta of 1/GRID nats: `rising` and `falling`,
    the sums of its items for and against the belief, aged; `fresh_rising` and `fresh_falling`, the same without ageing.
    `left` is the number of items as aged, in quanta of 1/GRID items, and `items` their number.
    """

    rising: Ints
    falling: Ints
    left: Ints
    fresh_rising: Ints
    fresh_falling: Ints
    items: Ints

    def of(self, groups: Ints) -> Sums:
        """The sums of some groups."""
        return Sums(*(getattr(self, each.name)[groups] for each in fields(self)))


@dataclass(frozen=True)
class Items:
    """Items as columns of one length, with the terms of `kernels/items.py`; times in whole microseconds.

    `group` is the group of each; an item is visible to the revs in [rev_from, rev_to), and counts during [valid_from,
    valid_to). `log_likelihood_ratio` is within its bound.
    """

    group: Narrow
    log_likelihood_ratio: Floats
    strength: Floats
    period: Ints
    valid_from: Ints
    valid_to: Ints
    rev_from: Narrow
    rev_to: Narrow
    runs: ItemRuns | None = None

    @cached_property
    def revs(self) -> tuple[int, int, int]:
        """The first and the last rev that opened an item, and the first one that closed one."""
        return int(self.rev_from.min()), int(self.rev_from.max()), int(self.rev_to.min())

    @cached_property
    def latest(self) -> int:
        """The last time at which an item begins to count."""
        return int(self.valid_from.max())

    def take(self, rows: Ints) -> Items:
        """Some of the items, without runs."""
        return Items(*(getattr(self, each.name)[rows] for each in fields(self)[:-1]))


@dataclass(frozen=True, slots=True)
class ItemRuns:
    """Most items of a block in the order of their groups, signs and times, with the terms of `kernels/items.py`.

    `others` are the rows of items in no run, because they end or are too strong. `strongest` is the entry with the
    greatest force in each run, `weakest` the least force. Visibility to revs is not stored here, so the runs stay valid
    when an item is closed.
    """

    start: Ints
    group: Narrow
    falls: Flags
    period: Ints
    order: Narrow
    force: Floats
    fresh: Ints
    others: Ints
    strongest: Narrow
    weakest: Floats

    @classmethod
    def of(cls, items: Items, half: Ints) -> ItemRuns:
        """The runs of some items, given the half-life of every group."""
        llr = items.log_likelihood_ratio
        steady = (items.valid_to == np.iinfo(np.int64).max) & (np.abs(llr) <= kernels.STRONG)
        rows = np.flatnonzero(steady)
        rows = rows[np.argsort(items.valid_from[rows], kind="stable")]
        kind = 2 * items.group[rows] + (llr[rows] < 0)
        narrow = np.uint16 if kind.max(initial=0) < 2**16 else kind.dtype  # 16-bit keys are sorted in one radix pass
        by_kind = np.argsort(kind.astype(narrow), kind="stable")
        rows, kind = rows[by_kind], kind[by_kind]
        period = np.where(half[kind // 2] == 0, 0, items.period[rows])
        changed = (np.diff(kind, prepend=-1) != 0) | (np.diff(period, prepend=0) != 0)
        begin = np.flatnonzero(changed)
        force = items.strength[rows]
        strongest = np.zeros(0, dtype=np.int64)
        if len(begin):
            run = np.repeat(np.arange(len(begin)), np.diff(begin, append=len(rows)))
            is_greatest = np.flatnonzero(force == np.maximum.reduceat(force, begin)[run])
            strongest = is_greatest[np.unique(run[is_greatest], return_index=True)[1]]
        return cls(
            start=np.append(begin, len(rows)),
            group=kind[begin] // 2,
            falls=(kind[begin] % 2).astype(np.uint8),
            period=period[begin],
            order=rows.astype(np.int32),
            force=force,
            fresh=np.concatenate([[0], np.cumsum(np.abs(quantised(llr[rows])))]),
            others=np.flatnonzero(~steady),
            strongest=strongest.astype(np.int32),
            weakest=np.minimum.reduceat(force, begin) if len(begin) else force,
        )

    def rows_of(self, groups: Bools) -> Ints:
        """The rows of some groups, as far as they are in runs."""
        runs = np.flatnonzero(groups[self.group])
        parts = [self.order[self.start[r] : self.start[r + 1]] for r in runs.tolist()]
        return np.concatenate(parts).astype(np.int64) if parts else NO_ROWS


@dataclass(frozen=True, slots=True)
class KeptShares:
    """Which share of the items of each group counts, by their start, with the terms of `kernels/items.py`."""

    follows: Narrow
    first: Ints
    edge: Ints
    keep: Floats

    @classmethod
    @lru_cache(64)
    def all(cls, groups: int) -> KeptShares:
        """Every item counts in full."""
        return cls(np.full(groups, -1, dtype=np.int32), np.zeros(1, np.int64), np.zeros(0, np.int64), np.zeros(0))

    @classmethod
    def steps(cls, follows: Narrow, steps: Sequence[tuple[Ints, Floats]]) -> KeptShares:
        """Step functions, each with times and the shares from then on; the first share also applies before."""
        first = np.cumsum([0, *(len(edge) for edge, _ in steps)], dtype=np.int64)
        edge, keep = (np.concatenate(each) for each in zip(*steps, strict=True))
        return cls(follows, first, edge, keep)

    def of(self, group: Narrow, since: Ints) -> Floats:
        """The share that counts of some items, by their groups and starts."""
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
        """The sums of the items that count."""
        return Sums(*(np.ascontiguousarray(self.table[:, i]) for i in range(kernels.BEGUN)))

    @property
    def begun(self) -> Ints:
        """How many of the items visible to the rev had begun by the moment."""
        return self.table[:, kernels.BEGUN]

    @property
    def open(self) -> Ints:
        """How many items are visible to the rev."""
        return self.table[:, kernels.OPEN]

    def add(self, at: int, items: Items, half: Ints, keeping: KeptShares | None = None) -> None:
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
    keeping: KeptShares | None = None,
) -> tuple[Totals, list[Ints]]:
    """The sums of all items that count at a moment, by group; and of each block, the rows of groups `apart`.

    `half` is the half-life of every group, in whole microseconds (0: never ages), `shared` flags the groups for which
    `left` is needed. Rows of groups `apart`, all that are visible to the rev, are only counted as begun and open. Leave
    out `keeping` if every item counts in full.
    """
    pass_ = _Pass(at, half, shared, apart, keeping)
    return Totals(pass_.table), [pass_.block(items, rev) for items in blocks]


class _Pass:
    """The sums of a pass over blocks at one moment; the arguments are those of `gather`."""

    def __init__(self, at: int, half: Ints, shared: Bools, apart: Bools, keeping: KeptShares | None) -> None:
        self.table = np.zeros((len(half), kernels.SUMS), dtype=np.int64)
        self._at, self._apart, self._any_apart = at, apart, bool(apart.any())
        ages, kept = _Ages.of(at, half), keeping or KeptShares.all(len(half))
        self._groups = (
            half, ages.whole, ages.rest, kept.follows, kept.first, kept.edge, kept.keep,
            shared.view(np.uint8), apart.view(np.uint8),
        )  # fmt: skip

    def block(self, items: Items, rev: int) -> Ints:
        """Add the items of a block that are visible to a rev, and return the rows of groups `apart`."""
        runs = items.runs
        if runs is None:
            return self._walk(items, rev, self.table)
        if items.revs[0] > rev:
            return NO_ROWS
        unseen = _unseen(items, runs, rev)
        if len(unseen) > len(runs.order) // MOST_UNSEEN:
            return self._walk(items, rev, self.table)
        kernels.gather_runs(
            self._at, runs.start, runs.group, runs.falls, runs.period, runs.order, runs.force, runs.fresh,
            items.log_likelihood_ratio, items.valid_from, *self._groups, self.table,
        )  # fmt: skip
        if len(unseen):
            less = np.zeros_like(self.table)
            gone = items.take(unseen)
            self._walk(replace(gone, rev_from=np.zeros_like(gone.rev_from), rev_to=np.ones_like(gone.rev_to)), 0, less)
            self.table -= less
        others = runs.others
        if len(others):
            others = others[self._walk(items.take(others), rev, self.table)]
        if not self._any_apart:
            return NO_ROWS
        rows = runs.rows_of(self._apart)
        return np.union1d(rows[~np.isin(rows, unseen)], others)

    def _walk(self, items: Items, rev: int, table: Ints) -> Ints:
        """Add the items visible to a rev to a table one by one, and return the rows of groups `apart`."""
        found = np.empty(len(items.group) if self._any_apart else 0, dtype=np.int64)
        number = kernels.gather(
            self._at, rev, items.group, items.log_likelihood_ratio, items.strength, items.period, items.valid_from,
            items.valid_to, items.rev_from, items.rev_to, *self._groups, table, found,
        )  # fmt: skip
        return found[:number]


def weigh(at: int, items: Items, half: Ints, keeping: KeptShares | None = None) -> tuple[Ints, Ints]:
    """The aged log-likelihood ratio and the aged count of each of these items, as if it counted; in quanta."""
    ages, kept = _Ages.of(at, half), keeping or KeptShares.all(len(half))
    quanta, left = np.empty(len(items.group), dtype=np.int64), np.empty(len(items.group), dtype=np.int64)
    kernels.weigh(
        at, items.group, items.log_likelihood_ratio, items.strength, items.period, items.valid_from,
        half, ages.whole, ages.rest, kept.follows, kept.first, kept.edge, kept.keep, quanta, left,
    )  # fmt: skip
    return quanta, left


class Spread:
    """What each item that counts at a moment contributes to a target: its aged value in nats, times a weight.

    The groups in `reaches` reach the target, each with its weight; the other arguments are those of `gather`.
    """

    def __init__(
        self, at: int, rev: int, half: Ints, reaches: Bools, weight: Floats, keeping: KeptShares | None = None
    ) -> None:
        self.at, self._rev, self._in_full = at, rev, keeping is None
        ages, kept = _Ages.of(at, half), keeping or KeptShares.all(len(half))
        ageing, self.reaches = (half, ages.whole, ages.rest), reaches.view(np.uint8)
        self.reaching = (*ageing, self.reaches, weight)
        self._groups = (*ageing, kept.follows, kept.first, kept.edge, kept.keep, self.reaches, weight)
        self._room = self._found = np.zeros(0)

    def block(self, items: Items) -> Floats:
        """The contributions of a block, NaN for items that do not count; the next block overwrites them."""
        size, runs = len(items.group), items.runs
        if len(self._found) < size:
            self._room, self._found = np.empty(size), np.empty(size)
        found = self._found[:size]
        if runs is None:
            return self._each(items, found)
        if items.revs[0] > self._rev:
            found.fill(np.nan)
            return found
        unseen = _unseen(items, runs, self._rev)
        if len(unseen) > len(runs.order) // MOST_UNSEEN:
            return self._each(items, found)
        found.fill(np.nan)
        kernels.spread_runs(
            self.at, runs.start, runs.group, runs.falls, runs.period, runs.order, runs.force, runs.fresh,
            items.log_likelihood_ratio, items.valid_from, *self._groups, self._room, found,
        )  # fmt: skip
        found[unseen] = np.nan
        if len(runs.others):
            found[runs.others] = self.each(items.take(runs.others))
        return found

    def is_whole(self, items: Items) -> bool:
        """Whether a block has runs, and all of its items count that reach the target."""
        if items.runs is None or not self._in_full:
            return False
        _, opened, closed = items.revs
        if not (opened <= self._rev < closed and items.latest <= self.at):
            return False
        return bool((items.valid_to[items.runs.others] > self.at).all())

    def each(self, items: Items) -> Floats:
        """The contributions of some items, NaN for those that do not count."""
        return self._each(items, np.empty(len(items.group)))

    def _each(self, items: Items, found: Floats) -> Floats:
        kernels.spread(
            self.at, self._rev, items.group, items.log_likelihood_ratio, items.strength, items.period,
            items.valid_from, items.valid_to, items.rev_from, items.rev_to, *self._groups, found,
        )  # fmt: skip
        return found


def _unseen(items: Items, runs: ItemRuns, rev: int) -> Ints:
    """The rows in runs that are not visible to a rev."""
    _, opened, closed = items.revs
    if opened <= rev < closed:
        return NO_ROWS
    unseen = (items.rev_from > rev) | (items.rev_to <= rev)
    unseen[runs.others] = False
    return np.flatnonzero(unseen)


@dataclass(frozen=True, slots=True)
class _Ages:
    """A moment in the half-lives of every group: `whole` ones since 1970, and 2^−(the remainder)."""

    whole: Ints
    rest: Floats

    @classmethod
    def of(cls, at: int, half: Ints) -> _Ages:
        size = np.maximum(half, 1)
        whole, over = np.divmod(np.int64(at), size)
        return cls(whole, np.exp2(-(over / size)))


def quantised(nats: Floats) -> Ints:
    """The nearest integer number of quanta."""
    return np.asarray(np.rint(nats * GRID).astype(np.int64))
