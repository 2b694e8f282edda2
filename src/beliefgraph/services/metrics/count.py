"""How an event counts in the metrics of a twin: one row for each, and the metrics in which it is the first. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from beliefgraph.model.identity import metric_id
from beliefgraph.model.metric import Measurement, Metric
from beliefgraph.model.timeline import revision_id
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.interpretation.protocol import CountsIn
from beliefgraph.services.twin.state import TwinState


def measurement(
    state: TwinState, graph: DefinitionGraph, evidence: str, source: str, time: datetime, counts: CountsIn
) -> Measurement:
    """The row for an event that counts in a metric from its time on, while it is remembered; opened by the next rev.

    A time zone that it states applies until another is stated.
    """
    definitions, rev = graph.definitions, state.rev + 1
    defined = definitions.metrics[counts.metric.metric]
    zone_stated = counts.answers and defined.zone_events is not None
    metric = metric_id(state.id, counts.metric)
    key = f"{evidence}|{metric}|answers" if counts.answers else f"{evidence}|{metric}"
    return Measurement.trusted(
        revision_id=revision_id("Measurement", key, rev, time),
        twin=state.id,
        key=key,
        valid_from=time,
        valid_to=None if zone_stated else time + defined.remembered,
        rev_from=rev,
        rev_to=None,
        definition=definitions.metric_refs[counts.metric.metric],
        origin="observed",
        evidence=evidence,
        metric=metric,
        source=source,
        value=counts.value,
        label=counts.label,
        answers=counts.answers,
    )


def new_metrics(state: TwinState, graph: DefinitionGraph, counts: Iterable[CountsIn]) -> list[Metric]:
    """The metrics in which nothing has counted before."""
    found = {metric_id(state.id, each.metric): each.metric for each in counts}
    return [
        Metric.trusted(
            id=id_,
            twin=state.id,
            name=key.metric,
            subject=key.subject,
            context=key.context,
            statement=graph.definitions.metrics[key.metric].statement,
        )
        for id_, key in found.items()
        if id_ not in state.metrics
    ]
