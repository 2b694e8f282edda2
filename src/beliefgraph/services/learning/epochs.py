"""Statements that were in force at the same time: the time of a belief is split where a source changes its mind. Pure.

A source that says yes in March and no in May has made two statements, each about its own time. The time of a belief is
split where a source reverses its own earlier statement, or where a statement ends. In each epoch the last statements of
a source count, aged up to the end of the epoch; those it reversed do not. A statement that is in force in several
epochs counts once in total, in proportion to their lengths.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from beliefgraph.model.belief import BeliefKey
from beliefgraph.store.learning import EvidenceRow

MOST_EPOCHS = 100
"""Most epochs of one belief that are learned from, the latest."""

_SHORTEST = timedelta(seconds=1)

SourceOrigin = tuple[str, str]
"""The id of a source, and the origin of its statements ("" for none)."""

StatementsByAnswer = Mapping[BeliefKey, Mapping[SourceOrigin, Sequence[EvidenceRow]]]
"""The statements about every answer of a question, by speaker."""


@dataclass(frozen=True)
class Epoch:
    """The statements in force up to a moment; without start and end, all statements.

    `weight` is the share of the statements of each speaker that falls into this epoch, in (0, 1].
    """

    start: datetime | None
    end: datetime | None
    statements: StatementsByAnswer
    weight: Mapping[SourceOrigin, float]

    def contains(self, at: datetime) -> bool:
        """Whether a moment lies in the epoch."""
        return (self.start is None or self.start <= at) and (self.end is None or at < self.end)


def epochs(statements: StatementsByAnswer) -> list[Epoch]:
    """The epochs of a belief, or of an attribute's values, in order of time; one if no source changes its mind."""
    by_source_origin: dict[SourceOrigin, list[tuple[EvidenceRow, BeliefKey]]] = defaultdict(list)
    for key, by_source in statements.items():
        for source_origin, rows in by_source.items():
            by_source_origin[source_origin] += [(row, key) for row in rows]
    for rows_of in by_source_origin.values():
        rows_of.sort(key=lambda each: (each[0].valid_from, each[1].value or "", each[0].log_likelihood_ratio))
    last = max((row.valid_from for rows_of in by_source_origin.values() for row, _ in rows_of), default=None)
    cuts = sorted(
        {cut for rows_of in by_source_origin.values() for cut in _cuts(rows_of) if last is not None and cut <= last}
    )
    if not cuts:
        every = dict.fromkeys(by_source_origin, 1.0)
        return [Epoch(None, None, statements, every)]
    cuts = cuts[-MOST_EPOCHS + 1 :]
    spans = [*zip([None, *cuts], [*cuts, None], strict=True)]
    first = min(row.valid_from for rows_of in by_source_origin.values() for row, _ in rows_of)
    whole = max((cuts[-1] - first) / len(cuts), _SHORTEST)
    lengths = [whole if end is None else max(end - max(start or first, first), _SHORTEST) for start, end in spans]
    found = [
        {source_origin: _in_force(rows_of, start, end) for source_origin, rows_of in by_source_origin.items()}
        for start, end in spans
    ]
    total: dict[tuple[SourceOrigin, datetime], timedelta] = defaultdict(timedelta)
    for length, in_force in zip(lengths, found, strict=True):
        for source_origin, rows_of in in_force.items():
            if rows_of:
                total[source_origin, rows_of[0][0].valid_from] += length
    return [
        Epoch(
            start,
            end,
            _by_answer(in_force),
            {
                source_origin: length / total[source_origin, kept[0][0].valid_from]
                for source_origin, kept in in_force.items()
                if kept
            },
        )
        for (start, end), length, in_force in zip(spans, lengths, found, strict=True)
    ]


def _cuts(rows: Sequence[tuple[EvidenceRow, BeliefKey]]) -> Iterable[datetime]:
    """When a speaker reverses its own statement, or when one of its statements ends."""
    for (before, key), (after, other) in pairwise(rows):
        if _reverses(before, key, after, other) and after.valid_from > before.valid_from:
            yield after.valid_from
    yield from (row.valid_to for row, _ in rows if row.valid_to is not None)


def _reverses(before: EvidenceRow, key: BeliefKey, after: EvidenceRow, other: BeliefKey) -> bool:
    """Whether a statement reverses an earlier one: the opposite on the same value, or another value."""
    if key == other:
        return before.log_likelihood_ratio * after.log_likelihood_ratio < 0
    return before.log_likelihood_ratio > 0 and after.log_likelihood_ratio > 0


def _in_force(
    rows: Sequence[tuple[EvidenceRow, BeliefKey]], start: datetime | None, end: datetime | None
) -> list[tuple[EvidenceRow, BeliefKey]]:
    """The statements of a speaker by the end of an epoch, without those reversed or ended before it began."""
    kept: list[tuple[EvidenceRow, BeliefKey]] = []
    for row, key in rows:
        if end is not None and row.valid_from >= end:
            break
        if kept and _reverses(*kept[-1], row, key) and row.valid_from > kept[-1][0].valid_from:
            kept = []
        kept.append((row, key))
    return [(row, key) for row, key in kept if row.valid_to is None or start is None or row.valid_to > start]


def _by_answer(statements: Mapping[SourceOrigin, Sequence[tuple[EvidenceRow, BeliefKey]]]) -> StatementsByAnswer:
    found: dict[BeliefKey, dict[SourceOrigin, list[EvidenceRow]]] = defaultdict(lambda: defaultdict(list))
    for source_origin, rows in statements.items():
        for row, key in rows:
            found[key][source_origin].append(row)
    return found


def summed_strength(rows: Sequence[EvidenceRow], at: datetime | None) -> float:
    """The sum of log-likelihood ratios, aged up to a moment, or unaged."""
    return math.fsum(_aged(row, at) for row in rows)


def remaining_share(row: EvidenceRow, at: datetime | None) -> float:
    """The share of a row that ageing leaves at a moment; all of it without a moment."""
    if at is None or row.half_life is None or at <= row.valid_from:
        return 1.0
    return float(0.5 ** ((at - row.valid_from).total_seconds() / row.half_life))


def _aged(row: EvidenceRow, at: datetime | None) -> float:
    share = remaining_share(row, at)
    if share == 1.0:
        return row.log_likelihood_ratio
    return 2.0 * math.atanh(share * math.tanh(row.log_likelihood_ratio / 2.0))
