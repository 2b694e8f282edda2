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
    """Events of one type that mean that an outcome happened."""


@expose(outcomes.MetricReached)
class MetricReached:
    """A metric within bounds at the end of a period."""


@expose(outcomes.BeliefReached)
class BeliefReached:
    """A condition on a belief at the end of a period: a confidence, or a correction."""


@expose(outcomes.Horizon)
class Horizon:
    """How far ahead an outcome is forecast, and the probability used if nothing was learned."""


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
    """The grades of an outcome in their order, and what determines the grade reached: exactly one of `value`, `metric`
    and `attribute`.
    """


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
    """The probability that an outcome has happened by a moment."""


@expose(forecasts.ForecastQuantile)
class ForecastQuantile:
    """The time by which an outcome has happened with a given probability."""


@expose(forecasts.GradeForecast)
class GradeForecast:
    """How likely one grade of an outcome is."""


@expose(forecasts.Forecast, hide={"twin", "cumulative"})
class Forecast:
    """The probability of an outcome within a horizon, with its contributions and its resolution."""

    resolution: Resolution | None = attribute(  # type: ignore[assignment]
        "resolution", Resolution | None, "Its newest resolution; null while the forecast is open."
    )
    curve: list[CurvePoint] = attribute(  # type: ignore[assignment]
        "curve",
        list[CurvePoint],
        "Probability that the outcome has happened by the end of each period of the horizon; 1 minus the last of them "
        "is the probability that it does not happen within the horizon. Empty for outcomes with grades.",
    )
    quantiles: list[ForecastQuantile] = attribute(  # type: ignore[assignment]
        "quantiles",
        list[ForecastQuantile],
        (
            "The times by which it has happened with a probability of 10, 25, 50, 75 and 90 %. Empty for outcomes with "
            "grades."
        ),
    )


@expose(forecasts.ForecastMade)
class ForecastMade:
    """How many forecasts one call stored."""


@expose(forecasts.ForecastsResolved)
class ForecastsResolved:
    """How many forecasts one call resolved."""


@expose(forecasts.ReliabilityBin)
class ReliabilityBin:
    """The forecasts with a probability between two bounds, and how often their outcome happened."""


@expose(forecasts.TimePoint)
class TimePoint:
    """Forecast and observed frequency of the outcome having happened by one time after the forecasts were made."""


@expose(forecasts.TimeScores)
class TimeScores:
    """Accuracy of a set of resolved forecasts, as distributions over the time when the outcome happens."""


@expose(forecasts.GradeShare)
class GradeShare:
    """How often one grade was forecast, and how often it was reached."""


@expose(forecasts.GradeScores)
class GradeScores:
    """Accuracy of a set of resolved forecasts, as distributions over grades."""


@expose(forecasts.RecordScores)
class RecordScores:
    """Accuracy of a set of resolved forecasts."""


@expose(forecasts.RecordGroup)
class RecordGroup:
    """The scores of one group of forecasts."""


@expose(forecasts.OutcomeRecord)
class OutcomeRecord:
    """How accurate the forecasts of an outcome within one horizon were."""


ForecastConnection = connection(Forecast)
