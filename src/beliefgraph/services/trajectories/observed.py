"""A twin's evidence on the stages of a trajectory, as columns. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from beliefgraph.inference import LOG_LIKELIHOOD_BOUND
from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.identity import belief_id
from beliefgraph.model.time import microseconds
from beliefgraph.model.trajectory import TrajectoryDefinition
from beliefgraph.services.derivation.measure import measure, with_metric_evidence
from beliefgraph.services.snapshots.as_of import Snapshot
from beliefgraph.services.twin.bearings import BearingBlock, Bearings, valid_at
from beliefgraph.services.twin.blocks import Bools, Floats, Ints, unpacked


@dataclass(frozen=True, eq=False)
class Observed:
    """Evidence on stages, ascending by valid time (microseconds): the stage, its log-likelihood ratio and its rev."""

    time: Ints
    stage: Ints
    ratio: Floats
    rev: Ints
    evidence: Sequence[str]

    def __len__(self) -> int:
        return len(self.time)

    @property
    def signature(self) -> tuple[bytes, ...]:
        """What distinguishes it from other evidence."""
        return self.time.tobytes(), self.stage.tobytes(), self.ratio.tobytes()


def observed(moment: Snapshot, definition: TrajectoryDefinition, at: datetime) -> Observed:
    """The evidence on the stages by `at`, as known at the moment's rev; nothing that is valid later counts.

    Evidence is an observation at its own time: it does not age or expire. Withdrawn evidence is not included. A
    retraction ends the evidence on that stage before it. Of corrections of a stage at the same time, the latest counts.
    A metric is evidence from the moment at which it took its value.
    """
    state, graph = moment.state, moment.graph
    counted = with_metric_evidence(state, graph, measure(state, graph.definitions, at)).bearings
    places = {
        belief_id(state.id, BeliefKey.of(attribute=definition.attribute, value=value)): stage
        for stage, value in enumerate(definition.values)
    }
    until = microseconds(at)
    rows = counted.headed(lambda heading: heading.belief in places)
    if not len(rows):
        return _NOTHING
    block = counted.take(rows)
    block = block.take(np.flatnonzero(block.valid_from <= until))
    stage = np.array([places.get(heading.belief, -1) for heading in counted.register.headings], dtype=np.int64)
    counts = _counting(counted, block, until)
    order = np.flatnonzero(counts)
    revision = block.revision[order]
    order = order[np.lexsort((revision[:, 1], revision[:, 0], block.valid_from[order]))]
    block = block.take(order)
    return Observed(
        time=block.valid_from,
        stage=stage[block.heading],
        ratio=np.clip(block.number, -LOG_LIKELIHOOD_BOUND, LOG_LIKELIHOOD_BOUND),
        rev=block.rev_from.astype(np.int64),
        evidence=unpacked(block.evidence),
    )


def _counting(counted: Bearings, block: BearingBlock, until: int) -> Bools:
    """Which rows count: those not ended by a retraction and, of corrections at the same time, the latest."""
    groups = counted.register.groups
    belief = groups.belief[block.heading]
    retraction, correction = groups.retraction[block.heading], groups.correction[block.heading]
    counts = ~retraction
    for row in np.flatnonzero(retraction & valid_at(block, until)).tolist():
        known = groups.observation[block.heading] | (block.rev_from < block.rev_from[row])
        earlier = (block.valid_from < block.valid_from[row]) | ((block.valid_from == block.valid_from[row]) & known)
        counts &= ~(earlier & (belief == belief[row]))
    latest: dict[tuple[int, int], int] = {}
    for row in np.flatnonzero(counts & correction).tolist():
        key = int(belief[row]), int(block.valid_from[row])
        other = latest.setdefault(key, row)
        if other != row:
            later = max(other, row, key=lambda each: int(block.rev_from[each]))
            counts[other if later == row else row] = False
            latest[key] = later
    return counts


_NOTHING = Observed(
    time=np.zeros(0, dtype=np.int64),
    stage=np.zeros(0, dtype=np.int64),
    ratio=np.zeros(0),
    rev=np.zeros(0, dtype=np.int64),
    evidence=(),
)
