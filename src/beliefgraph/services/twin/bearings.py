"""The bearings of a twin as columns."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple, Protocol, Self, TypeVar

import numpy as np
import numpy.typing as npt

from beliefgraph.inference import LOG_LIKELIHOOD_BOUND, NO_ROWS, ItemRuns, Items, PieceShape, count_pieces
from beliefgraph.model.evidence import OBSERVED, Bearing, Stance
from beliefgraph.model.revision import Origin
from beliefgraph.model.vocabulary import values_of
from beliefgraph.services.twin.blocks import Block, Bools, Codes, Flags, Floats, Ints, Register, Rows

IN_RUNS = 4_096
"""Least rows of a block that is sorted into runs."""

RUN_BYTES = 21
"""Bytes per row in runs and in `begins`, excluding its share of the data kept per run."""

N = TypeVar("N", bound=str | None)


class Incremental(Protocol):
    """Something derived from bearings that grows with them."""

    def with_block(self, block: BearingBlock) -> Incremental:
        """The same with one more block, not yet processed."""
        ...

    @property
    def size(self) -> int:
        """Its size in bytes."""
        ...


class BearingHeading(NamedTuple):
    """What bearings of one source on one belief have in common."""

    belief: str
    source: str
    stance: Stance
    half_life: float | None
    shared_origin: str | None
    source_kind: str | None
    definition: str
    origin: Origin
    shared_across: str | None = None

    @property
    def ages_in(self) -> int:
        """Microseconds in which half of its strength is lost; 0 if it never ages."""
        if self.half_life is None or self.stance == "correction":
            return 0
        return max(1, round(self.half_life * 1e6)) if math.isfinite(self.half_life) else 0


@dataclass(frozen=True)
class BearingBlock(Block):
    """Bearings: `number` is the log-likelihood ratio; for `strength` and `period` see `inference/kernels/items.py`."""

    strength: Floats
    period: Ints

    @cached_property
    def items(self) -> Items:
        """The rows as inference takes them, the log-likelihood ratios within their bound."""
        within = np.abs(self.number).max(initial=0.0) <= LOG_LIKELIHOOD_BOUND
        return Items(
            group=self.heading,
            log_likelihood_ratio=self.number
            if within
            else np.clip(self.number, -LOG_LIKELIHOOD_BOUND, LOG_LIKELIHOOD_BOUND),
            strength=self.strength,
            period=self.period,
            valid_from=self.valid_from,
            valid_to=self.valid_to,
            rev_from=self.rev_from,
            rev_to=self.rev_to,
        )

    @cached_property
    def begins(self) -> Flags:
        """Flags the rows whose evidence differs from that of the row before."""
        found = np.ones(len(self), dtype=np.uint8)
        high, low = self.evidence.T
        found[1:] = (high[1:] != high[:-1]) | (low[1:] != low[:-1])
        return found

    @cached_property
    def shape(self) -> PieceShape:
        """The shape of its pieces of evidence."""
        return PieceShape.of(self.begins, self.heading)

    def pieces(self, headings: Flags) -> int:
        """The number of pieces of evidence with a row under some headings; remembered for these headings."""
        here = headings[: int(self.heading.max(initial=-1)) + 1]
        key, own = here.tobytes(), vars(self)
        known: tuple[bytes, int] | None = own.get("_pieces")
        if known is None or known[0] != key:
            known = own["_pieces"] = (key, count_pieces(self.begins, self.heading, here))
        return known[1]

    def summed(self, half: Ints) -> Items:
        """The rows as they are summed, given the half-life of every heading: those of a large block in runs.

        Sorting rows takes longer than summing them, so it is only done for the second sum.
        """
        own = vars(self)
        if len(self) < IN_RUNS:
            return self.items
        if "_runs" not in own:
            own["_runs"] = None
            return self.items
        if own["_runs"] is None:
            own["_runs"] = ItemRuns.of(self.items, half)
        if self.items.runs is None:
            own["items"] = replace(self.items, runs=own["_runs"])
        return self.items

    def closed(self, rows: npt.NDArray[Any], rev: int | Codes) -> Self:
        """The block with some rows closed by a rev; they stay in their runs."""
        block = super().closed(rows, rev)
        if "_runs" in vars(self):
            vars(block)["_runs"] = vars(self)["_runs"]
        return block

    @property
    def size(self) -> int:
        """The size of the columns in bytes, including the runs of a large block, even if not yet sorted."""
        return super().size + (RUN_BYTES * len(self) if len(self) >= IN_RUNS else 0)


STANCES = values_of(Stance)
IS_OBSERVED = np.array([stance in OBSERVED for stance in STANCES])
ACTS: frozenset[Stance] = frozenset({"correction", "retraction"})


class Groups:
    """The headings of a register as columns: what each is about, its source, and how it ages.

    Built from the previous columns and the new headings, so that a new heading does not process all others.
    """

    belief: Ints
    source: Ints
    acts: bool
    changes: bool
    ages: bool
    _stance: Ints
    _numbers: tuple[dict[str, int], dict[str, int], dict[str | None, int], dict[str | None, int]]
    _table: Ints

    def __init__(self, new: Sequence[BearingHeading], before: Groups | None = None) -> None:
        known = ({}, {}, {None: -1}, {None: -1}) if before is None else before._numbers
        self._numbers = belief, source, origin, effect = (
            _numbered(known[0], [heading.belief for heading in new]),
            _numbered(known[1], [heading.source for heading in new]),
            _numbered(known[2], [heading.shared_origin for heading in new], first=-1),
            _numbered(known[3], [heading.shared_across for heading in new], first=-1),
        )
        self.beliefs, self.sources = list(belief), list(source)
        self.origins, self.effects = ([name for name in each if name is not None] for each in (origin, effect))
        rows = [
            (
                belief[each.belief],
                source[each.source],
                origin[each.shared_origin],
                effect[each.shared_across],
                STANCES.index(each.stance),
                each.ages_in,
            )
            for each in new
        ]
        table = np.array(rows, dtype=np.int64).reshape(-1, 6)
        self._table = table if before is None else np.concatenate([before._table, table])
        self.belief, self.source, self.origin, self.effect, self._stance, self.half = self._table.T.copy()
        stances = {heading.stance for heading in new}
        self.acts = not stances.isdisjoint(ACTS) or (before is not None and before.acts)
        self.changes = "change" in stances or (before is not None and before.changes)
        self.ages = any(row[-1] for row in rows) or (before is not None and before.ages)

    @cached_property
    def observation(self) -> Bools:
        """Headings of observations."""
        return np.asarray(IS_OBSERVED[self._stance])

    @cached_property
    def change(self) -> Bools:
        """Headings of changes, which end earlier evidence on other values."""
        return np.asarray(self._stance == STANCES.index("change"))

    @cached_property
    def correction(self) -> Bools:
        """Headings of the person's corrections."""
        return np.asarray(self._stance == STANCES.index("correction"))

    @cached_property
    def retraction(self) -> Bools:
        """Headings of retractions."""
        return np.asarray(self._stance == STANCES.index("retraction"))

    @cached_property
    def act(self) -> Bools:
        """Headings of acts, not reports: acts decide which other evidence counts."""
        return self.correction | self.retraction

    @cached_property
    def source_or_act(self) -> Ints:
        """Sources as reporting, and numbered separately as acting."""
        return np.asarray(
            np.where(self.act, self.source + len(self.sources), self.source) if self.acts else self.source
        )


def _numbered(known: Mapping[N, int], names: Iterable[N], first: int = 0) -> dict[N, int]:
    """Names with their numbers from `first` on, in order of first appearance."""
    numbers = dict(known)
    for name in names:
        numbers.setdefault(name, first + len(numbers))
    return numbers


NO_GROUPS = Groups([])


class BearingRegister(Register[BearingHeading]):
    """The headings of bearings; `groups` is all of them as columns."""

    def __init__(self) -> None:
        super().__init__()
        self._groups = NO_GROUPS

    @property
    def groups(self) -> Groups:
        """The headings as columns, extended when there are more."""
        groups = self._groups
        if len(groups.belief) < len(self.headings):
            groups = self._groups = Groups(self.headings[len(groups.belief) :], groups)
        return groups


@dataclass(frozen=True, eq=False)
class Bearings(Rows[Bearing, BearingHeading, BearingBlock]):
    """All bearings of a twin that a rev sees."""

    register: BearingRegister

    @staticmethod
    def heading(record: Bearing) -> BearingHeading:
        """What a bearing has in common with others."""
        return BearingHeading(
            record.belief,
            record.source,
            record.stance,
            record.half_life,
            record.shared_origin,
            record.source_kind,
            record.definition,
            record.origin,
            record.shared_across,
        )

    @staticmethod
    def heading_of(fields: Sequence[Any]) -> BearingHeading:
        """The heading of these fields."""
        return BearingHeading(*fields)

    @staticmethod
    def value(record: Bearing) -> float:
        """The log-likelihood ratio."""
        return record.log_likelihood_ratio

    def block(self, columns: Block) -> BearingBlock:
        """The columns with the strength of each item, and the half-life of its group in which it falls."""
        groups, claim = self.register.groups, np.tanh(np.abs(_bounded(columns.number)) / 2)
        if not groups.ages:
            return BearingBlock(**vars(columns), strength=claim, period=columns.valid_from)
        half = np.maximum(groups.half[columns.heading], 1)
        period, rest = np.divmod(columns.valid_from, half)
        strength = claim * np.exp2(rest / half)
        return BearingBlock(**vars(columns), strength=strength, period=period)

    def record(self, heading: BearingHeading, number: float, revision: dict[str, Any], evidence: str) -> Bearing:
        """The bearing in a row."""
        return Bearing.trusted(
            **revision,
            key=f"{evidence}|{heading.belief}",
            definition=heading.definition,
            origin=heading.origin,
            evidence=evidence,
            belief=heading.belief,
            source=heading.source,
            stance=heading.stance,
            log_likelihood_ratio=number,
            half_life=heading.half_life,
            shared_origin=heading.shared_origin,
            source_kind=heading.source_kind,
            shared_across=heading.shared_across,
        )

    def with_block(self, block: BearingBlock) -> Self:
        """These with the rows of a block; the state of `followed` is passed on."""
        more = super().with_block(block)
        if self.followed is not None:
            more.remember(self.followed.with_block(block))
        return more

    @property
    def size(self) -> int:
        """The size in bytes of the columns and of `followed`."""
        return super().size + (0 if self.followed is None else self.followed.size)

    @property
    def followed(self) -> Incremental | None:
        """What was derived from all of these in order of time, if cached."""
        return vars(self).get("_followed")

    def remember(self, followed: Incremental) -> None:
        """Cache what was derived from all of these, for these and their extensions."""
        vars(self)["_followed"] = followed

    @cached_property
    def acts(self) -> Ints:
        """The rows of corrections and retractions that the rev sees."""
        groups = self.register.groups
        return self.where(lambda block: groups.act[block.heading]) if groups.acts else NO_ROWS

    @cached_property
    def changes(self) -> Ints:
        """The rows that the rev sees which end earlier evidence on other values."""
        groups = self.register.groups
        return self.where(lambda block: groups.change[block.heading]) if groups.changes else NO_ROWS

    def on(self, belief: str) -> Ints:
        """The rows on a belief that the rev sees."""
        return self.headed(lambda heading: heading.belief == belief)

    def by(self, source: str) -> Ints:
        """The rows of a source that the rev sees."""
        return self.headed(lambda heading: heading.source == source)


def _bounded(ratios: Floats) -> Floats:
    """Log-likelihood ratios clipped to their bound: the same array if they are within it."""
    if np.abs(ratios).max(initial=0.0) <= LOG_LIKELIHOOD_BOUND:
        return ratios
    return np.clip(ratios, -LOG_LIKELIHOOD_BOUND, LOG_LIKELIHOOD_BOUND)


def no_bearings(twin: str) -> Bearings:
    """The bearings of a twin without evidence."""
    return Bearings(twin, BearingRegister())


def valid_at(block: Block, at: int) -> Bools:
    """Which rows are valid at a moment, in microseconds."""
    return np.asarray((block.valid_from <= at) & (at < block.valid_to))
