"""The evidence of each domain of a twin followed in order of time, with states cached for the next commit. Pure.

Intermediate states are kept beside the columns of the bearings. Evidence later than all before it continues from the
last state; if some is earlier, the latest state before it is continued over everything since. Without such a state, and
for another rev, everything is followed from the beginning. The result is always the same function of (evidence seen,
moment), bit for bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from beliefgraph.inference.foresight.runs import Entries, Runs
from beliefgraph.services.definitions.kinds import NONE, Columns, Kinds
from beliefgraph.services.twin.bearings import BearingBlock, Bearings
from beliefgraph.services.twin.blocks import Bools, Ids, Ints
from beliefgraph.services.twin.state import TwinState

EVERY = 128
"""Pieces of evidence between two states that are kept."""

STATES = 6
"""States of a domain that are kept, the latest."""

StatedChanges = tuple[tuple[int, float], ...]
"""Statements of a change in order of time: the time, in microseconds, and the stated probability."""


@dataclass(frozen=True, eq=False)
class FilterState:
    """The posterior of a domain after all evidence up to a time, and the statements included in it."""

    runs: Runs
    stated: StatedChanges


@dataclass(frozen=True, eq=False)
class DomainFilters:
    """The steps kept of each domain, the latest last; `pending` are blocks of bearings that no step includes."""

    kinds: Kinds
    columns: Columns
    states: Mapping[int, tuple[FilterState, ...]] = field(default_factory=dict)
    pending: tuple[BearingBlock, ...] = ()

    def with_block(self, block: BearingBlock) -> DomainFilters:
        """The same, with one more block of bearings pending."""
        return replace(self, pending=(*self.pending, block))

    @property
    def size(self) -> int:
        """The size of the steps in bytes; pending blocks are counted with the bearings."""
        return sum(kept.runs.size for states in self.states.values() for kept in states)


@dataclass(frozen=True, eq=False)
class Pieces:
    """Pieces of evidence as columns, one row for each domain that a piece bears on, by its strongest bearing there.

    A kind is numbered within its domain; times are in microseconds.
    """

    domain: Ints
    times: Ints
    kinds: Ints
    evidence: Ids

    def where(self, rows: Bools | Ints) -> Pieces:
        """The given rows, in the given order."""
        return Pieces(self.domain[rows], self.times[rows], self.kinds[rows], self.evidence[rows])


def known_of(state: TwinState, kinds: Kinds) -> DomainFilters:
    """What is kept of a twin, with a column for each heading now in its register."""
    bearings = state.bearings
    known, headings = bearings.followed, bearings.register.headings
    if isinstance(known, DomainFilters) and known.kinds is kinds:
        return replace(known, columns=kinds.grown(known.columns, headings, state.beliefs))
    return DomainFilters(kinds, kinds.columns(headings, state.beliefs), pending=bearings.blocks)


def follow(
    state: TwinState, known: DomainFilters, domains: Sequence[int], stated: Mapping[int, StatedChanges], at: int
) -> dict[int, Runs]:
    """The posterior of each of these domains that has evidence by a moment, in microseconds."""
    bearings = state.bearings
    fresh = pieces(known, bearings, known.pending)
    states = {
        domain: _taken_on(bearings, known, domain, fresh.where(fresh.domain == domain), stated.get(domain, ()), at)
        for domain in domains
    }
    ends = [each[-1].runs.last for each in known.states.values() if each]
    if at >= max(ends, default=at) and at >= fresh.times.max(initial=at):
        bearings.remember(replace(known, states=states, pending=()))
    return {domain: each[-1].runs for domain, each in states.items() if each and each[-1].runs.events}


def pieces(
    known: DomainFilters, bearings: Bearings, blocks: Sequence[BearingBlock], after: int | None = None
) -> Pieces:
    """The pieces of evidence in some blocks that are visible at the rev and later than `after`."""
    parts = list(_followed_rows(known, bearings.rev, blocks, after))
    if not parts:
        none = np.zeros(0, dtype=np.int64)
        return Pieces(none, none, none, np.zeros((0, 2), dtype=np.uint64))
    block = BearingBlock.joined(parts)
    columns, count = known.columns, np.array(known.kinds.count)
    domain, kind = columns.domain[block.heading], columns.kind[block.heading]
    kind = np.where(kind == NONE, count[domain] - 1, kind + (block.number > 0))
    order = np.lexsort((kind, -np.abs(block.number), domain, block.evidence[:, 1], block.evidence[:, 0]))
    keys = np.stack([block.evidence[order, 0], block.evidence[order, 1], domain[order].astype(np.uint64)])
    first = order[np.concatenate(([True], (np.diff(keys, axis=1) != 0).any(axis=0)))]
    return Pieces(domain[first], block.valid_from[first], kind[first], block.evidence[first])


def _followed_rows(
    known: DomainFilters, rev: int, blocks: Sequence[BearingBlock], after: int | None
) -> Iterator[BearingBlock]:
    for block in blocks:
        rows = block.seen(rev) & (known.columns.domain[block.heading] >= 0) & (block.number != 0)
        if after is not None:
            rows &= block.valid_from > after
        if rows.any():
            yield block.take(np.flatnonzero(rows))


def _taken_on(
    bearings: Bearings, known: DomainFilters, domain: int, fresh: Pieces, stated: StatedChanges, at: int
) -> tuple[FilterState, ...]:
    """The steps of a domain that are still valid, and the one that ends at a moment."""
    before, earliest = known.states.get(domain, ()), fresh.times.min(initial=np.iinfo(np.int64).max)
    states = tuple(
        kept
        for kept in before
        if kept.runs.last < earliest and kept.runs.last <= at and kept.stated == _until(stated, kept.runs.last)
    )
    last = states[-1] if states else FilterState(_nothing(known.kinds, domain), ())
    if len(states) < len(before):
        fresh = pieces(known, bearings, bearings.blocks, last.runs.last if states else None)
        fresh = fresh.where(fresh.domain == domain)
    fresh = fresh.where(fresh.times <= at)
    stated_until = _until(stated, at)
    if not len(fresh.times) and stated_until == last.stated:
        return states
    entries = Entries.of(fresh.times, fresh.kinds, stated_until[len(last.stated) :])
    count, runs = len(entries.times), last.runs
    cuts = [place for place in range(count - EVERY * (STATES - 1), count, EVERY) if place > 0]
    for first, end in pairwise((0, *cuts, count)):
        runs, _ = runs.then(entries.part(first, end))
        if len(states) > 1 and runs.events - states[-2].runs.events < EVERY:
            states = states[:-1]
        states = (*states, FilterState(runs, _until(stated_until, runs.last)))
    return states[-STATES:]


def _nothing(kinds: Kinds, domain: int) -> Runs:
    return Runs.none(kinds.count[domain], kinds.hazard(domain))


def _until(stated: StatedChanges, at: int) -> StatedChanges:
    return tuple(each for each in stated if each[0] <= at)
