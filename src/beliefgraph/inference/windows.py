"""Numbers over a window of events: counts, sums, recency, streaks, unanswered questions, modes, cadences.

A window contains the events with `at - window < time <= at`. Times are whole microseconds since 1970. Functions return
values for many moments at once, and each is a sum, a maximum or a set of what is in the window, so the order in which
events arrived changes no bit.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Times = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

DAY = 86_400_000_000
"""Microseconds in a day of 24 hours."""

WEEK = 7 * DAY
MONDAY = 4 * DAY
"""1970-01-05 was a Monday: weeks are counted from then."""

QUANTA = 10_000
"""Quanta per unit in which sums are counted: integer addition is associative, so a sum does not depend on the order."""

NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Zone:
    """The clock of a time zone: from each moment of `since` on, in order, it is ahead of UTC by the `offset`.

    The first of `since` is before every event. Days and weeks are those of this clock, so a day on which it changes has
    23 or 25 hours. The clock of a traveller changes by more.
    """

    since: Times
    offset: Times

    def local(self, times: Times) -> Times:
        """Local times of these moments."""
        return np.asarray(times + self.offset[np.searchsorted(self.since, times, side="right") - 1])

    def first(self, local: Times) -> Times:
        """The first moments with this local time or a later one: in a skipped hour, the moment of the change."""
        ends = np.maximum.accumulate(self.since[1:] + self.offset[:-1])
        place = np.searchsorted(ends, local, side="right")
        return np.asarray(np.maximum(local - self.offset[place], self.since[place]))


UTC = Zone(np.array([np.iinfo(np.int64).min]), np.zeros(1, dtype=np.int64))


@dataclass(frozen=True)
class WindowEvents:
    """The events seen from the moments `at`, in order, among the sorted `times`: those from `first` up to `end`.

    All methods except for `count` require that every moment sees an event.
    """

    times: Times
    window: int
    at: Times
    first: Times
    end: Times

    @property
    def count(self) -> Times:
        """The number of events of each moment."""
        return self.end - self.first

    @property
    def last(self) -> Times:
        """The time of each moment's last event."""
        return self.times[self.end - 1]


def seen(times: Times, at: Times, window: int, *, keeps_last: bool = False) -> WindowEvents:
    """The events in (at - window, at] for each of the moments, which are in order.

    With `keeps_last`, the last event until then is included however old it is.
    """
    first, end = (np.searchsorted(times, edge, side="right") for edge in (at - window, at))
    if keeps_last:
        first = np.minimum(first, np.maximum(end - 1, 0))
    return WindowEvents(times, window, at, first, end)


def total(view: WindowEvents, quanta: npt.NDArray[np.int64]) -> Floats:
    """The sums of values that are given in `QUANTA`."""
    summed = np.concatenate([[0], np.cumsum(quanta)])
    return np.asarray((summed[view.end] - summed[view.first]) / QUANTA)


def recency(view: WindowEvents) -> Floats:
    """Whole days since the last event."""
    return np.asarray((view.at - view.last) // DAY, dtype=np.float64)


def streak(view: WindowEvents, period: int, zone: Zone = UTC) -> Floats:
    """The number of consecutive periods with an event, up to this one or the last.

    `period` is `DAY` or `WEEK` of the zone. If a journey sets the clock back, events in a repeated earlier period count
    in the later one.
    """
    periods, which = np.unique(np.maximum.accumulate(_numbered(view.times, period, zone)), return_inverse=True)
    begins = np.concatenate([[True], np.diff(periods) > 1])
    run = np.maximum.accumulate(np.where(begins, np.arange(len(periods)), 0))
    last = which[view.end - 1]
    length = last + 1 - np.maximum(run[last], which[view.first])
    return np.where(_numbered(view.at, period, zone) - periods[last] > 1, 0.0, length)


def breaks(times: Times, period: int, zone: Zone = UTC) -> Times:
    """When the streak that ends with each event's period would break: at the end of the period after it."""
    return zone.first((np.unique(_numbered(times, period, zone)) + 2) * period + _phase(period))


def silent(view: WindowEvents, within: int) -> Floats:
    """1 if the last event is `within` ago or longer, else 0."""
    return np.asarray(view.at - view.last >= within, dtype=np.float64)


def unanswered(
    view: WindowEvents, labels: Sequence[str | None], answered: Times, answers: Sequence[str | None], within: int
) -> Floats:
    """How many questions are `within` old or older and had no answer with their label, at their own time or later.

    `labels` are those of all times, `answers` those of the sorted times `answered`.
    """
    known: dict[str | None, list[int]] = defaultdict(list)
    for time, label in zip(answered.tolist(), answers, strict=True):
        known[label].append(time)
    replies = [_next(known.get(label, ()), time) for time, label in zip(view.times.tolist(), labels, strict=True)]
    replied = np.array(replies, dtype=np.int64)
    begun, over = view.times + within, np.minimum(replied, view.times + view.window)
    open_ = begun < over
    began, ended = (np.searchsorted(np.sort(edge[open_]), view.at, side="right") for edge in (begun, over))
    return np.asarray(began - ended, dtype=np.float64)


def mode(view: WindowEvents, labels: Sequence[str | None]) -> Iterator[tuple[str | None, float]]:
    """The most frequent label of each moment, and its share; ties by name."""
    counted: Counter[str | None] = Counter()
    low = high = 0
    for first, end in zip(view.first.tolist(), view.end.tolist(), strict=True):
        counted.update(labels[high:end])
        counted.subtract(labels[low:first])
        low, high = first, end
        label, times = min(counted.items(), key=lambda each: (-each[1], each[0] or ""))
        yield label, times / (end - first)


def cadence(view: WindowEvents) -> Floats:
    """The mean gap between events in days; NaN for a single event."""
    gaps = np.where(view.count > 1, view.count - 1, np.nan)
    return np.asarray((view.last - view.times[view.first]) / gaps / DAY)


def _next(times: Sequence[int], at: int) -> int:
    place = bisect_left(times, at)
    return times[place] if place < len(times) else NEVER


def _phase(period: int) -> int:
    return MONDAY if period == WEEK else 0


def _numbered(times: Times, period: int, zone: Zone) -> Times:
    return np.asarray((zone.local(times) - _phase(period)) // period)
