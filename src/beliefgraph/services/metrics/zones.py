"""The clock by which a metric counts days and weeks."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from beliefgraph.inference import windows
from beliefgraph.model.metric import MetricDefinition
from beliefgraph.model.zone import changes


def zone_of(definition: MetricDefinition) -> windows.Zone:
    """The time zone that a metric names, UTC if none."""
    return windows.UTC if definition.zone is None else _zone(definition.zone)


@lru_cache(maxsize=1_000)
def _zone(name: str) -> windows.Zone:
    since, offset = np.array(changes(name), dtype=np.int64).T
    return windows.Zone(np.concatenate([windows.UTC.since, since[1:]]), offset)
