"""What can be asked of metrics."""

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
    """The questions about metrics."""

    metrics = question(
        MetricConnection,
        "The metrics in which an event has counted, by name.",
        lambda verbs: verbs.metrics.metrics,
        paged=True,
    )
    metric = question(
        Metric,
        "One metric; one in which nothing has counted yet has nothing.",
        lambda verbs: verbs.metrics.metric,
        key=METRIC,
    )
    metric_events = question(
        EvidenceInConnection,
        "The events behind a metric: those in its window, the newest first.",
        lambda verbs: verbs.metrics.events,
        key=METRIC,
        paged=True,
    )
    metric_history = question(
        ReadingConnection,
        "What was published of a metric, the newest first.",
        lambda verbs: verbs.metrics.history,
        key=METRIC,
        paged=True,
    )
