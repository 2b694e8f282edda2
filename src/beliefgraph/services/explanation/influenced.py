"""The contribution of every piece of evidence to one belief, in log-odds. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from beliefgraph.inference import GRID, Influence, Kinds
from beliefgraph.inference.reliability.statements import sums
from beliefgraph.services.definitions.layout import Unit
from beliefgraph.services.derivation.counted import Counted, MergedRows
from beliefgraph.services.derivation.derive import Derivation, distinct
from beliefgraph.services.twin.blocks import Bools, Codes, Floats, Ids, Ints, unpacked

STRIDE = 1_024
"""Sizes whose greatest is looked at first: all but a few of the others cannot be among the greatest."""


@dataclass(frozen=True)
class Influenced:
    """One belief in its joint model.

    `positions` are those of the model's variables, `column` is the index of the belief among them.
    """

    derived: Derivation
    unit: Unit
    positions: npt.NDArray[np.int64]
    column: int

    @cached_property
    def influence(self) -> Influence:
        """The response of the belief to evidence on any other."""
        return self.unit.model.influence(self.column, self.derived.log_likelihood[self.positions])

    @cached_property
    def pieces(self) -> Pieces:
        """The evidence that reaches the belief."""
        reaches, weights, kind = self._by_heading
        counted = self.derived.counted
        return Pieces.of(counted, reaches, weights, counted.merged(reaches, weights, kind))

    def greatest(self, most: int) -> Pieces:
        """The evidence that reaches the belief; if there is very much, at least the `most` greatest pieces of it."""
        reaches, weights, kind = self._by_heading
        counted = self.derived.counted
        found = counted.greatest(reaches, weights, kind, most)
        return self.pieces if found is None else Pieces.of(counted, reaches, weights, found)

    @cached_property
    def _by_heading(self) -> tuple[Bools, Floats, Ints]:
        """Whether each heading reaches the belief, the contribution per nat of evidence under it, and its kind."""
        derived, groups = self.derived, self.derived.state.bearings.register.groups
        rows, weight = self._weights
        heading, headings = derived.reach.heading[rows], len(derived.position)
        reaches = np.zeros(headings, dtype=np.bool_)
        reaches[heading] = True
        alike = (groups.source * len(derived.layout.ids) + derived.position) * 2 + groups.correction
        return reaches, sums(heading, weight, headings), np.unique(alike, return_inverse=True)[1]

    @property
    def headings(self) -> Ints:
        """The headings of the evidence that reaches the belief."""
        return distinct(self.derived.reach.heading[self._weights[0]])

    @cached_property
    def arriving(self) -> tuple[Ints, Floats]:
        """The positions with evidence that reaches the belief, and the total contribution from each position."""
        reach, (reaches, weight) = self.derived.reach, self._weights
        counted, heading, position = self.derived.counted.sums, reach.heading[reaches], reach.position[reaches]
        net = (counted.rising[heading] - counted.falling[heading]) / GRID
        return np.unique(position), sums(position, net * weight, len(self.derived.layout.ids))

    @cached_property
    def _weights(self) -> tuple[Ints, Floats]:
        """The rows of the reach that lead to the belief, and the contribution per nat of evidence in each."""
        place = self.place[self.derived.reach.position]
        reaches = np.flatnonzero(place >= 0)
        return reaches, self.derived.combined.share[reaches] * self.influence.gradient[place[reaches]]

    @cached_property
    def place(self) -> Ints:
        """The model's variable for every position of the layout, -1 if it has none."""
        found = np.full(len(self.derived.layout.ids), -1, dtype=np.int64)
        found[self.positions] = np.arange(len(self.positions))
        return found


@dataclass(frozen=True)
class Pieces:
    """Pieces of evidence, each with all the bearings by which it reaches a belief, in the order of the bearings' rows.

    They are all pieces, or at least the greatest of them; `number` and `total` are of all. `share` is the part of each
    piece in the move from prior to posterior, in log-odds. Its bearings are the rows from `first` up to `end` that
    count and reach the belief: those under the headings in `reaches`, each with the weight of its heading. `kinds` are
    the bearings by source, belief and stance (correction or not), for and against.
    """

    counted: Counted
    reaches: Bools
    weight: Floats
    share: Floats
    first: Codes
    end: Codes
    kinds: Kinds
    number: int
    total: float

    @classmethod
    def of(cls, counted: Counted, reaches: Bools, weight: Floats, found: MergedRows) -> Pieces:
        """The bearings merged by evidence: those of one event and source are consecutive."""
        merged = found.pieces
        pieces = cls(
            counted, reaches, weight, merged.share, merged.first, merged.end, found.kinds, found.number, found.total
        )
        if len(long := merged.long):
            _, shares, start = pieces.bearings(long)
            pieces.share[long] = np.add.reduceat(shares, start[:-1])
        return pieces

    def bearings(self, pieces: Ints) -> tuple[Ints, Floats, Ints]:
        """The rows of the bearings of some pieces, and the share of each.

        Those of the n-th of these pieces are `start[n]` up to `start[n + 1]`, the last result.
        """
        first = self.first[pieces].astype(np.int64)
        length = self.end[pieces] - first
        of = np.repeat(np.arange(len(pieces)), length)
        rows = np.arange(len(of)) - np.repeat(np.cumsum(length) - length - first, length)
        counts, shares = self.counted.contributions(rows, self.reaches, self.weight)
        start = np.concatenate(([0], np.cumsum(np.bincount(of[counts], minlength=len(pieces)))))
        return rows[counts], shares[counts], start

    def headings(self) -> Codes:
        """The heading of the first bearing of each piece."""
        return self.counted.bearings.column("heading", self.first) if len(self.first) else self.first

    def evidence(self, pieces: Ints) -> Ids:
        """The evidence of some pieces, in the given order."""
        if not len(pieces):
            return np.zeros((0, 2), dtype=np.uint64)
        rows = self.first[pieces]
        order = np.argsort(rows, kind="stable")
        found = np.empty((len(rows), 2), dtype=np.uint64)
        found[order] = self.counted.bearings.column("evidence", rows[order])
        return found

    def ids(self, pieces: Ints) -> list[str]:
        """The ids of the evidence of some pieces."""
        return unpacked(self.evidence(pieces))


def ranked(
    share: Floats,
    evidence: Callable[[Ints], Ids],
    most: int,
    least: float = 0.0,
    after: tuple[float, Ids] | None = None,
) -> Ints:
    """Indices of the greatest shares, at most `most`: those of at least the size `least` that follow `after`.

    `evidence` returns the ids for some indices. `after` is the size of a share and its id; equal sizes are ordered by
    id.
    """
    size = np.abs(share)
    if after is not None:
        edge, last = after
        alike = np.flatnonzero(size == edge)
        ids = evidence(alike)
        size[alike[(ids[:, 0] < last[0]) | ((ids[:, 0] == last[0]) & (ids[:, 1] <= last[1]))]] = -1.0
        size[size > edge] = -1.0
    found = np.flatnonzero(size >= max(least, _within(size, most)))
    if len(found) > most:
        among = size[found]
        found = found[among >= np.partition(among, len(found) - most)[len(found) - most]]
    ids = evidence(found)
    order = np.lexsort((ids[:, 1], ids[:, 0], -size[found]))
    return np.asarray(found[order][:most])


def _within(size: Floats, most: int) -> float:
    """A size that at least `most` of these reach, since the greatest of as many strides do; 0 if there are fewer."""
    strides = len(size) // STRIDE
    if strides < most:
        return 0.0
    greatest = size[: strides * STRIDE].reshape(strides, STRIDE).max(axis=1)
    return max(0.0, float(np.partition(greatest, strides - most)[strides - most]))


def influenced(derived: Derivation, target: int) -> Influenced:
    """The belief at a position, in a model that has an answer."""
    return Influenced(derived, *derived.layout.unit_of(target))
