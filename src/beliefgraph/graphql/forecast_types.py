"""Output types of outcomes, forecasts and their record."""

from __future__ import annotations

from beliefgraph.graphql import decision_types  # noqa: F401  shows the beliefs that outcomes name
from beliefgraph.graphql.connections import connection
from beliefgraph.graphql.expose import attribute, expose
from beliefgraph.model import forecast as forecasts
from beliefgraph.model import grade as grades
from beliefgraph.model import metric as metrics
from beliefgraph.model import outcome as outcomes


@expose(metrics.MetricKey)
class MetricReference:
    """A metric by its name, subject and context."""


@expose(outcomes.OutcomeEvent)
class OutcomeEvent:
    """Events of one type by which an outcome happens."""


@expose(outcomes.MetricReached)
class MetricReached:
    """A metric within bounds at the end of a period."""


@expose(outcomes.BeliefReached)
class BeliefReached:
    """A belief that turned out at the end of a period: by its confidence, or by a correction."""


@expose(outcomes.Horizon)
class Horizon:
    """How far ahead an outcome is forecast, and how likely it is where nothing was learned."""


@expose(outcomes.Held)
class BeliefHeld:
    """A belief that a twin holds with at least some confidence."""


@expose(outcomes.Segment)
class Segment:
    """Twins for which an outcome is more likely or less likely than for others."""


@expose(grades.Grade)
class Grade:
    """One grade of an outcome."""


@expose(grades.Grades)
class Grades:
    """The grades of an outcome in their order, and what says which of them came."""


@expose(outcomes.OutcomeDefinition)
class OutcomeDefinition:
    """What may happen to a twin, what counts as having happened, and how it is forecast."""


@expose(outcomes.LearnedHazard)
class LearnedHazard:
    """Hazard of an outcome as learned: log-odds that it happens within one period."""


@expose(grades.LearnedGrades)
class LearnedGrades:
    """Distribution over the grades of an outcome as learned."""


@expose(forecasts.ForecastInput)
class ForecastInput:
    """One input of a forecast with what it adds to the log-odds."""


@expose(forecasts.Resolution, hide={"id", "forecast", "twin"})
class Resolution:
    """The resolution of a forecast, as known at one rev."""


@expose(forecasts.CurvePoint)
class CurvePoint:
    """How likely it is that an outcome has happened by a moment."""


@expose(forecasts.ForecastQuantile)
class ForecastQuantile:
    """By when an outcome has happened with a probability."""


@expose(forecasts.GradeForecast)
class GradeForecast:
    """How likely one grade of an outcome is."""


@expose(forecasts.Forecast, hide={"twin", "cumulative"})
class Forecast:
    """The probability of an outcome within a horizon, with its contributions and its resolution."""

    resolution: Resolution | None = attribute(  # type: ignore[assignment]
        "resolution", Resolution | None, "Its resolution, as far as it is known; null while it is open."
    )
    curve: list[CurvePoint] = attribute(  # type: ignore[assignment]
        "curve",
        list[CurvePoint],
        "When it happens: how likely it is that it has happened by the end of each period of the horizon. What is left "
        "at its end is the probability that it does not happen within it. Empty of grades.",
    )
    quantiles: list[ForecastQuantile] = attribute(  # type: ignore[assignment]
        "quantiles", list[ForecastQuantile], "By when it has happened with 10, 25, 50, 75 and 90 %. Empty of grades."
    )


@expose(forecasts.ForecastMade)
class ForecastMade:
    """How many forecasts one call stored."""


@expose(forecasts.ForecastsResolved)
class ForecastsResolved:
    """How many forecasts one call resolved."""


@expose(forecasts.ReliabilityBin)
class ReliabilityBin:
    """The forecasts between two probabilities, and how often it happened."""


@expose(forecasts.TimePoint)
class TimePoint:
    """Forecast and observed frequency by one time after forecasts were made."""


@expose(forecasts.TimeScores)
class TimeScores:
    """How good some resolved forecasts were as distributions over when the outcome happens."""


@expose(forecasts.GradeShare)
class GradeShare:
    """How often one grade was said and came."""


@expose(forecasts.GradeScores)
class GradeScores:
    """How good some resolved forecasts were as distributions over grades."""


@expose(forecasts.RecordScores)
class RecordScores:
    """How good some resolved forecasts were."""


@expose(forecasts.RecordGroup)
class RecordGroup:
    """The scores of one group of forecasts."""


@expose(forecasts.OutcomeRecord)
class OutcomeRecord:
    """How good the forecasts of an outcome within one horizon were."""


ForecastConnection = connection(Forecast)
