"""Rows of a twin as columns: immutable blocks, so that a commit adds its own and leaves the rest.

A twin that lives for years has millions of such rows. As columns, a row takes about eighty bytes, as a record a
kilobyte; records are created on request. Closed rows stay, with the rev that closed them, so an earlier rev is a view
of the same rows.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import cache, cached_property
from sys import intern
from threading import Lock
from typing import Any, Generic, Self, TypeVar
from uuid import UUID

import numpy as np
import numpy.typing as npt

from beliefgraph.model.revision import Revision
from beliefgraph.model.time import microseconds, moment_of

Ids = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Flags = npt.NDArray[np.uint8]

NEVER = int(np.iinfo(np.int64).max)
"""The `valid_to` of a row that is valid until further notice, in microseconds."""

FOREVER = microseconds(datetime(9999, 1, 1, tzinfo=UTC))
"""The `valid_to` that the store has for such a row."""

OPEN = int(np.iinfo(np.int32).max)
"""The `rev_to` of a row that no rev has closed."""

LARGEST = 65_536
"""Most rows of a merged block."""

H = TypeVar("H", bound=Hashable)
R = TypeVar("R", bound=Revision)


class Register(Generic[H]):
    """What rows have in common (a heading), numbered in order of first appearance.

    It only grows, so all states of a twin share one: a number always means the same heading.
    """

    def __init__(self) -> None:
        self.headings: list[H] = []
        self._numbers: dict[H, int] = {}
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self.headings)

    def number(self, heading: H) -> int:
        """The number of a heading, a new one for a new heading."""
        found = self._numbers.get(heading)
        if found is None:
            with self._lock:
                found = self._numbers.get(heading)
                if found is None:
                    found = len(self.headings)
                    self.headings.append(heading)
                    self._numbers[heading] = found
        return found

    def number_of(self, fields: tuple[Any, ...], heading: Callable[[Sequence[Any]], H]) -> int:
        """The number of the heading of some fields. A heading equals its fields, so it is only made if it is new.

        Twins in memory share the texts of their headings.
        """
        found = self._numbers.get(fields)  # type: ignore[arg-type]
        if found is not None:
            return int(found)
        return self.number(heading([intern(each) if isinstance(each, str) else each for each in fields]))

    def where(self, test: Callable[[H], bool]) -> Codes:
        """The numbers of the headings that pass a test."""
        return np.array([i for i, heading in enumerate(self.headings) if test(heading)], dtype=np.int32)


@dataclass(frozen=True)
class Block:
    """Rows as columns of one length: ids as two 64-bit numbers each, times in microseconds since 1970.

    `heading` is the number in the register; `number` is the row's own value, NaN for none.
    """

    revision: Ids
    evidence: Ids
    heading: Codes
    number: Floats
    valid_from: Ints
    valid_to: Ints
    rev_from: Codes
    rev_to: Codes

    def __len__(self) -> int:
        return len(self.heading)

    @property
    def size(self) -> int:
        """The size of the columns in bytes."""
        return sum(column.nbytes for column in vars(self).values() if isinstance(column, np.ndarray))

    def seen(self, rev: int) -> Bools:
        """Which rows a rev sees."""
        return np.asarray((self.rev_from <= rev) & (self.rev_to > rev))

    def take(self, rows: npt.NDArray[Any]) -> Self:
        """Some of the rows."""
        return type(self)(**{name: getattr(self, name)[rows] for name in self.columns()})

    def closed(self, rows: npt.NDArray[Any], rev: int | Codes) -> Self:
        """The block with some rows closed by a rev, one for all or one for each."""
        columns = {name: getattr(self, name) for name in self.columns()}
        columns["rev_to"] = self.rev_to.copy()
        columns["rev_to"][rows] = rev
        return type(self)(**columns)

    @classmethod
    def joined(cls, blocks: Sequence[Self]) -> Self:
        """The rows of several blocks, one after the other."""
        if len(blocks) == 1:
            return blocks[0]
        return cls(**{name: np.concatenate([getattr(block, name) for block in blocks]) for name in cls.columns()})

    @classmethod
    @cache
    def columns(cls) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(each.name for each in fields(cls))


B = TypeVar("B", bound=Block)


@dataclass(frozen=True, eq=False)
class Rows(Generic[R, H, B]):
    """The rows of one kind that a rev of a twin sees; iterating creates their records, in the order of opening.

    `count` is how many the rev sees. A row is identified by its index over all blocks.
    """

    twin: str
    register: Register[H]
    blocks: tuple[B, ...] = ()
    rev: int = 0
    count: int = 0

    @staticmethod
    @abstractmethod
    def heading(record: R) -> H:
        """The heading of a record: what it has in common with others."""

    @staticmethod
    @abstractmethod
    def heading_of(fields: Sequence[Any]) -> H:
        """The heading of these fields, in their order."""

    @staticmethod
    @abstractmethod
    def value(record: R) -> float:
        """The number of a record, NaN for none."""

    @abstractmethod
    def block(self, columns: Block) -> B:
        """The columns with those derived from them."""

    @abstractmethod
    def record(self, heading: H, number: float, revision: dict[str, Any], evidence: str) -> R:
        """The record of a row."""

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[R]:
        for start, block in zip(self.starts, self.blocks, strict=False):
            yield from self.records(start + np.flatnonzero(block.seen(self.rev)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Rows):
            return NotImplemented
        return self is other or (len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True)))

    __hash__ = None  # type: ignore[assignment]

    @property
    def size(self) -> int:
        """The size of the columns in bytes."""
        return sum(block.size for block in self.blocks)

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """The index of each block's first row over all blocks, and the total number of rows."""
        return (0, *np.cumsum([len(block) for block in self.blocks]).tolist())

    def opened(self, records: Sequence[R]) -> Self:
        """These with more rows, seen by the rev that opened the last of them."""
        if not records:
            return self
        return self.with_block(
            self.block(
                Block(
                    revision=packed([record.revision_id for record in records]),
                    evidence=packed([record.evidence for record in records]),  # type: ignore[attr-defined]
                    heading=np.array([self.register.number(self.heading(r)) for r in records], dtype=np.int32),
                    number=np.array([self.value(record) for record in records], dtype=np.float64),
                    valid_from=np.array([microseconds(record.valid_from) for record in records], dtype=np.int64),
                    valid_to=np.array(
                        [NEVER if r.valid_to is None else microseconds(r.valid_to) for r in records], dtype=np.int64
                    ),
                    rev_from=np.array([record.rev_from for record in records], dtype=np.int32),
                    rev_to=np.full(len(records), OPEN, dtype=np.int32),
                )
            )
        )

    def stored(self, rows: Sequence[Sequence[Any]]) -> Self:
        """These with rows as the store returns them; rows already present only take over `rev_to`."""
        known = self
        if self.blocks:
            ids = [row[0] for row in rows]
            here = self.of_revisions(ids)
            if len(here):
                ends = {row[0]: row[6] for row in rows}
                found = unpacked(self.take(here).revision)
                known = self._ended(here, np.array([ends[id_] for id_ in found], dtype=np.int32))
                rows = [row for row in rows if row[0] not in set(found)]
        if not rows:
            return known
        revision, evidence, number, since, until, rev_from, rev_to, *heading = zip(*rows, strict=True)
        numbers = [self.register.number_of(each, self.heading_of) for each in zip(*heading, strict=True)]
        valid_to = np.array(until, dtype=np.int64)
        return known.with_block(
            self.block(
                Block(
                    revision=packed(revision),
                    evidence=packed(evidence),
                    heading=np.array(numbers, dtype=np.int32),
                    number=np.array(number, dtype=np.float64),
                    valid_from=np.array(since, dtype=np.int64),
                    valid_to=np.where(valid_to >= FOREVER, NEVER, valid_to),
                    rev_from=np.array(rev_from, dtype=np.int32),
                    rev_to=np.array(rev_to, dtype=np.int32),
                )
            )
        )

    def _ended(self, rows: Ints, ends: Codes) -> Self:
        """These with another `rev_to` in some rows."""
        blocks = []
        for start, block in zip(self.starts, self.blocks, strict=False):
            inside = (rows >= start) & (rows < start + len(block))
            blocks.append(block.closed(rows[inside] - start, ends[inside]) if inside.any() else block)
        return type(self)(self.twin, self.register, tuple(blocks), -1, 0).at(self.rev)

    def with_block(self, block: B) -> Self:
        """These with the rows of a block, merged with the last blocks to keep their number small."""
        rev = max(self.rev, int(block.rev_from.max(initial=0)))
        added = int(np.count_nonzero(block.seen(rev)))
        blocks = [*self.blocks, block]
        while (
            len(blocks) > 1 and len(blocks[-2]) < 2 * len(blocks[-1]) and len(blocks[-2]) + len(blocks[-1]) <= LARGEST
        ):
            last = blocks.pop()
            blocks[-1] = type(last).joined([blocks[-1], last])
        return type(self)(self.twin, self.register, tuple(blocks), rev, self.count + added)

    def closed(self, revisions: Collection[str], rev: int | None = None) -> Self:
        """These after a rev closed some of them, by revision id; without a rev, as if those had never existed."""
        if not revisions:
            return self
        end = self.rev if rev is None else rev
        wanted = packed(list(revisions))
        blocks, gone = [], 0
        for block in self.blocks:
            rows = np.flatnonzero(among(block.revision, wanted) & (block.rev_to == OPEN))
            gone += len(rows)
            blocks.append(block.closed(rows, end) if len(rows) else block)
        return type(self)(self.twin, self.register, tuple(blocks), max(self.rev, end), self.count - gone)

    def at(self, rev: int) -> Self:
        """These as another rev sees them."""
        if rev == self.rev:
            return self
        count = sum(int(np.count_nonzero(block.seen(rev))) for block in self.blocks)
        return type(self)(self.twin, self.register, self.blocks, rev, count)

    def kept(self, test: Callable[[B], Bools]) -> Self:
        """Only the rows that the rev sees and that pass a test."""
        blocks = [block.take(np.flatnonzero(block.seen(self.rev) & test(block))) for block in self.blocks]
        left = tuple(block for block in blocks if len(block))
        return type(self)(self.twin, self.register, left, self.rev, sum(map(len, left)))

    def where(self, test: Callable[[B], Bools]) -> Ints:
        """The rows that the rev sees and that pass a test."""
        found = [
            start + np.flatnonzero(block.seen(self.rev) & test(block))
            for start, block in zip(self.starts, self.blocks, strict=False)
        ]
        return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)

    def headed(self, test: Callable[[H], bool]) -> Ints:
        """The rows that the rev sees and whose heading passes a test."""
        numbers = self.register.where(test)
        return self.where(lambda block: np.isin(block.heading, numbers)) if len(numbers) else np.zeros(0, np.int64)

    def of_evidence(self, evidence: Collection[str]) -> Ints:
        """The rows of some pieces of evidence that the rev sees."""
        if not evidence or not self.count:
            return np.zeros(0, dtype=np.int64)
        wanted = packed(list(evidence))
        return self.where(lambda block: among(block.evidence, wanted))

    def of_revisions(self, revisions: Collection[str]) -> Ints:
        """The rows of these revision ids that the rev sees."""
        if not revisions:
            return np.zeros(0, dtype=np.int64)
        wanted = packed(list(revisions))
        return self.where(lambda block: among(block.revision, wanted))

    def opened_by(self, rev: int) -> int:
        """The number of rows that this rev sees and the given rev opened."""
        return len(self.where(lambda block: np.asarray(block.rev_from == rev)))

    @cached_property
    def headings(self) -> Sequence[H]:
        """The headings of the rows that the rev sees, in order of first appearance."""
        counts = np.zeros(len(self.register), dtype=np.int64)
        for block in self.blocks:
            counts[: len(self.register)] += np.bincount(block.heading[block.seen(self.rev)], minlength=len(counts))
        return [self.register.headings[i] for i in np.flatnonzero(counts).tolist()]

    def column(self, name: str, rows: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """One column of some rows, given in ascending order."""
        edges = np.searchsorted(rows, self.starts)
        parts = [
            getattr(block, name)[rows[first:end] - start]
            for block, start, first, end in zip(self.blocks, self.starts, edges, edges[1:], strict=False)
        ]
        return np.concatenate(parts)

    def take(self, rows: npt.NDArray[Any]) -> B:
        """The columns of some rows, in the given order; there is at least one block."""
        if len(self.blocks) == 1:
            return self.blocks[0].take(rows)
        which = np.searchsorted(np.array(self.starts[1:]), rows, side="right")
        order = np.argsort(which, kind="stable")
        parts = [
            self.blocks[i].take(rows[order][which[order] == i] - self.starts[i]) for i in np.unique(which).tolist()
        ]
        back = np.empty(len(rows), dtype=np.int64)
        back[order] = np.arange(len(rows))
        return type(parts[0]).joined(parts).take(back) if parts else self.blocks[0].take(rows)

    def records(self, rows: npt.NDArray[Any]) -> list[R]:
        """The records of some rows, in the given order."""
        if not len(rows):
            return []
        block, headings = self.take(rows), self.register.headings
        columns = (
            unpacked(block.revision),
            unpacked(block.evidence),
            block.heading.tolist(),
            block.number.tolist(),
            _moments(block.valid_from),
            _moments(block.valid_to),
            block.rev_from.tolist(),
            block.rev_to.tolist(),
        )
        return [
            self.record(
                headings[heading],
                number,
                {
                    "revision_id": revision,
                    "twin": self.twin,
                    "valid_from": since,
                    "valid_to": until,
                    "rev_from": rev_from,
                    "rev_to": None if rev_to == OPEN or rev_to > self.rev else rev_to,
                },
                evidence,
            )
            for revision, evidence, heading, number, since, until, rev_from, rev_to in zip(*columns, strict=True)
        ]


def packed(ids: Iterable[str]) -> Ids:
    """Ids, all of them UUIDs, as two numbers each; shape [ids, 2]."""
    return np.frombuffer(b"".join(bytes.fromhex(id_.replace("-", "")) for id_ in ids), dtype=">u8").astype(
        np.uint64
    ).reshape(-1, 2)  # fmt: skip


def unpacked(ids: Ids) -> list[str]:
    """The ids for these numbers."""
    return [str(UUID(int=(high << 64) | low)) for high, low in ids.tolist()]


def distinct(ids: Ids) -> list[str]:
    """The distinct ids for these numbers."""
    return [str(UUID(int=(high << 64) | low)) for high, low in {*map(tuple, ids.tolist())}]


def among(ids: Ids, wanted: Ids) -> Bools:
    """Which of these ids are in `wanted`."""
    if len(wanted) == 1:
        return np.asarray((ids[:, 0] == wanted[0, 0]) & (ids[:, 1] == wanted[0, 1]))
    near = np.isin(ids[:, 0], wanted[:, 0])
    if near.any():
        known = {(high, low) for high, low in wanted.tolist()}
        rows = np.flatnonzero(near)
        near[rows] = [(high, low) in known for high, low in ids[rows].tolist()]
    return near


def _moments(times: Ints) -> list[datetime | None]:
    return [None if time == NEVER else moment_of(time) for time in times.tolist()]
