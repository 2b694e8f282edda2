"""What a commit publishes of metrics: a reading for every one whose rounded value, label or band changed."""

from __future__ import annotations

from beliefgraph.model.delta import Delta
from beliefgraph.model.metric import Metric, MetricChange, Reading
from beliefgraph.model.timeline import inferred
from beliefgraph.services.derivation.measure import reading_evidence
from beliefgraph.services.layer.protocol import Layer, PublishContext, Published
from beliefgraph.services.twin.state import TwinState


def publish(context: PublishContext) -> Published:
    """The readings that end, and those that begin; a metric whose events were all withdrawn has none."""
    state, derived, definitions = context.after, context.derivation, context.graph.definitions
    if not state.metrics:
        return Published()
    now: dict[str, tuple[float | None, str | None, float | None]] = {
        id_: (definitions.metrics[state.metrics[id_].name].nothing, None, None) for id_ in state.readings
    }
    for one in derived.contributions.measured:
        value = None if one.value is None else round(one.value, 2)
        now[one.metric.id] = (value, one.label, None if one.band is None else one.band.at_least)
    closed, opened = [], []
    for id_, (value, label, band) in now.items():
        before = state.readings.get(id_)
        if before and (before.value, before.label, before.band) == (value, label, band):
            continue
        if before:
            closed.append(before)
        opened.append(
            inferred(
                Reading,
                state.id,
                id_,
                derived.at,
                context.rev,
                definitions.metric_refs[state.metrics[id_].name],
                value=value,
                label=label,
                band=band,
            )
        )
    return Published(Delta.of(opened=opened, closed=closed))


def _change(metric: Metric, before: Reading | None, after: Reading) -> MetricChange:
    return MetricChange(metric=metric, before=before, after=after)


def _evidence(state: TwinState) -> set[str]:
    return {reading_evidence(state, metric) for metric in state.metrics.values()}


METRICS = Layer("metrics", Metric, Reading, _change, publish, evidence=_evidence)
"""The metrics of a twin. Events count in metrics by the draft of the beliefs, with their evidence."""
