"""Which bearings of a twin count at a moment, and their sums by heading. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from itertools import pairwise

import numpy as np

from beliefgraph.inference import (
    GRID,
    NO_ROWS,
    Greatest,
    KeptShares,
    Kinds,
    Merged,
    Merging,
    Spread,
    Sums,
    gather,
    weigh,
)
from beliefgraph.model import timeline
from beliefgraph.model.belief import Belief, BeliefKey
from beliefgraph.model.evidence import Bearing
from beliefgraph.model.time import microseconds, moment_of
from beliefgraph.services.twin.bearings import BearingBlock, Bearings, valid_at
from beliefgraph.services.twin.blocks import Bools, Floats, Ints


@dataclass(frozen=True)
class MergedRows:
    """Rows merged by piece of evidence and by kind; the number of all pieces, of which `pieces` may be some, and their
    sum.
    """

    pieces: Merged
    kinds: Kinds
    number: int
    total: float


@dataclass(frozen=True)
class Counted:
    """The bearings that count at `at`, in microseconds.

    `sums`, `begun` and `open` are by heading; `begun` counts the rows that had begun by then, `open` those visible at
    the rev. `apart` are the beliefs, by number in the register, on which corrections, retractions or changes decide
    what counts, and `decided` the rows that count there; none do for those that are `retracted`. `corrections` are the
    corrections among them. `changed` maps a belief's number to the time at which a change ended its earlier evidence.
    `keeping` gives the share of the items of each heading that is kept; None: all.
    """

    bearings: Bearings
    at: int
    sums: Sums
    begun: Ints
    open: Ints
    apart: Ints
    decided: Ints
    retracted: frozenset[int]
    corrections: tuple[Bearing, ...]
    changed: Mapping[int, int]
    keeping: KeptShares | None

    def changed_at(self, belief: str) -> datetime | None:
        """When a change ended earlier evidence on a belief, given its id; None if there was no such change or no such
        evidence.
        """
        beliefs = self.bearings.register.groups.beliefs
        since = next((at for number, at in self.changed.items() if beliefs[number] == belief), None)
        if since is None:
            return None
        block = self.bearings.take(self.bearings.on(belief))
        return moment_of(since) if (block.valid_from < since).any() else None

    @cached_property
    def _plain(self) -> Bools:
        """The headings of beliefs on which every valid bearing counts."""
        return ~np.isin(self.bearings.register.groups.belief, self.apart)

    def among(self, rows: Ints) -> Bools:
        """Which of some rows, all visible at the rev, count."""
        if not len(rows):
            return np.zeros(0, dtype=np.bool_)
        return self._among(rows, self.bearings.take(rows))

    def _among(self, rows: Ints, block: BearingBlock) -> Bools:
        return np.asarray((valid_at(block, self.at) & self._plain[block.heading]) | np.isin(rows, self.decided))

    def merged(self, reaches: Bools, weight: Floats, kind: Ints) -> MergedRows:
        """The rows that count under the headings in `reaches`, merged by evidence, and by the kind of their heading.

        Each contributes its value times the weight of its heading.
        """
        spread, merging = self._spread(reaches, weight), Merging(kind, self.bearings.starts[-1])
        for start, block, decided in zip(
            self.bearings.starts, self.bearings.blocks, self._decided(reaches, weight), strict=False
        ):
            _weigh_rows(start, block, decided, spread, merging)
        merged = merging.merged
        return MergedRows(merged, merging.kinds, len(merged.share), float(merged.share.sum()))

    def greatest(self, reaches: Bools, weight: Floats, kind: Ints, most: int) -> MergedRows | None:
        """The same with at least the `most` greatest contributions; None if it takes as long as finding all.

        Blocks in which every row counts that reaches the belief are not weighed row by row.
        """
        spread, blocks = self._spread(reaches, weight), self.bearings.blocks
        decided = self._decided(reaches, weight)
        whole = [
            not len(rows) and spread.is_whole(block.items) for block, (rows, _) in zip(blocks, decided, strict=True)
        ]
        for i, (block, after) in enumerate(pairwise(blocks)):
            if (block.evidence[-1] == after.evidence[0]).all():
                whole[i] = whole[i + 1] = False  # their rows may be one piece
        if not any(whole):
            return None
        merging = Merging(kind, sum(len(block) for block, each in zip(blocks, whole, strict=True) if not each))
        greatest, number = Greatest(spread, merging), 0
        for i, (start, block) in enumerate(zip(self.bearings.starts, blocks, strict=False)):
            if whole[i]:
                greatest.block(start, block.items, block.begins, block.shape)
                number += block.pieces(spread.reaches)
            else:
                _weigh_rows(start, block, decided[i], spread, merging)
        known = merging.merged
        merged = greatest.found(known, most)
        if merged is None:
            return None
        totals = self._totals(reaches, weight, kind)
        kinds = replace(merging.kinds, total=totals[np.flatnonzero(merging.of_kinds[1])])
        return MergedRows(merged, kinds, number + len(known.share), float(totals.sum()))

    def _spread(self, reaches: Bools, weight: Floats) -> Spread:
        half = self.bearings.register.groups.half
        return Spread(self.at, self.bearings.rev, half, reaches & self._plain, weight, self.keeping)

    def _decided(self, reaches: Bools, weight: Floats) -> list[tuple[Ints, Floats]]:
        """For every block, the `decided` rows that count under these headings, and what each contributes."""
        rows = np.sort(self.decided)
        counts, contributions = self.contributions(rows, reaches, weight)
        rows, contributions = rows[counts], contributions[counts]
        edges = np.searchsorted(rows, self.bearings.starts).tolist()
        return [(rows[first:end], contributions[first:end]) for first, end in pairwise(edges)]

    def _totals(self, reaches: Bools, weight: Floats, kind: Ints) -> Floats:
        """The sum of the contributions of every kind, those above 0 apart from the others."""
        found = np.zeros((int(kind.max(initial=-1)) + 1, 2))
        for nats in (self.sums.rising, -self.sums.falling):
            contribution = np.where(reaches, nats / GRID * weight, 0.0)
            np.add.at(found, (kind, (contribution > 0.0).astype(np.int64)), contribution)
        return found.ravel()

    def contributions(self, rows: Ints, reaches: Bools, weight: Floats) -> tuple[Bools, Floats]:
        """Which of some rows count under the headings in `reaches`, and what each contributes if it does."""
        if not len(rows):
            return np.zeros(0, dtype=np.bool_), np.zeros(0)
        block = self.bearings.take(rows)
        counts = block.seen(self.bearings.rev) & reaches[block.heading] & self._among(rows, block)
        heading, quanta, _ = self._weigh(block)
        return counts, quanta / GRID * weight[heading]

    def kept(self, rows: Ints) -> Floats:
        """The share of some rows that is kept, from 0 to 1: less than 1 for rows from before a change."""
        if self.keeping is None or not len(rows):
            return np.ones(len(rows))
        block = self.bearings.take(rows)
        return self.keeping.of(block.heading, block.valid_from)

    def weigh(self, rows: Ints) -> tuple[Ints, Ints, Ints]:
        """For rows that count: the heading, the value at the moment, and what is left of it; in quanta."""
        if not len(rows):
            return NO_ROWS, NO_ROWS, NO_ROWS
        return self._weigh(self.bearings.take(rows))

    def _weigh(self, block: BearingBlock) -> tuple[Ints, Ints, Ints]:
        quanta, left = weigh(self.at, block.items, self.bearings.register.groups.half, self.keeping)
        return block.heading.astype(np.int64), quanta, left


def _weigh_rows(
    start: int, block: BearingBlock, decided: tuple[Ints, Floats], spread: Spread, merging: Merging
) -> None:
    """Merge what every row of a block contributes; the contributions of the `decided` rows are given."""
    rows, contributions = decided
    found = spread.block(block.items)
    found[rows - start] = contributions
    merging.block(start, found, block.heading, block.begins, block.evidence)


def count(
    bearings: Bearings, beliefs: Mapping[str, Belief], shared: Bools, at: datetime, keeping: KeptShares | None = None
) -> Counted:
    """The bearings that count at a moment; `shared` marks the headings for which a shared origin may lower the weight.

    Bearings that become valid later never count, nor do those from before a change. A retracted belief stays retracted
    until there is newer evidence. Where several values of one attribute are corrected to hold, the correction in force
    overrides the others.
    """
    moment, groups = microseconds(at), bearings.register.groups
    changed = _changed(bearings, beliefs, moment)
    apart = _decided_apart(bearings, moment)
    if changed:
        apart = np.union1d(apart, np.array(list(changed), dtype=np.int64))
    silent = np.isin(groups.belief, apart) if len(apart) else np.zeros(len(groups.belief), dtype=np.bool_)
    totals, aside = gather(
        moment,
        bearings.rev,
        [block.summed(groups.half) for block in bearings.blocks],
        groups.half,
        shared,
        silent,
        keeping,
    )
    decided, retracted = NO_ROWS, frozenset[int]()
    corrections: tuple[Bearing, ...] = ()
    if len(apart):
        rows = np.concatenate([start + found for start, found in zip(bearings.starts, aside, strict=False)])
        decided, retracted = _decide(bearings, rows, apart, changed, at)
        decided, corrections = _in_force(bearings, decided, beliefs, at)
        block = bearings.take(decided)
        totals.add(moment, block.items, groups.half, keeping)
    return Counted(
        bearings=bearings,
        at=moment,
        sums=totals.sums,
        begun=totals.begun,
        open=totals.open,
        apart=apart,
        decided=decided,
        retracted=retracted,
        corrections=corrections,
        changed=changed,
        keeping=keeping,
    )


def counting_rows(bearings: Bearings, belief: str, at: datetime) -> Ints:
    """The rows on a belief, by its id, that count at a moment."""
    rows = bearings.on(belief)
    return rows[_counting(bearings, rows, bearings.take(rows), at, None)] if len(rows) else rows


def _decided_apart(bearings: Bearings, moment: int) -> Ints:
    """The beliefs with a correction or a retraction that is valid at a moment."""
    acts = bearings.acts
    if not len(acts):
        return NO_ROWS
    block = bearings.take(acts)
    return np.unique(bearings.register.groups.belief[block.heading[valid_at(block, moment)]])


def _changed(bearings: Bearings, beliefs: Mapping[str, Belief], moment: int) -> dict[int, int]:
    """The numbers of the beliefs whose earlier evidence was ended by a change, each with the time of that change."""
    rows = bearings.changes
    if not len(rows):
        return {}
    block, groups = bearings.take(rows), bearings.register.groups
    block = block.take(np.flatnonzero(valid_at(block, moment)))
    kin: dict[BeliefKey, list[int]] = defaultdict(list)
    for number, id_ in enumerate(groups.beliefs):
        if id_ in beliefs:
            kin[beliefs[id_].belief_key.variable].append(number)
    found: dict[int, int] = {}
    for number, since in zip(groups.belief[block.heading].tolist(), block.valid_from.tolist(), strict=True):
        belief = beliefs.get(groups.beliefs[number])
        if belief is not None:
            for other in kin[belief.belief_key.variable]:
                if other != number or belief.value is None:
                    found[other] = max(since, found.get(other, since))
    return found


def _decide(
    bearings: Bearings, rows: Ints, apart: Ints, changed: Mapping[int, int], at: datetime
) -> tuple[Ints, frozenset[int]]:
    """The rows on these beliefs that count, and the beliefs that are retracted."""
    block, groups, moment = bearings.take(rows), bearings.register.groups, microseconds(at)
    belief = groups.belief[block.heading]
    decided, retracted = [NO_ROWS], set()
    for one in apart.tolist():
        here = np.flatnonzero(belief == one)
        part = block.take(here)
        counting = _counting(bearings, rows[here], part, at, changed.get(one))
        decided.append(rows[here][counting])
        if not counting.any() and (valid_at(part, moment) & groups.retraction[part.heading]).any():
            retracted.add(one)
    return np.concatenate(decided), frozenset(retracted)


def _counting(bearings: Bearings, rows: Ints, block: BearingBlock, at: datetime, changed: int | None) -> Bools:
    """Which of all rows on one belief count: `model.counting.counting_at`, on columns, without what a change ended."""
    groups = bearings.register.groups
    valid = valid_at(block, microseconds(at))
    retraction, correction = groups.retraction[block.heading], groups.correction[block.heading]
    left = ~retraction
    if (ends := retraction & valid).any():
        last = block.valid_from[ends].max()
        known_rev = block.rev_from[ends & (block.valid_from == last)].max()
        known = groups.observation[block.heading] | (block.rev_from < known_rev)
        left &= ~((block.valid_from < last) | ((block.valid_from == last) & known))
    if changed is not None:
        left &= correction | (block.valid_from >= changed)
    found = left & correction
    corrections = bearings.records(rows[found])
    in_force = timeline.at(corrections, at)
    if in_force is None:
        return np.asarray(left & ~correction & valid)
    found[found] = [each.evidence == in_force.evidence for each in corrections]
    return np.asarray(found)


def _in_force(
    bearings: Bearings, decided: Ints, beliefs: Mapping[str, Belief], at: datetime
) -> tuple[Ints, tuple[Bearing, ...]]:
    """The rows without the corrections that are overridden by one of another value, and the remaining corrections."""
    block = bearings.take(decided)
    rows = decided[bearings.register.groups.correction[block.heading]]
    corrections = dict(zip(rows.tolist(), bearings.records(rows), strict=True))
    rivals: dict[BeliefKey, list[int]] = defaultdict(list)
    for row, correction in corrections.items():
        belief = beliefs.get(correction.belief)
        if correction.log_likelihood_ratio > 0 and belief is not None and belief.value is not None:
            rivals[belief.belief_key.variable].append(row)
    for each in rivals.values():
        in_force = timeline.at([corrections[row] for row in each], at)
        assert in_force is not None
        for row in each:
            if corrections[row].key != in_force.key:
                del corrections[row]
    kept = np.isin(decided, rows[~np.isin(rows, list(corrections))], invert=True)
    return decided[kept], tuple(corrections.values())
