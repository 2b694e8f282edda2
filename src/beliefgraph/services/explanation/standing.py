"""The state of a metric for queries: its value as text, since when, and its events. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from beliefgraph.model.evidence import Evidence, Source
from beliefgraph.model.identity import METRIC, metric_id, source_id
from beliefgraph.model.metric import Measurement, Metric, MetricKey, MetricState
from beliefgraph.model.question import EvidenceIn
from beliefgraph.services.derivation.measure import Measured, due, measured_at, reading_evidence, since
from beliefgraph.services.snapshots.as_of import Snapshot
from beliefgraph.services.snapshots.recompute import Recomputed
from beliefgraph.services.twin.measurements import nothing
from beliefgraph.store.evidence import EvidenceWithSource
from beliefgraph.store.keys import Keyring

NEWEST = 20
"""Most events that an explanation lists for a metric; a separate query returns all of them."""


def one_metric(moment: Snapshot, key: MetricKey) -> Measured:
    """A metric at a moment, also one in which nothing has counted yet; `unknown-metric` if it is not defined."""
    definition, id_ = moment.graph.definitions.metric(key.metric), metric_id(moment.state.id, key)
    metric = moment.state.metrics.get(id_) or Metric(
        id=id_,
        twin=moment.state.id,
        name=key.metric,
        subject=key.subject,
        context=key.context,
        statement=definition.statement,
    )
    tally = moment.state.tallies.get(id_) or nothing(moment.state.measurements)
    found = measured_at(metric, definition, tally, moment.at)
    return found or Measured(metric, definition, definition.nothing, None, tally.part(0, 0).rows, moment.at)


def standing(moment: Snapshot, one: Measured) -> MetricState:
    """The state of a metric, unrounded."""
    tally = moment.state.tallies.get(one.metric.id) or nothing(moment.state.measurements)
    return MetricState(
        metric=one.metric,
        kind=one.definition.kind,
        window=one.definition.window,
        value=one.value,
        deviation=one.deviation,
        label=one.label,
        band=None if one.band is None else one.band.says,
        since=since(one, tally, moment.at),
        due=due(one, tally, moment.at),
        events=len(one.events),
        shown=one.shown,
        says=one.says,
        valid_time=moment.at,
        rev=moment.state.rev,
        apart=moment.apart,
    )


def measured_among(seen: Recomputed, evidence: Collection[str]) -> dict[str, Measured]:
    """The metrics among the evidence, by the id of their evidence."""
    state = seen.moment.state
    found = {reading_evidence(state, one.metric): one for one in seen.derived.contributions.measured}
    return {id_: one for id_, one in found.items() if id_ in evidence}


def metric_evidence(seen: Recomputed, one: Measured, rows: Mapping[str, EvidenceWithSource]) -> tuple[Evidence, Source]:
    """The evidence from a metric, dated by its newest event, and its source."""
    state, name = seen.moment.state, METRIC + one.metric.name
    source = Source(id=source_id(state.tenant, name), tenant=state.tenant, name=name)
    evidence = Evidence(
        id=reading_evidence(state, one.metric),
        twin=state.id,
        event=rows[one.events[-1].evidence].evidence.event,
        source=source.id,
        time=one.moment,
        summary=one.says,
    )
    return evidence, source


def newest(one: Measured) -> Sequence[Measurement]:
    """The latest events behind a metric, newest first."""
    return list(one.events[: -NEWEST - 1 : -1])


def events_of(
    measurements: Sequence[Measurement], rows: Mapping[str, EvidenceWithSource], keyring: Keyring
) -> tuple[EvidenceIn, ...]:
    """The events as they count in the metric, with their summaries."""
    return tuple(
        EvidenceIn.trusted(
            evidence=rows[row.evidence].opened(keyring), source=rows[row.evidence].source, measurement=row
        )
        for row in measurements
    )
