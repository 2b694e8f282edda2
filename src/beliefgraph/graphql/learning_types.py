"""Output types of learned parameters: of sources, relations, calibrations and shared errors."""

from __future__ import annotations

import strawberry

from beliefgraph.graphql.connections import connection
from beliefgraph.graphql.expose import attribute, expose, field
from beliefgraph.graphql.forecast_types import LearnedGrades, LearnedHazard
from beliefgraph.graphql.segment_types import LearnedBaseRate, LearnedRate
from beliefgraph.graphql.trajectory_types import LearnedStages
from beliefgraph.model import parameters, question


@expose(parameters.SharedError)
class SharedError:
    """How strongly the errors of observations with one origin are correlated, by kind of origin."""


@expose(parameters.RandomEffect)
class RandomEffect:
    """An error that all observations of a group, such as a year, share across beliefs, by kind of group."""


@expose(parameters.LearnedStrength)
class LearnedStrength:
    """Strength of a relation as the definitions state it and as it was learned."""


@expose(parameters.LearnedPrior)
class LearnedPrior:
    """Prior of an attribute as the definitions state it and as it was learned."""


@expose(parameters.LearnedCalibration, hide={"knots"})
class LearnedCalibration:
    """Piecewise linear map from the log-odds of beliefs about an attribute to calibrated log-odds."""

    @field(None, "Log-odds at the knots, ascending.")
    @staticmethod
    def from_log_odds(learned: strawberry.Parent[parameters.LearnedCalibration]) -> list[float]:
        return [start for start, _ in learned.knots]

    @field(None, "Calibrated log-odds at the knots.")
    @staticmethod
    def to_log_odds(learned: strawberry.Parent[parameters.LearnedCalibration]) -> list[float]:
        return [to for _, to in learned.knots]


@expose(parameters.Confusion)
class Confusion:
    """How often a source states one value when another value of the attribute holds."""


@expose(
    parameters.SourceRates,
    within={"scope": parameters.Scope, "rates": parameters.BinaryRates},
    hide={"source", "rates.confusion"},
)
class NewSource:
    """The rates assumed for sources without data of their own, of one kind or of any."""


@expose(parameters.ParameterSet, hide={"tenant", "sources"})
class ParameterSet:
    """The parameters learned from the tenant's evidence; those of each source are in the query `sources`."""

    new_sources: list[NewSource] = attribute(  # type: ignore[assignment]
        "new_sources", list[NewSource], "The rates assumed for sources without data of their own."
    )
    shared_errors: list[SharedError] = attribute("shared_errors", list[SharedError])  # type: ignore[assignment]
    random_effects: list[RandomEffect] = attribute("random_effects", list[RandomEffect])  # type: ignore[assignment]
    strengths: list[LearnedStrength] = attribute("strengths", list[LearnedStrength])  # type: ignore[assignment]
    priors: list[LearnedPrior] = attribute("priors", list[LearnedPrior])  # type: ignore[assignment]
    calibrations: list[LearnedCalibration] = attribute(  # type: ignore[assignment]
        "calibrations", list[LearnedCalibration]
    )
    hazards: list[LearnedHazard] = attribute("hazards", list[LearnedHazard])  # type: ignore[assignment]
    grades: list[LearnedGrades] = attribute("grades", list[LearnedGrades])  # type: ignore[assignment]
    trajectories: list[LearnedStages] = attribute(  # type: ignore[assignment]
        "trajectories", list[LearnedStages]
    )
    rates: list[LearnedRate] = attribute("rates", list[LearnedRate])  # type: ignore[assignment]
    base_rates: list[LearnedBaseRate] = attribute("base_rates", list[LearnedBaseRate])  # type: ignore[assignment]


@expose(
    parameters.SourceRates,
    within={"scope": parameters.Scope, "rates": parameters.BinaryRates},
    hide={"source", "kind"},
)
class SourceReliability:
    """How reliable a source is about something: its true-positive and false-positive rates."""

    confusion: list[Confusion] = attribute("rates.confusion", list[Confusion])  # type: ignore[assignment]


@expose(question.KnownSource)
class Source:
    """A source of evidence, with what was learned about it."""

    reliabilities: list[SourceReliability] = attribute(  # type: ignore[assignment]
        "reliabilities", list[SourceReliability]
    )


SourceConnection = connection(Source, of_twin=False)
