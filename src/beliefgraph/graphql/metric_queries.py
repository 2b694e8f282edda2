"""The queries about metrics."""

from __future__ import annotations

import strawberry

from beliefgraph.graphql.arguments import argument
from beliefgraph.graphql.evidence_types import EvidenceInConnection
from beliefgraph.graphql.inputs import MetricKey
from beliefgraph.graphql.metric_types import Metric, MetricConnection, ReadingConnection
from beliefgraph.graphql.roots import question

METRIC = argument(MetricKey, "The metric: its name, subject and context.")


@strawberry.type
class MetricQueries:
    """The queries about metrics."""

    metrics = question(
        MetricConnection,
        "The metrics in which an event has counted, sorted by name.",
        lambda services: services.metrics.metrics,
        paged=True,
    )
    metric = question(
        Metric,
        "One metric, even if no event has counted in it yet.",
        lambda services: services.metrics.metric,
        key=METRIC,
    )
    metric_events = question(
        EvidenceInConnection,
        "The events in a metric's window, newest first.",
        lambda services: services.metrics.events,
        key=METRIC,
        paged=True,
    )
    metric_history = question(
        ReadingConnection,
        "What was published about a metric, newest first.",
        lambda services: services.metrics.history,
        key=METRIC,
        paged=True,
    )
