"""Evidence: one observation that bears on beliefs, with a source and a time."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field

from beliefgraph.model.record import Key, LogOdds, OpenProbability, Record, Text, TwinId
from beliefgraph.model.revision import Statement
from beliefgraph.model.time import Instant
from beliefgraph.model.vocabulary import vocabulary

Stance = Annotated[
    Literal["observation", "change", "assertion", "correction", "retraction"],
    vocabulary(
        "Kind of evidence, which decides how it combines with other evidence.",
        {
            "observation": "Read from an event.",
            "change": "Read from an event that states what holds from then on: earlier evidence on the attribute's "
            "other values stops counting; for an attribute without values, all earlier evidence on it does.",
            "assertion": "Stated by a person or an application.",
            "correction": "A correction: while it is in force, no other direct evidence on the belief counts.",
            "retraction": "A retraction: earlier evidence stops counting.",
        },
    ),
]

OBSERVED: frozenset[Stance] = frozenset({"observation", "change"})
"""Kinds of evidence that events can have."""

CORRECTION_LOG_ODDS = 12.0
"""Strength of a correction by the person, in nats: relations do not move it visibly, yet two that conflict leave every
probability positive."""

ByThePerson = Annotated[bool, Field(description="Whether the person contests it; contested evidence still counts.")]
"""Whether a piece of evidence is contested, where it is shown."""

HalfLife = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
"""Seconds in which evidence loses half its weight."""

LogLikelihoodRatio = Annotated[LogOdds, Field(ge=-30.0, le=30.0)]
"""How much more likely the observation is if the belief holds, natural log; bounded, because nothing is certain."""


class Likelihoods(Record):
    """How likely the observation is if the belief holds, and if it does not.

    Their ratio is the likelihood ratio of the evidence.
    """

    holds: OpenProbability = Field(description="Probability of the observation if the belief holds, in (0, 1).")
    otherwise: OpenProbability = Field(description="Probability of the observation if it does not hold, in (0, 1).")

    @property
    def log_ratio(self) -> float:
        """Their log-likelihood ratio."""
        return math.log(self.holds / self.otherwise)


class Source(Record):
    """Who or what provides evidence. It belongs to a tenant; its reliability can be learned."""

    id: str = Field(description="Id of the source (UUIDv5 of tenant and name).")
    tenant: Key = Field(description="Tenant that the source belongs to.")
    name: Key = Field(description="Name of the source.")


class Evidence(Record):
    """One observation in a twin: what it says, who said it, and the event it came from."""

    id: str = Field(description="Id of the evidence (UUIDv5 of event and source).")
    twin: TwinId
    event: str = Field(description="Id of the event it was read from.")
    source: str = Field(description="Id of the source that provided it.")
    time: Instant = Field(description="Valid time of the event.")
    summary: str = Field(description="What was observed, in plain words.")
    verbatim: Text | None = Field(
        None,
        description="What the person said, verbatim; stored encrypted. Null if nothing is quoted.",
    )


class Bearing(Statement):
    """How one piece of evidence bears on one belief, while it counts."""

    belief: str = Field(description="Id of the belief.")
    stance: Stance
    log_likelihood_ratio: LogLikelihoodRatio = Field(
        description="Natural log of how much likelier the observation is if the belief holds than if it does not, "
        "in [-30, 30]; positive is evidence for the belief.",
    )
    half_life: HalfLife | None = Field(
        None,
        description="Seconds in which the evidence loses half its weight; null if it does not age.",
    )
    shared_origin: Key | None = Field(
        None,
        description="Name of the origin that this evidence shares with other evidence on the belief, such as an agency"
        " or a copied list; null if there is none.",
    )
    source_kind: Key | None = Field(None, description="Kind of source that provided it; null if none was named.")
    shared_across: Key | None = Field(
        None,
        description="Name of the group whose observations share an error across all beliefs, such as a year, a polling"
        " house or an instrument; null if there is none.",
    )

    @property
    def about(self) -> tuple[str, ...]:
        """The belief."""
        return (self.belief,)
