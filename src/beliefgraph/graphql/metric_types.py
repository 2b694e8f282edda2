"""Metrics as they are answered."""

from __future__ import annotations

from beliefgraph.graphql.connections import connection
from beliefgraph.graphql.expose import expose
from beliefgraph.model import metric as metrics


@expose(metrics.Metric, hide={"id", "twin"})
class MetricName:
    """What a metric measures, without its value: ask `metric` for that."""


@expose(metrics.MetricState, within={"metric": metrics.Metric}, hide={"metric.id", "metric.twin", "apart"})
class Metric:
    """A metric of a twin, and how it stands at the moment that was asked for. `says` is its value and band in words.

    `deviation` is how far off a level may be."""


@expose(metrics.Reading, hide={"twin", "key"})
class Reading:
    """What the twin published of a metric, from the rev that changed it to the rev that changed it again."""


@expose(metrics.MetricChange)
class MetricChange:
    """One metric before and after a commit; `before` is null where nothing had counted in it."""


MetricConnection = connection(Metric)

ReadingConnection = connection(Reading)
