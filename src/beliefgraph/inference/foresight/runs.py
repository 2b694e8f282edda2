"""Online posterior over when the current run of a stream of events began; `changes.py` has the mathematics.

A state is a value: following more events gives another, bit-identical however the events were divided. Its size is
bounded.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from beliefgraph.inference.arrays import Bools, Floats, Ints, Narrow
from beliefgraph.inference.foresight.changes import HAZARD, PUBLISHED_AT
from beliefgraph.inference.kernels.runs import EVENTS, LAST, SIZE, STATED, follow, no_state

PRIOR = 2.0
"""The prior count of all kinds together."""


@dataclass(frozen=True, eq=False)
class Entries:
    """Events in the order of their times, each of a kind; and statements of a change, of the kind STATED.

    `chances` is the stated probability, 0 for an event.
    """

    times: Ints
    kinds: Ints
    chances: Floats

    @classmethod
    def of(cls, times: Ints, kinds: Ints, stated: tuple[tuple[int, float], ...] = ()) -> Entries:
        """Events and statements in order: at equal times the statements first, then by kind."""
        all_times = np.concatenate([times, np.array([time for time, _ in stated], dtype=np.int64)])
        all_kinds = np.concatenate([kinds, np.full(len(stated), STATED, dtype=np.int64)])
        chances = np.concatenate([np.zeros(len(times)), np.array([chance for _, chance in stated], dtype=np.float64)])
        order = np.lexsort((chances, all_kinds, all_times))
        return cls(all_times[order], all_kinds[order], chances[order])

    def part(self, first: int, end: int) -> Entries:
        """The entries between two indices."""
        return Entries(self.times[first:end], self.kinds[first:end], self.chances[first:end])


@dataclass(frozen=True, eq=False)
class Course:
    """Results for followed entries, one row each, NaN for a statement; as in `changes.Followed`."""

    entries: Entries
    surprise: Floats
    untempered: Floats
    changed: Floats
    published: Bools


@dataclass(frozen=True, eq=False)
class Runs:
    """The posterior over when the current run began: the weight of every retained beginning, in order."""

    hazard: float
    state: Ints
    begin: Ints
    weight: Floats
    length: Ints
    row: Narrow
    counts: Narrow
    total: Ints

    @classmethod
    def none(cls, kinds: int, hazard: float = HAZARD) -> Runs:
        """The initial state, for this many kinds of events."""
        return cls(hazard, *no_state(kinds))

    @property
    def size(self) -> int:
        """Its size in bytes."""
        return sum(column.nbytes for column in vars(self).values() if isinstance(column, np.ndarray))

    @property
    def events(self) -> int:
        """How many events were followed."""
        return int(self.state[EVENTS])

    @property
    def last(self) -> int:
        """The time of the last entry."""
        return int(self.state[LAST])

    def then(self, entries: Entries, threshold: float = PUBLISHED_AT) -> tuple[Runs, Course]:
        """The state after more entries, none earlier than the last one, and the results for each."""
        nothing = np.full(len(entries.times), np.nan)
        course = Course(entries, nothing, nothing.copy(), nothing.copy(), np.zeros(len(nothing), dtype=np.bool_))
        state, begin, weight = self.state.copy(), self.begin.copy(), self.weight.copy()
        length, row, counts, total = self.length.copy(), self.row.copy(), self.counts.copy(), self.total.copy()
        follow(
            entries.times, entries.kinds, entries.chances, PRIOR / len(total), self.hazard, threshold,
            state, begin, weight, length, row, counts, total,
            course.surprise, course.untempered, course.changed, course.published,
        )  # fmt: skip
        return Runs(self.hazard, state, begin, weight, length, row, counts, total), course

    @property
    def begins(self) -> Ints:
        """The times at which the current run may have begun, in order."""
        return self.begin[: self.state[SIZE]]

    @property
    def kept(self) -> Floats:
        """For each of these times, the probability that the run began then or earlier."""
        weight = self.weight[: self.state[SIZE]]
        return np.asarray(np.minimum(np.cumsum(weight) / weight.sum(), 1.0))

    @property
    def began(self) -> int:
        """The most likely of these times."""
        return int(self.begins[self.weight[: self.state[SIZE]].argmax()])

    @property
    def changed(self) -> int:
        """The most likely time of the latest change, if any: the most likely beginning after the first."""
        later = self.weight[1 : self.state[SIZE]]
        return int(self.begins[1:][later.argmax()] if len(later) else self.begins[0])
