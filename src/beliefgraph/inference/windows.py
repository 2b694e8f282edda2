"""Numbers over a window of events: counts, sums, recency, streaks, unanswered questions, habits.

A window sees the events with `at - window < time <= at`. Times are whole microseconds since 1970, sorted; every
function is a sum, a maximum or a set of what it is handed, so the order in which events arrived changes no bit of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Times = npt.NDArray[np.int64]

DAY = 86_400_000_000
"""Microseconds in a day; a day is one of UTC's."""

WEEK = 7 * DAY
MONDAY = 4 * DAY
"""1970-01-05 was a Monday: weeks are counted from it."""

QUANTA = 10_000
"""Parts of one in which a sum is counted: integers have no order, so a sum does not depend on it."""


def seen(times: Times, at: int, window: int) -> slice:
    """Which of the times lie in (at - window, at]."""
    return slice(*np.searchsorted(times, (at - window, at), side="right").tolist())


def total(quanta: npt.NDArray[np.int64]) -> float:
    """The sum of values that are given in `QUANTA`."""
    return int(quanta.sum()) / QUANTA


def recency(times: Times, at: int) -> float:
    """Whole days since the last event; there must be one."""
    return float((at - int(times[-1])) // DAY)


def streak(times: Times, at: int, period: int) -> float:
    """How many periods in a row, up to this one or the last, had an event; `period` is `DAY` or `WEEK`."""
    periods = np.unique(_numbered(times, period))
    if _number(at, period) - periods[-1] > 1:
        return 0.0
    gaps = np.flatnonzero(np.diff(periods) > 1)
    return float(len(periods) if gaps.size == 0 else len(periods) - 1 - gaps[-1])


def breaks(times: Times, period: int) -> Times:
    """When the streaks that end with each event's period would break: at the end of the period after it."""
    return np.asarray((np.unique(_numbered(times, period)) + 2) * period + _phase(period))


def silent(times: Times, at: int, within: int) -> float:
    """1 if the last event is `within` ago or longer, else 0; there must be one."""
    return float(at - int(times[-1]) >= within)


def unanswered(
    asked: Sequence[tuple[int, str | None]], answered: Sequence[tuple[int, str | None]], at: int, within: int
) -> float:
    """How many questions are `within` old or older and have no answer of their label, at their own time or later.

    Both are (time, label) in the order of their times.
    """
    last = {label: time for time, label in answered}
    return float(sum(at - time >= within and last.get(label, time - 1) < time for time, label in asked))


def mode(labels: Sequence[str | None]) -> tuple[str | None, float]:
    """The most frequent label and its share of all; of equals the first by name."""
    counted = Counter(labels)
    label, times = min(counted.items(), key=lambda each: (-each[1], each[0] or ""))
    return label, times / len(labels)


def cadence(times: Times) -> float | None:
    """The mean gap between events in days; None for a single one."""
    return None if len(times) < 2 else (int(times[-1]) - int(times[0])) / (len(times) - 1) / DAY


def _phase(period: int) -> int:
    return MONDAY if period == WEEK else 0


def _number(time: int, period: int) -> int:
    return (time - _phase(period)) // period


def _numbered(times: Times, period: int) -> Times:
    return np.asarray((times - _phase(period)) // period)
