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
from beliefgraph.store.learning import SaidRow

MOST_EPOCHS = 100
"""Most epochs of one belief that are learned from, the latest."""

_SHORTEST = timedelta(seconds=1)

Speaker = tuple[str, str]
"""The id of a source, and the origin of its statements ("" for none)."""

Words = Mapping[BeliefKey, Mapping[Speaker, Sequence[SaidRow]]]
"""The statements about every answer of a question, by speaker."""


@dataclass(frozen=True)
class Epoch:
    """The statements in force up to a moment; without start and end, all statements.

    `weight` is the share of the statements of each speaker that falls into this epoch, in (0, 1].
    """

    start: datetime | None
    end: datetime | None
    words: Words
    weight: Mapping[Speaker, float]

    def contains(self, at: datetime) -> bool:
        """Whether a moment lies in the epoch."""
        return (self.start is None or self.start <= at) and (self.end is None or at < self.end)


def epochs(words: Words) -> list[Epoch]:
    """The epochs of a belief, or of an attribute's values, in order of time; one if no source changes its mind."""
    told: dict[Speaker, list[tuple[SaidRow, BeliefKey]]] = defaultdict(list)
    for key, by_speaker in words.items():
        for speaker, rows in by_speaker.items():
            told[speaker] += [(row, key) for row in rows]
    for rows_of in told.values():
        rows_of.sort(key=lambda each: (each[0].valid_from, each[1].value or "", each[0].log_likelihood_ratio))
    last = max((row.valid_from for rows_of in told.values() for row, _ in rows_of), default=None)
    cuts = sorted({cut for rows_of in told.values() for cut in _cuts(rows_of) if last is not None and cut <= last})
    if not cuts:
        every = dict.fromkeys(told, 1.0)
        return [Epoch(None, None, words, every)]
    cuts = cuts[-MOST_EPOCHS + 1 :]
    spans = [*zip([None, *cuts], [*cuts, None], strict=True)]
    first = min(row.valid_from for rows_of in told.values() for row, _ in rows_of)
    whole = max((cuts[-1] - first) / len(cuts), _SHORTEST)
    lengths = [whole if end is None else max(end - max(start or first, first), _SHORTEST) for start, end in spans]
    found = [{speaker: _in_force(rows_of, start, end) for speaker, rows_of in told.items()} for start, end in spans]
    total: dict[tuple[Speaker, datetime], timedelta] = defaultdict(timedelta)
    for length, words_of in zip(lengths, found, strict=True):
        for speaker, rows_of in words_of.items():
            if rows_of:
                total[speaker, rows_of[0][0].valid_from] += length
    return [
        Epoch(
            start,
            end,
            _by_answer(words_of),
            {speaker: length / total[speaker, said[0][0].valid_from] for speaker, said in words_of.items() if said},
        )
        for (start, end), length, words_of in zip(spans, lengths, found, strict=True)
    ]


def _cuts(rows: Sequence[tuple[SaidRow, BeliefKey]]) -> Iterable[datetime]:
    """When a speaker reverses its own statement, or when one of its statements ends."""
    for (before, key), (after, other) in pairwise(rows):
        if _reverses(before, key, after, other) and after.valid_from > before.valid_from:
            yield after.valid_from
    yield from (row.valid_to for row, _ in rows if row.valid_to is not None)


def _reverses(before: SaidRow, key: BeliefKey, after: SaidRow, other: BeliefKey) -> bool:
    """Whether a statement reverses an earlier one: the opposite on the same value, or another value."""
    if key == other:
        return before.log_likelihood_ratio * after.log_likelihood_ratio < 0
    return before.log_likelihood_ratio > 0 and after.log_likelihood_ratio > 0


def _in_force(
    rows: Sequence[tuple[SaidRow, BeliefKey]], start: datetime | None, end: datetime | None
) -> list[tuple[SaidRow, BeliefKey]]:
    """The statements of a speaker by the end of an epoch, without those reversed or ended before it began."""
    said: list[tuple[SaidRow, BeliefKey]] = []
    for row, key in rows:
        if end is not None and row.valid_from >= end:
            break
        if said and _reverses(*said[-1], row, key) and row.valid_from > said[-1][0].valid_from:
            said = []
        said.append((row, key))
    return [(row, key) for row, key in said if row.valid_to is None or start is None or row.valid_to > start]


def _by_answer(words: Mapping[Speaker, Sequence[tuple[SaidRow, BeliefKey]]]) -> Words:
    found: dict[BeliefKey, dict[Speaker, list[SaidRow]]] = defaultdict(lambda: defaultdict(list))
    for speaker, rows in words.items():
        for row, key in rows:
            found[key][speaker].append(row)
    return found


def strength(rows: Sequence[SaidRow], at: datetime | None) -> float:
    """The sum of log-likelihood ratios, aged up to a moment, or unaged."""
    return math.fsum(_aged(row, at) for row in rows)


def left(row: SaidRow, at: datetime | None) -> float:
    """The share of a row that ageing leaves at a moment; all of it without a moment."""
    if at is None or row.half_life is None or at <= row.valid_from:
        return 1.0
    return float(0.5 ** ((at - row.valid_from).total_seconds() / row.half_life))


def _aged(row: SaidRow, at: datetime | None) -> float:
    share = left(row, at)
    if share == 1.0:
        return row.log_likelihood_ratio
    return 2.0 * math.atanh(share * math.tanh(row.log_likelihood_ratio / 2.0))
