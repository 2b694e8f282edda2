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
        "The metrics that have counted an event, sorted by name.",
        lambda verbs: verbs.metrics.metrics,
        paged=True,
    )
    metric = question(
        Metric,
        "One metric, even if no event has counted in it yet.",
        lambda verbs: verbs.metrics.metric,
        key=METRIC,
    )
    metric_events = question(
        EvidenceInConnection,
        "The events in a metric's window, newest first.",
        lambda verbs: verbs.metrics.events,
        key=METRIC,
        paged=True,
    )
    metric_history = question(
        ReadingConnection,
        "What was published about a metric, newest first.",
        lambda verbs: verbs.metrics.history,
        key=METRIC,
        paged=True,
    )
