"""What was learned, as it is answered: of sources, relations, calibrations and shared errors."""

from __future__ import annotations

import strawberry

from beliefgraph.graphql.connections import connection
from beliefgraph.graphql.expose import attribute, expose, field
from beliefgraph.model import parameters, question


@expose(parameters.SharedError)
class SharedError:
    """How much of their error observations of one kind of origin share: a correlation."""


@expose(parameters.LearnedStrength)
class LearnedStrength:
    """A relation's one number as the definitions state it and as it was learned; `low` to `high` has its odds ratio."""


@expose(parameters.LearnedCalibration, hide={"knots"})
class LearnedCalibration:
    """How beliefs about an attribute are read: log-odds go to log-odds, straight between the knots."""

    @field(None, "The log-odds that lead to others, ascending.")
    @staticmethod
    def from_log_odds(learned: strawberry.Parent[parameters.LearnedCalibration]) -> list[float]:
        return [start for start, _ in learned.knots]

    @field(None, "What they lead to.")
    @staticmethod
    def to_log_odds(learned: strawberry.Parent[parameters.LearnedCalibration]) -> list[float]:
        return [to for _, to in learned.knots]


@expose(parameters.SourceCoins, within={"scope": parameters.Scope, "coins": parameters.Coins}, hide={"source"})
class NewSource:
    """What a source is taken for that was not heard before: one of a kind; of any, where there is none."""


@expose(parameters.ParameterSet, hide={"tenant", "sources"})
class ParameterSet:
    """What was learned from the tenant's evidence; `sources` has what was learned about each."""

    new_sources: list[NewSource] = attribute(  # type: ignore[assignment]
        "new_sources", list[NewSource], "How sources that were not seen before are rated."
    )
    shared_errors: list[SharedError] = attribute("shared_errors", list[SharedError])  # type: ignore[assignment]
    strengths: list[LearnedStrength] = attribute("strengths", list[LearnedStrength])  # type: ignore[assignment]
    calibrations: list[LearnedCalibration] = attribute(  # type: ignore[assignment]
        "calibrations", list[LearnedCalibration]
    )


@expose(
    parameters.SourceCoins,
    within={"scope": parameters.Scope, "coins": parameters.Coins},
    hide={"source", "kind"},
)
class SourceReliability:
    """How a source speaks about something: it says so with one probability where it holds, with another where not."""


@expose(question.KnownSource)
class Source:
    """Who or what says things, with what was learned about it; nothing was if it is new."""

    reliabilities: list[SourceReliability] = attribute(  # type: ignore[assignment]
        "reliabilities", list[SourceReliability]
    )


SourceConnection = connection(Source, of_twin=False)
