"""The clock by which a metric counts days and weeks."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from beliefgraph.inference import windows
from beliefgraph.model.metric import MetricDefinition
from beliefgraph.model.zone import changes
from beliefgraph.services.metrics.tally import Tally


def zone_of(definition: MetricDefinition, events: Tally, told: Tally) -> windows.Zone:
    """The clock that a metric counts by: of the zones that its events tell, or others that only tell the zone (`told`).

    From each of them on, the clock is that of its zone; an event without one leaves it. Before the first, and where none
    has one, it is that of the definition's zone, or UTC.
    """
    stated = windows.UTC if definition.zone is None else _zone(definition.zone)
    changed: dict[int, str] = {}
    if definition.zone_events is not None:
        _take(changed, told)
    if definition.zone_from is not None:
        _take(changed, events)
    begins = sorted(changed)
    pieces = [(stated, int(windows.UTC.since[0]))] + [(_zone(changed[begin]), begin) for begin in begins]
    since, offset = [], []
    for (zone, begin), end in zip(pieces, [*begins, windows.NEVER], strict=True):
        inside = (zone.since > begin) & (zone.since < end)
        here = np.searchsorted(zone.since, begin, side="right") - 1
        since += [np.array([begin]), zone.since[inside]]
        offset += [zone.offset[here : here + 1], zone.offset[inside]]
    return windows.Zone(np.concatenate(since), np.concatenate(offset))


def _take(changed: dict[int, str], tally: Tally) -> None:
    """Note which zone is told when; of several at one instant, the last by name, whatever came first."""
    told: dict[int, str] = {}
    for time, name in zip(tally.times.tolist(), tally.rows.labels, strict=True):
        if name is not None:
            told[time] = max(name, told.get(time, ""))
    changed.update(told)


@lru_cache(maxsize=1_000)
def _zone(name: str) -> windows.Zone:
    since, offset = np.array(changes(name), dtype=np.int64).T
    return windows.Zone(np.concatenate([windows.UTC.since, since[1:]]), offset)
