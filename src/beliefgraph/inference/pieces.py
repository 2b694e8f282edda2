"""Contributions of items to a target, merged by piece of evidence and by kind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from beliefgraph.inference.arrays import Flags, Floats, Ints, Narrow
from beliefgraph.inference.kernels.pieces import PIECE, merge

IN_ORDER = 8
"""A sum of more numbers than these is made by pairs, as numpy does."""


@dataclass(frozen=True, slots=True)
class Merged:
    """Pieces of evidence in the order of their items: the contribution of each, its first row, and the row after its
    last.
    """

    share: Floats
    first: Narrow
    end: Narrow

    @property
    def long(self) -> Ints:
        """The pieces of which `share` is not yet the sum by pairs, and some others."""
        return np.flatnonzero(self.end - self.first > IN_ORDER)


@dataclass(frozen=True, slots=True)
class Kinds:
    """Items by kind: their number, their summed contribution, and the row of the greatest; kinds without items are
    left out.

    Items of one kind have groups of one kind, and all or none of them contribute more than 0.
    """

    number: Ints
    total: Floats
    weightiest: Ints


class Merging:
    """A pass over blocks in order; `kind` is the kind of every group, and `items` the most items there are."""

    def __init__(self, kind: Ints, items: int) -> None:
        self._kind = kind
        self._place = np.array([-1, -1], dtype=np.int64)
        self._evidence, self._sums = np.zeros(2, dtype=np.uint64), np.zeros(2)
        self._pieces = Merged(np.empty(items), np.empty(items, dtype=np.int32), np.empty(items, dtype=np.int32))
        kinds = 2 * (int(kind.max(initial=-1)) + 1)
        self._kinds = Kinds(np.zeros(kinds, dtype=np.int64), np.zeros(kinds), np.zeros(kinds, dtype=np.int64))
        self._greatest = np.full(kinds, -1.0)

    def block(
        self, begin: int, contribution: Floats, group: Narrow, begins: Flags, evidence: npt.NDArray[np.uint64]
    ) -> None:
        """Add the items of a block from row `begin` on, given what each contributes, NaN if it does not count.

        `begins` flags the items whose evidence differs from that of the one before.
        """
        pieces, kinds = self._pieces, self._kinds
        merge(
            begin, contribution, group, begins, evidence, self._kind, self._place, self._evidence, self._sums,
            pieces.share, pieces.first, pieces.end, kinds.number, kinds.total, self._greatest, kinds.weightiest,
        )  # fmt: skip

    @property
    def of_kinds(self) -> tuple[Ints, Ints, Floats, Ints]:
        """The kind of every group, and of every kind the number, the greatest size, and its row, all found so far."""
        return self._kind, self._kinds.number, self._greatest, self._kinds.weightiest

    @property
    def merged(self) -> Merged:
        """The pieces of evidence."""
        found, every = int(self._place[PIECE]) + 1, self._pieces
        return Merged(every.share[:found], every.first[:found], every.end[:found])

    @property
    def kinds(self) -> Kinds:
        """The kinds, in order."""
        every = self._kinds
        used = np.flatnonzero(every.number)
        return Kinds(every.number[used], every.total[used], every.weightiest[used])
