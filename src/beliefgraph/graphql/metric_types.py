"""Output types of metrics."""

from __future__ import annotations

from beliefgraph.graphql.connections import connection
from beliefgraph.graphql.expose import expose
from beliefgraph.model import metric as metrics


@expose(metrics.Metric, hide={"id", "twin"})
class MetricName:
    """Identity of a metric, without its value; query `metric` for that."""


@expose(metrics.MetricState, within={"metric": metrics.Metric}, hide={"metric.id", "metric.twin", "apart"})
class Metric:
    """A metric of a twin at the requested moment."""


@expose(metrics.Reading, hide={"twin", "key"})
class Reading:
    """What the twin published about a metric, from the rev that changed it to the rev that changed it again."""


@expose(metrics.MetricChange)
class MetricChange:
    """One metric before and after a commit."""


MetricConnection = connection(Metric)

ReadingConnection = connection(Reading)
