"""Forecasts: the stated probability of an outcome within a horizon, its reasons, and its resolution.

A forecast is stored once and is immutable. Each resolution is a separate `Resolution`; the latest one counts.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import Field

from beliefgraph.model.record import Key, LogOdds, Name, Probability, Record, TwinId
from beliefgraph.model.time import Instant, Rev
from beliefgraph.model.vocabulary import vocabulary

ForecastBasis = Annotated[
    Literal["learned", "belief", "segment", "tenant", "stated"],
    vocabulary(
        "What a forecast is based on.",
        {
            "learned": "A hazard learned from the tenant's twins.",
            "belief": "A base rate or the stated probability, shifted by the belief that indicates the outcome.",
            "segment": (
                "The base rate of the twin's segment: the learned one, otherwise one computed from its stated "
                "odds ratio."
            ),
            "tenant": "The learned base rate of the tenant's twins that are in no segment.",
            "stated": "The stated probability only.",
        },
    ),
]


class ForecastInput(Record):
    """One input of a forecast with what it adds to the log-odds."""

    input: str = Field(description="What it is: activity, a belief, a metric, a segment or another input.")
    value: float | None = Field(None, description="Its value at the time; null if it has several or none.")
    contribution: LogOdds = Field(description="What it adds to the log-odds of the forecast.")


QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
"""Probabilities for which a forecast gives the time by which they are reached."""


class CurvePoint(Record):
    """The probability that an outcome has happened by a moment."""

    at: Instant = Field(description="End of a period of the horizon.")
    probability: Probability = Field(description="Probability that the outcome has happened by then.")


class ForecastQuantile(Record):
    """The time by which an outcome has happened with a given probability."""

    share: Probability = Field(description="The probability.")
    at: Instant | None = Field(
        None,
        description="End of the first period by which the probability is reached; null: not within the horizon.",
    )


class GradeForecast(Record):
    """How likely one grade of an outcome is."""

    grade: Key = Field(description="Name of the grade.")
    probability: Probability = Field(description="Probability of this grade, given that there is a grade.")
    at_least: Probability = Field(description="Probability of this grade or a higher one, given that there is a grade.")


class Resolution(Record):
    """The resolution of a forecast, as it was known at one rev."""

    id: str = Field(description="Id of the resolution (UUIDv5 of forecast and number).")
    forecast: str = Field(description="Id of the forecast.")
    twin: TwinId
    number: int = Field(ge=1, description="1 for the first resolution; each later one adds 1 and replaces it.")
    happened: bool = Field(
        description="Whether the outcome happened within the horizon; for an outcome with grades, whether the grade "
        "counted as happening, or a higher one, was reached."
    )
    at: Instant = Field(description="When it happened; if it did not, the end of the horizon.")
    grade: Key | None = Field(
        None,
        description="Grade that was reached; null if none was reached within the horizon, or if the outcome has no "
        "grades.",
    )
    rev: Rev = Field(description="Rev of the twin that it was resolved from.")
    resolved_at: Instant = Field(description="When it was resolved.")


class Forecast(Record):
    """How likely an outcome is within a horizon, made from what a twin had published by one rev.

    `baseline` and the contributions of the inputs sum to the log-odds. Of an outcome with grades these are about the
    grade from which on it counts as having happened, and the inputs add the same to the log-odds of every grade.
    """

    id: str = Field(description="Id of the forecast (UUIDv5 of twin, outcome, horizon and time).")
    twin: TwinId
    outcome: Name = Field(description="Key of the outcome.")
    horizon: timedelta = Field(description="How far ahead it looks.")
    made_at: Instant = Field(description="Valid time from which it looks ahead; no later evidence was used.")
    due: Instant = Field(description="End of the horizon.")
    probability: Probability = Field(
        description="Probability that the outcome happens within the horizon. For an outcome with grades: the "
        "probability that the grade counted as happening, or a higher one, is reached, given that there is"
        " a grade."
    )
    log_odds: LogOdds = Field(description="The probability as log-odds.")
    baseline: LogOdds = Field(description="Log-odds without the inputs.")
    inputs: tuple[ForecastInput, ...] = Field(description="The inputs, the strongest first.")
    cumulative: tuple[Probability, ...] = Field(
        (),
        description="Probability that the outcome has happened by the end of each period of the horizon, the last "
        "being `probability`; empty of grades, and where it was stored before there were such curves.",
    )
    grades: tuple[GradeForecast, ...] = Field(
        (), description="Distribution over the grades, the lowest first; empty where the outcome has none."
    )
    basis: ForecastBasis
    segment: str | None = Field(None, description="Segment of the twin at the time; null if none matched.")
    rev: Rev = Field(description="Rev of the twin that it was made from.")
    definitions: int = Field(description="Number of the definition set that it was made under.")
    parameters: int | None = Field(
        None,
        description="Number of the parameter set that it was made with; null unless it is based on learned parameters.",
    )
    twins: int | None = Field(
        None,
        description="Number of twins that the parameters were learned from; null unless it is based on learned "
        "parameters.",
    )
    since: Instant = Field(description="Time of the twin's first event: how much history there was.")
    stored_at: Instant | None = Field(None, description="When it was stored; null if it was not.")
    retrospective: bool = Field(
        description="Whether it was made after the period that it belongs to, so that the outcome may have been known "
        "already. The record excludes such forecasts unless they are requested."
    )
    resolutions: tuple[Resolution, ...] = Field(
        (), description="Its resolutions, the newest first; empty if it is not due."
    )

    @property
    def resolution(self) -> Resolution | None:
        """Its resolution, as far as it is known; None while it is open."""
        return self.resolutions[0] if self.resolutions else None

    @property
    def curve(self) -> tuple[CurvePoint, ...]:
        """The probability that the outcome has happened by the end of each period."""
        return tuple(CurvePoint(at=self._end(k), probability=p) for k, p in enumerate(self.cumulative))

    @property
    def quantiles(self) -> tuple[ForecastQuantile, ...]:
        """The times by which some probabilities are reached; empty without a curve."""
        if not self.cumulative:
            return ()
        periods = [(share, bisect_left(self.cumulative, share)) for share in QUANTILES]
        return tuple(
            ForecastQuantile(share=share, at=self._end(k) if k < len(self.cumulative) else None) for share, k in periods
        )

    def _end(self, period: int) -> datetime:
        return self.made_at + (period + 1) * self.horizon / len(self.cumulative)


class ForecastMade(Record):
    """How many forecasts one call stored."""

    stored: int = Field(description="Forecasts that were stored.")
    known: int = Field(description="Forecasts that had been stored before.")
    twins: int = Field(description="Twins that were processed.")
    end_cursor: str | None = Field(None, description="`after` of the next call; null if all twins were processed.")


class ForecastsResolved(Record):
    """How many forecasts one call resolved."""

    resolved: int = Field(description="Forecasts that were resolved for the first time.")
    changed: int = Field(description="Forecasts whose resolution changed because of late events.")
    twins: int = Field(description="Twins that were processed.")


class ReliabilityBin(Record):
    """The forecasts with a probability between two bounds, and how often their outcome happened."""

    low: Probability = Field(description="Lower end of the bin, inclusive.")
    high: Probability = Field(description="Upper end of the bin, exclusive except for 1.")
    count: int = Field(description="Number of forecasts.")
    said: Probability | None = Field(description="Mean forecast probability; null if there are no forecasts.")
    happened: Probability | None = Field(
        description="Share of forecasts whose outcome happened; null if there are no forecasts."
    )


class TimePoint(Record):
    """The forecast and the observed share of outcomes by one time after forecasts were made."""

    within: timedelta = Field(description="Time since the forecasts were made.")
    said: Probability = Field(description="Mean probability that the outcome has happened by then.")
    happened: Probability = Field(description="Share of forecasts whose outcome had happened by then.")


class TimeScores(Record):
    """How good some resolved forecasts were as distributions over the time at which the outcome happens."""

    count: int = Field(description="Number of resolved forecasts with times.")
    crps: float = Field(
        description="Continuous ranked probability score within the horizon, in days: the mean integral of the squared "
        "error of the curve; 0 is best."
    )
    skill: float | None = Field(
        description="1 - CRPS / CRPS of always forecasting the observed frequencies by each time; null if the latter "
        "is 0."
    )
    covered: Probability = Field(
        description='Share of forecasts whose outcome happened within the central 80 % interval; "not within the '
        'horizon" counts as a time.'
    )
    claimed: Probability = Field(
        description="Mean forecast probability of that interval: 0.8 or more, because it ends with a whole period."
    )
    curve: tuple[TimePoint, ...] = Field(description="Forecast and observed frequencies by the end of each period.")


class GradeShare(Record):
    """How often one grade was forecast, and how often it was reached."""

    grade: Key = Field(description="Name of the grade.")
    said: Probability = Field(description="Mean forecast probability of the grade.")
    came: Probability = Field(description="Share of the forecasts in which it was reached.")


class GradeScores(Record):
    """Accuracy of a set of resolved forecasts, as distributions over grades."""

    count: int = Field(description="Number of resolved forecasts with a grade.")
    rps: float = Field(
        description="Ranked probability score: mean squared error of the probabilities of each grade or a higher one, "
        "over all but the lowest grade; 0 is best."
    )
    skill: float | None = Field(
        description="1 - RPS / RPS of always forecasting the frequencies of the grades; null if only one grade "
        "occurred."
    )
    log_loss: float = Field(
        description="Mean -ln of the probability forecast for the grade that was reached (log loss)."
    )
    ece: float = Field(
        description="Expected calibration error of the probabilities of each grade or a higher one, over ten bins."
    )
    shares: tuple[GradeShare, ...] = Field(
        description="Mean forecast probability and observed frequency of each grade, the lowest first."
    )


class RecordScores(Record):
    """Accuracy of a set of resolved forecasts."""

    count: int = Field(description="Number of resolved forecasts.")
    base_rate: Probability | None = Field(
        description="Share of forecasts whose outcome happened; null if there are no forecasts."
    )
    mean: Probability | None = Field(description="Mean forecast probability; null if there are no forecasts.")
    brier: float | None = Field(description="Mean squared error (Brier score); null if there are no forecasts.")
    skill: float | None = Field(
        description="1 - Brier score / Brier score of always forecasting the base rate; null if all or none happened."
    )
    log_loss: float | None = Field(
        description="Mean -ln of the probability forecast for what happened (log loss); null if there are no forecasts."
    )
    auc: float | None = Field(
        description="Area under the ROC curve: the probability that a forecast whose outcome happened ranks above one "
        "whose outcome did not; null if all or none happened."
    )
    ece: float | None = Field(description="Expected calibration error over ten bins; null if there are no forecasts.")
    sharpness: float | None = Field(
        description="Variance of the forecast probabilities; null if there are no forecasts."
    )
    reliability: tuple[ReliabilityBin, ...] = Field(description="The reliability diagram.")
    times: TimeScores | None = Field(None, description="Scores of the forecast times; null if no forecast has times.")
    grades: GradeScores | None = Field(
        None, description="Scores of the forecast distributions over grades; null if the outcome has no grades."
    )


class RecordGroup(Record):
    """The scores of one group of forecasts."""

    key: str = Field(description="Name of the group: a segment, a month, months of history, or a basis.")
    scores: RecordScores = Field(description="The scores.")


class OutcomeRecord(Record):
    """How accurate the forecasts of an outcome within one horizon were."""

    outcome: Name = Field(description="Key of the outcome.")
    horizon: timedelta = Field(description="Horizon of the forecasts.")
    open: int = Field(description="Number of forecasts that are not resolved yet.")
    early: int = Field(
        description="Number of forecasts whose outcome has already happened but whose horizon is not over. They are "
        "scored when it is over; scored earlier they would bias the result, because a forecast can count "
        "as not having happened only at the end of its horizon."
    )
    ungraded: int = Field(description="Number of forecasts without a grade within the horizon; they are not scored.")
    scores: RecordScores = Field(description="The scores of all resolved forecasts.")
    by_segment: tuple[RecordGroup, ...] = Field(
        description="Scores by the twin's segment when the forecast was made; `none` if it was in none."
    )
    by_month: tuple[RecordGroup, ...] = Field(
        description="Scores by the calendar month in which the forecast was made."
    )
    by_history: tuple[RecordGroup, ...] = Field(
        description="Scores by the whole months (30 days) of history that the twin had when the forecast was made."
    )
    by_basis: tuple[RecordGroup, ...] = Field(description="Scores by what the forecast is based on.")


def late(made_at: datetime, every: timedelta, now: datetime) -> bool:
    """Whether a forecast for that moment, made now, would come after the period it belongs to."""
    return now >= made_at + every
