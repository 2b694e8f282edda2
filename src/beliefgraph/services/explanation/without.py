"""A twin without some of its evidence. Pure."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from beliefgraph.model.delta import Delta
from beliefgraph.services.derivation.measure import reading_evidence
from beliefgraph.services.twin.state import TwinState


def without_evidence(state: TwinState, evidence: Collection[str]) -> TwinState:
    """The twin without these pieces of evidence, by id: their bearings, counts in metrics, statements about goals.

    The id of a metric's evidence removes everything that counts in the metric.
    """
    uncounted = [
        state.tallies[metric.id].row
        for metric in state.metrics.values()
        if metric.id in state.tallies and reading_evidence(state, metric) in evidence
    ]
    counted = state.measurements.records(np.unique(np.concatenate(uncounted))) if uncounted else []
    closed = {row.revision_id: row for row in (*state.stated_in(evidence), *counted)}
    return state.after(Delta.of(closed=closed.values()))
