"""The clock by which a metric counts days and weeks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from beliefgraph.inference import windows
from beliefgraph.model.metric import MetricDefinition
from beliefgraph.model.zone import changes


def zone_of(definition: MetricDefinition, times: windows.Times, names: Sequence[str | None]) -> windows.Zone:
    """The clock that a metric counts by: of the zones in which its events happened, where they say so.

    `names` are those of the events at `times`, in order. From each event on, the clock is that of its zone; an event
    without one leaves it. Before the first, and where none has one, it is that of the definition's zone, or UTC.
    """
    stated = windows.UTC if definition.zone is None else _zone(definition.zone)
    if definition.zone_from is None:
        return stated
    changed: dict[int, str] = {}
    for time, name in zip(times.tolist(), names, strict=True):
        if name is not None:
            changed[time] = max(name, changed.get(time, ""))  # of one instant: whatever came first
    if not changed:
        return stated
    begins = [int(windows.UTC.since[0]), *list(changed)[1:]]
    since, offset = [], []
    for name, begin, end in zip(changed.values(), begins, [*begins[1:], windows.NEVER], strict=True):
        zone = _zone(name)
        inside = (zone.since > begin) & (zone.since < end)
        here = np.searchsorted(zone.since, begin, side="right") - 1
        since += [np.array([begin]), zone.since[inside]]
        offset += [zone.offset[here : here + 1], zone.offset[inside]]
    return windows.Zone(np.concatenate(since), np.concatenate(offset))


@lru_cache(maxsize=1_000)
def _zone(name: str) -> windows.Zone:
    since, offset = np.array(changes(name), dtype=np.int64).T
    return windows.Zone(np.concatenate([windows.UTC.since, since[1:]]), offset)
