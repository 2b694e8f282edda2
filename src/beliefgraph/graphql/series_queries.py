"""The query for curves over valid time, with its types."""

from __future__ import annotations

from datetime import datetime

import strawberry

from beliefgraph.graphql.arguments import argument
from beliefgraph.graphql.expose import expose
from beliefgraph.graphql.inputs import SeriesOf
from beliefgraph.graphql.roots import question
from beliefgraph.graphql.scalars import Duration
from beliefgraph.model import series


@expose(series.SeriesPoint)
class SeriesPoint:
    """One point of a series."""


@expose(series.Series)
class Series:
    """The course of a value over valid time, as known at the rev that is read, and its projection."""


@strawberry.type
class SeriesQueries:
    """The query for curves over valid time."""

    series = question(
        Series,
        "How a belief, a metric, the progress of a goal or a preference changed over a period, as points of a curve.",
        lambda services: services.series.series,
        key=argument(SeriesOf, "What the series is about: a belief, a metric, a goal or a preference."),
        matching={
            "since": argument(datetime | None, "Valid time of the first point; default: 90 days before `until`."),
            "until": argument(datetime | None, "Valid time of the last point; default: the moment that is read."),
            "points": argument(int | None, f"Number of points, 2 to {series.MOST_POINTS}; default: {series.POINTS}."),
            "project": argument(
                Duration | None,
                f"How far to project beyond `until`, with intervals; needs at least {series.LEAST_POINTS} points.",
            ),
        },
    )
