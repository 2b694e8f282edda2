"""The events that count in one metric of a twin, as sorted columns: a commit adds its own and leaves the rest."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from beliefgraph.inference.windows import QUANTA
from beliefgraph.model.metric import Measurement
from beliefgraph.model.time import microseconds

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Tally:
    """Measurements of one metric in the order of their times; `quanta` are their values, `answers` the follow-ups."""

    rows: tuple[Measurement, ...]
    times: Ints
    quanta: Ints
    answers: npt.NDArray[np.bool_]

    def with_rows(self, opened: Sequence[Measurement], closed: Collection[str] = ()) -> Tally:
        """The tally after these measurements were opened, and those of these revision ids closed."""
        tally = self._without(closed) if closed else self
        if not opened:
            return tally
        new = sorted(opened, key=lambda row: (row.valid_from, row.revision_id))
        times = np.array([microseconds(row.valid_from) for row in new], dtype=np.int64)
        quanta = np.array([round(row.value * QUANTA) for row in new], dtype=np.int64)
        answers = np.array([row.answers for row in new], dtype=np.bool_)
        places = np.searchsorted(tally.times, times, side="right")
        if places[0] == len(tally.times):
            rows = (*tally.rows, *new)
        else:
            merged = np.insert(np.array(tally.rows, dtype=object), places, np.array(new, dtype=object))
            rows = tuple(merged.tolist())
        return Tally(
            rows=rows,
            times=np.insert(tally.times, places, times),
            quanta=np.insert(tally.quanta, places, quanta),
            answers=np.insert(tally.answers, places, answers),
        )

    @cached_property
    def asked(self) -> Tally:
        """Those that are no follow-ups."""
        return self._where(~self.answers) if self.answers.any() else self

    @cached_property
    def answered(self) -> Tally:
        """The follow-ups."""
        return self._where(self.answers)

    def until(self, at: int) -> Tally:
        """Those that had happened by a moment, in microseconds."""
        last = int(np.searchsorted(self.times, at, side="right"))
        if last == len(self.times):
            return self
        return Tally(self.rows[:last], self.times[:last], self.quanta[:last], self.answers[:last])

    def _without(self, closed: Collection[str]) -> Tally:
        return self._where(np.array([row.revision_id not in closed for row in self.rows], dtype=np.bool_))

    def _where(self, kept: npt.NDArray[np.bool_]) -> Tally:
        rows = tuple(row for row, keep in zip(self.rows, kept.tolist(), strict=True) if keep)
        return Tally(rows, self.times[kept], self.quanta[kept], self.answers[kept])


NOTHING = Tally((), np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.bool_))
"""A tally that counts nothing yet."""
