"""Series: the course of a belief, a metric, a goal or a preference over a span of valid time, and its projection."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from beliefgraph.errors import Incorrect
from beliefgraph.model.belief import ANYONE, ANYWHERE, AttributeName, BeliefKey
from beliefgraph.model.metric import MetricKey
from beliefgraph.model.record import Key, Record
from beliefgraph.model.time import Instant, ReadRev, ReadTime

DEFAULT_SPAN = timedelta(days=90)
LONGEST_SPAN = timedelta(days=36_600)
POINTS = 30
MOST_POINTS = 200

LEAST_POINTS = 8
"""Minimum number of points for a projection."""


class PreferenceKey(Record):
    """A preference by its attribute, its subject and its context."""

    attribute: AttributeName
    subject: Key = Field(ANYONE, description="What the preference is about; `self`: the person.")
    context: Key = Field(ANYWHERE, description="Context in which it is looked at; `any`: the broadest.")


class SeriesOf(Record):
    """What a series is about: exactly one of these."""

    belief: BeliefKey | None = Field(None, description="A belief: its confidence.")
    metric: MetricKey | None = Field(None, description="A metric: its value.")
    goal: Key | None = Field(None, description="The key of a goal: its progress.")
    preference: PreferenceKey | None = Field(
        None, description="A preference: the mean of its values' scores, or its strength if it has no scores."
    )

    def model_post_init(self, _context: object) -> None:
        """Refuse a series about none or several of them."""
        if sum(each is not None for each in (self.belief, self.metric, self.goal, self.preference)) != 1:
            raise Incorrect(
                "invalid-input", "A series is about a belief, a metric, a goal or a preference: name one of them."
            )


class SeriesPoint(Record):
    """One point of a series."""

    time: Instant = Field(description="Valid time of the point.")
    value: float | None = Field(
        description="Confidence, progress or strength in [0, 1], mean score in [-1, 1], or value of the metric; null "
        "if there is none."
    )
    low: float | None = Field(None, description="Lower bound of the 90 % interval; null unless projected.")
    high: float | None = Field(None, description="Upper bound of the 90 % interval; null unless projected.")


class Series(Record):
    """The course of a value over valid time, as known at the rev that is read, and its projection."""

    title: str = Field(description="Title of the series.")
    points: tuple[SeriesPoint, ...] = Field(description="The points at equal intervals, oldest first.")
    projected: tuple[SeriesPoint, ...] = Field(
        description=(
            "The projected points at the same intervals, each with a prediction interval; empty if no projection was "
            "requested."
        )
    )
    trend: float | None = Field(
        description="Mean change in 30 days. For a metric it is in the metric's unit; otherwise in log-odds, of the "
        "value as a share of its range. Null with fewer than two values."
    )
    valid_time: ReadTime
    rev: ReadRev
