"""The contribution of every piece of evidence to one belief, in log-odds. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from beliefgraph.inference import GRID, Influence
from beliefgraph.inference.reliability.statements import sums
from beliefgraph.services.definitions.layout import Unit
from beliefgraph.services.derivation.derive import Derivation
from beliefgraph.services.twin.bearings import Bearings
from beliefgraph.services.twin.blocks import Codes, Floats, Ids, Ints, unpacked


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
        derived, bearings = self.derived, self.derived.state.bearings
        reaches, weight = self._weights
        heading, headings = derived.reach.heading[reaches], len(derived.position)
        any_of = np.zeros(headings, dtype=np.bool_)
        any_of[heading] = True
        rows, shares = derived.counted.spread(any_of, sums(heading, weight, headings))
        return Pieces.of(bearings, rows, shares)

    @cached_property
    def arriving(self) -> tuple[Ints, Floats]:
        """The positions with evidence that reaches the belief, and the total contribution from each position."""
        reach, (reaches, weight) = self.derived.reach, self._weights
        counted, heading, position = self.derived.counted.sums, reach.heading[reaches], reach.position[reaches]
        said = (counted.rising[heading] - counted.falling[heading]) / GRID
        return np.unique(position), sums(position, said * weight, len(self.derived.layout.ids))

    @cached_property
    def _weights(self) -> tuple[Ints, Floats]:
        """The rows of the reach that lead to the belief, and the contribution per nat of evidence in each."""
        place = self.place[self.derived.reach.position]
        reaches = np.flatnonzero(place >= 0)
        return reaches, self.derived.heard.share[reaches] * self.influence.gradient[place[reaches]]

    @cached_property
    def place(self) -> Ints:
        """The model's variable for every position of the layout, -1 if it has none."""
        found = np.full(len(self.derived.layout.ids), -1, dtype=np.int64)
        found[self.positions] = np.arange(len(self.positions))
        return found


@dataclass(frozen=True)
class Pieces:
    """Pieces of evidence, each with all the bearings by which it reaches a belief, in the order of the bearings' rows.

    `shares` is by bearing: its part of the move from prior to posterior, in log-odds; `heading` is the bearing's. The
    bearings of piece k are `start[k]` up to `start[k + 1]`, and `share[k]` is their sum.
    """

    rows: Ints
    heading: Codes
    shares: Floats
    evidence: Ids
    start: Ints
    share: Floats

    @classmethod
    def of(cls, bearings: Bearings, rows: Ints, shares: Floats) -> Pieces:
        """Bearings grouped by evidence: the bearings of one event and source are consecutive."""
        if not len(rows):
            none = np.zeros(1, dtype=np.int64)
            return cls(rows, np.zeros(0, np.int32), shares, np.zeros((0, 2), np.uint64), none, np.zeros(0))
        evidence, heading = bearings.column("evidence", rows), bearings.column("heading", rows)
        high, low = evidence[:, 0], evidence[:, 1]
        begins = (high[1:] != high[:-1]) | (low[1:] != low[:-1])
        first = np.concatenate(([0], 1 + np.flatnonzero(begins)))
        return cls(rows, heading, shares, evidence[first], np.append(first, len(rows)), np.add.reduceat(shares, first))

    def of_piece(self, piece: int) -> Ints:
        """The bearings of a piece, as indices."""
        return np.arange(self.start[piece], self.start[piece + 1])

    def ids(self, pieces: Sequence[int] | Ints) -> list[str]:
        """The ids of the evidence of some pieces."""
        return unpacked(self.evidence[pieces])


def ranked(share: Floats, ids: Ids, most: int, least: float = 0.0, after: tuple[float, Ids] | None = None) -> Ints:
    """Indices of the greatest shares, at most `most`: those of at least the size `least` that follow `after`.

    `after` is the size of a share and its id; equal sizes are ordered by id.
    """
    size = np.abs(share)
    fits = size >= least
    if after is not None:
        edge, last = after
        later = (ids[:, 0] > last[0]) | ((ids[:, 0] == last[0]) & (ids[:, 1] > last[1]))
        fits &= (size < edge) | ((size == edge) & later)
    found = np.flatnonzero(fits)
    if len(found) > most:
        among = size[found]
        found = found[among >= np.partition(among, len(found) - most)[len(found) - most]]
    order = np.lexsort((ids[found, 1], ids[found, 0], -size[found]))
    return np.asarray(found[order][:most])


def influenced(derived: Derivation, target: int) -> Influenced:
    """The belief at a position, in a model that has an answer."""
    return Influenced(derived, *derived.layout.unit_of(target))
