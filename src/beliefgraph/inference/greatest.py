"""The pieces of evidence that contribute most to a target, among very many. See `kernels/greatest.py`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from beliefgraph.inference.arrays import Flags, Floats, Ints, Narrow
from beliefgraph.inference.items import Items, Spread
from beliefgraph.inference.kernels import greatest as kernels
from beliefgraph.inference.pieces import Merged, Merging

SEEDS = 4
"""Runs whose strongest item is weighed with its piece, for every piece that is wanted: they set the least share."""

SAMPLED_RUNS, SAMPLED = 32, 64
"""Runs of which more items are weighed with their pieces, those of the greatest bounds, and how many of each."""

SEARCHED = 0.25
"""Share of the items in the runs that are searched; if it were more, weighing all items takes less time."""

SLACK = 1.0 - 1e-9
"""Covers the rounding of sums in another order."""


class PieceShape(NamedTuple):
    """The most items of a piece of a block, and whether the items of each piece are of different groups."""

    longest: int
    distinct: bool

    @classmethod
    def of(cls, begins: Flags, group: Narrow) -> PieceShape:
        """That of a block, given which items begin a piece."""
        longest, distinct = kernels.pieces_in(begins, group)
        return cls(int(longest), bool(distinct))


@dataclass(frozen=True, slots=True)
class _Bounded:
    """A block with the greatest size of a contribution in every run and its row, and the same of each item in none."""

    begin: int
    items: Items
    begins: Flags
    shape: PieceShape
    bound: Floats
    row: Narrow
    others: Ints
    size: Floats

    def seeds(self, edge: float, sampled: float) -> Ints:
        """Rows of great items: the strongest of runs from the bound `edge` on, and more of those from `sampled` on."""
        runs = self.items.runs
        assert runs is not None
        rows: list[Ints] = [self.row[self.bound >= edge].astype(np.int64), self.others[self.size >= edge]]
        for r in np.flatnonzero(self.bound >= sampled)[:SAMPLED_RUNS].tolist():
            low, high = int(runs.start[r]), int(runs.start[r + 1])
            rows.append(runs.order[low : high : max(1, (high - low) // SAMPLED)].astype(np.int64))
        return np.concatenate(rows)

    def least(self, share: float) -> tuple[Floats, float]:
        """The least size of an item in every run, and of one in none, in a piece that contributes at least `share`."""
        runs, longest = self.items.runs, self.shape.longest
        assert runs is not None
        equal = share / longest * SLACK
        found = np.full(len(self.bound), equal)
        if self.shape.distinct and not len(self.others) and len(found):
            of_group = np.zeros(int(runs.group.max()) + 1)
            np.maximum.at(of_group, runs.group, self.bound)
            first = int(of_group.argmax())
            greatest, of_group[first] = of_group[first], 0.0
            beside = np.where(runs.group == first, of_group.max(), greatest)
            np.maximum(found, share * SLACK - (longest - 1) * beside, out=found)
        return found, equal


@dataclass(frozen=True, slots=True)
class _Search:
    """A block, and the least size that an item of every run and one of no run must have to be looked at."""

    block: _Bounded
    of_runs: Floats
    of_others: float

    @property
    def rows(self) -> int:
        """How many rows are in the runs to be searched."""
        runs = self.block.items.runs
        assert runs is not None
        return int((runs.start[1:] - runs.start[:-1])[self.block.bound >= self.of_runs].sum())


class Greatest:
    """The greatest pieces of blocks that `Spread.is_whole`; the kinds of their items are added to `merging`."""

    def __init__(self, spread: Spread, merging: Merging) -> None:
        self._spread, self._merging = spread, merging
        self._blocks: list[_Bounded] = []

    def block(self, begin: int, items: Items, begins: Flags, shape: PieceShape) -> None:
        """Add a block from row `begin` on, given which rows begin a piece, and the shape of its pieces."""
        runs, spread, kinds = items.runs, self._spread, self._merging.of_kinds
        assert runs is not None
        bound, row = np.empty(len(runs.group)), np.empty(len(runs.group), dtype=np.int32)
        kernels.bounds(
            spread.at, begin, runs.start, runs.group, runs.falls, runs.period, runs.order, runs.force, runs.fresh,
            runs.strongest, runs.weakest, items.valid_from, *spread.reaching, *kinds, bound, row,
        )  # fmt: skip
        others, size = runs.others, np.zeros(0)
        if len(others):
            part = items.take(others)
            found = spread.each(part)
            kernels.kinds_of_rows(begin, others, found, part.group, *kinds)
            size = np.nan_to_num(np.abs(found), nan=-1.0)
        self._blocks.append(_Bounded(begin, items, begins, shape, bound, row, others, size))

    def found(self, known: Merged, most: int) -> Merged | None:
        """At least the `most` greatest pieces of these blocks and of those `known`, in the order of their rows.

        None if there are fewer, or if more than a share of the items would have to be searched.
        """
        least = self._least(known, most)
        if least <= 0.0:
            return None
        searches = [_Search(block, *block.least(least)) for block in self._blocks]
        if sum(each.rows for each in searches) > SEARCHED * sum(len(block.begins) for block in self._blocks):
            return None
        kept = np.flatnonzero(np.abs(known.share) >= least)
        parts = [Merged(known.share[kept], known.first[kept], known.end[kept])]
        parts += [self._search(each, least) for each in searches]
        first = np.concatenate([each.first for each in parts])
        order = np.argsort(first, kind="stable")
        share, end = np.concatenate([each.share for each in parts]), np.concatenate([each.end for each in parts])
        return Merged(share[order], first[order], end[order])

    def _least(self, known: Merged, most: int) -> float:
        """A share that at least `most` pieces reach, from those of the strongest items; 0 if they are fewer."""
        sizes = np.concatenate([each for block in self._blocks for each in (block.bound, block.size)])
        edge, sampled = _greatest(sizes, SEEDS * most), _greatest(sizes, SAMPLED_RUNS)
        seeds = [self._pieces_at(block, block.seeds(edge, sampled)) for block in self._blocks]
        share = np.abs(np.concatenate([known.share, *(each.share for each in seeds)]))
        if len(share) < most:
            return 0.0
        return float(np.partition(share, len(share) - most)[len(share) - most]) * SLACK

    def _search(self, search: _Search, least: float) -> Merged:
        block, items, runs, rows = search.block, search.block.items, search.block.items.runs, search.rows
        assert runs is not None
        share, first, end = np.empty(rows), np.empty(rows, dtype=np.int32), np.empty(rows, dtype=np.int32)
        number = kernels.pieces_of_runs(
            self._spread.at, least, search.of_runs, runs.start, runs.group, runs.period, runs.order, runs.force,
            runs.fresh, block.bound, block.begins, items.group, items.log_likelihood_ratio, items.strength,
            items.period, items.valid_from, *self._spread.reaching, share, first, end,
        )  # fmt: skip
        others = self._pieces_at(block, block.others[block.size >= search.of_others])
        great = np.abs(others.share) >= least
        return _distinct(
            np.concatenate([share[:number], others.share[great]]),
            np.concatenate([first[:number] + block.begin, others.first[great]]),
            np.concatenate([end[:number] + block.begin, others.end[great]]),
        )

    def _pieces_at(self, block: _Bounded, rows: Ints) -> Merged:
        """The pieces that some rows of a block belong to."""
        items, size = block.items, len(rows)
        share, first, end = np.empty(size), np.empty(size, dtype=np.int32), np.empty(size, dtype=np.int32)
        kernels.pieces_at(
            self._spread.at, rows, block.begins, items.group, items.log_likelihood_ratio,
            items.strength, items.period, items.valid_from, *self._spread.reaching, share, first, end,
        )  # fmt: skip
        return _distinct(share, first + block.begin, end + block.begin)


def _greatest(sizes: Floats, number: int) -> float:
    """The least of so many greatest sizes; 0 if it is below that."""
    place = max(0, len(sizes) - number)
    return max(0.0, float(np.partition(sizes, place)[place])) if len(sizes) else 0.0


def count_pieces(begins: Flags, group: Narrow, reaches: Flags) -> int:
    """The number of pieces of a block with an item whose group reaches a target."""
    return int(kernels.count_pieces(begins, group, reaches))


def _distinct(share: Floats, first: Narrow, end: Narrow) -> Merged:
    once = np.unique(first, return_index=True)[1]
    return Merged(share[once], first[once].astype(np.int32), end[once].astype(np.int32))
