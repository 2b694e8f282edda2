"""The clock by which a metric counts days and weeks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np

from beliefgraph.inference import windows
from beliefgraph.model.metric import MetricDefinition
from beliefgraph.model.zone import changes


def zone_of(
    definition: MetricDefinition,
    times: windows.Times,
    names: Sequence[str | None],
    statements: Iterable[tuple[int, str | None]] = (),
) -> windows.Zone:
    """The clock that a metric counts by: from the zones that its events state, or that other events only state.

    `names` are the zones of the events at `times`, in order, and `statements` those of the other events, each with its
    time.
    From each of them on, the clock is that of its zone; an event without a zone does not change it. Before the first,
    and where there is none, it is that of the definition's zone, or UTC.
    """
    stated = windows.UTC if definition.zone is None else _zone(definition.zone)
    changed: dict[int, str] = {}
    for zones in (statements, zip(times.tolist(), names, strict=True) if definition.zone_from is not None else ()):
        at_once: dict[int, str] = {}
        for time, name in zones:
            if name is not None:
                at_once[time] = max(name, at_once.get(time, ""))  # at one instant, independent of the order of arrival
        changed.update(at_once)
    if not changed:
        return stated
    begins = sorted(changed)
    pieces = [(_zone(changed[begin]), begin) for begin in begins]
    beginning = int(windows.UTC.since[0])
    if len(times) and times[0] < begins[0]:
        pieces.insert(0, (stated, beginning))
    else:
        pieces[0] = (pieces[0][0], beginning)
    since, offset = [], []
    for (zone, begin), end in zip(pieces, [*(begin for _, begin in pieces[1:]), windows.NEVER], strict=True):
        inside = (zone.since > begin) & (zone.since < end)
        here = np.searchsorted(zone.since, begin, side="right") - 1
        since += [np.array([begin]), zone.since[inside]]
        offset += [zone.offset[here : here + 1], zone.offset[inside]]
    return windows.Zone(np.concatenate(since), np.concatenate(offset))


@lru_cache(maxsize=1_000)
def _zone(name: str) -> windows.Zone:
    since, offset = np.array(changes(name), dtype=np.int64).T
    return windows.Zone(np.concatenate([windows.UTC.since, since[1:]]), offset)
