"""A twin that some evidence was never given to. Pure."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from beliefgraph.services.metrics.measure import reading_evidence
from beliefgraph.services.state import TwinState
from beliefgraph.store.commits import GoalRows


def never_said(state: TwinState, evidence: Collection[str]) -> TwinState:
    """The twin without these pieces of evidence, by their ids: they bear on nothing, count in no metric, state no goal.

    The id under which a metric speaks takes away all that counts in the metric.
    """
    uncounted = [state.measurements.of_evidence(evidence)]
    for metric in state.metrics.values():
        if metric.id in state.tallies and reading_evidence(state, metric) in evidence:
            uncounted.append(state.tallies[metric.id].row)
    unstated = GoalRows(
        closed_statements=[row for row in state.statements if row.evidence in evidence],
        closed_relations=[row for row in state.goal_relations if row.evidence in evidence],
    )
    return state.with_goals(unstated).with_inputs(
        beliefs=(),
        closed_bearings=state.bearings.records(state.bearings.of_evidence(evidence)),
        bearings=(),
        closed_relations=(),
        relations=(),
        closed_measurements=state.measurements.records(np.unique(np.concatenate(uncounted))),
    )
