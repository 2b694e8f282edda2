"""Change points: moments at which the evidence of a domain changed its distribution."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from beliefgraph.model.record import Name, Probability, Record, TwinId
from beliefgraph.model.time import Instant, ReadRev, ReadTime
from beliefgraph.model.vocabulary import vocabulary

StreamKind = Annotated[
    Literal["domain", "stages", "goals"],
    vocabulary(
        "What a stream of evidence is about.",
        {
            "domain": "Everything in one domain.",
            "stages": "The stages of one trajectory.",
            "goals": "Statements about goals.",
        },
    ),
]


class ChangeDefinition(Record):
    """A domain in which evidence from before a change is discounted by the probability that nothing changed since.

    Corrections by the person, and evidence from metrics, are not discounted.
    """

    domain: Name = Field(description="Domain to which this applies.")
    stated: Name | None = Field(
        None,
        description="Attribute that is true or false; evidence for it states that the domain has just changed, such as "
        "`work.changed`. Null: changes are only detected.",
    )
    hazard: Annotated[float, Field(ge=1e-6, le=0.1, allow_inf_nan=False)] = Field(
        0.001, description="Probability of a change before each piece of evidence, in [0.000001, 0.1]."
    )


class ChangedDomain(Record):
    """A change of a domain; evidence from before it is discounted."""

    domain: Name = Field(description="The domain.")
    since: Instant = Field(description="Most likely time of the change.")
    probability: Probability = Field(
        description="Probability that the domain has changed since its first evidence, in [0, 1]; 1 minus this is "
        "the share of the first evidence that still counts.",
    )
    stated: Probability | None = Field(
        description="Stated probability that the domain changed at that time; null if nothing was stated."
    )


class ChangePoint(Record):
    """A change that was detected, with the evidence at which it became probable enough."""

    id: str = Field(description="Id of the evidence at which it was detected.")
    twin: TwinId
    time: Instant = Field(description="Valid time of that evidence.")
    probability: Probability = Field(
        description="Probability that there was a change since the previous one, in [0, 1]."
    )
    surprise: float = Field(description="Surprise of that evidence: -ln of its predicted probability, in nats.")


class Surprise(Record):
    """One piece of evidence, and how well earlier evidence predicted it."""

    time: Instant = Field(description="Its valid time.")
    surprise: float = Field(
        description="Surprise in nats: -ln of its probability, predicted from earlier, discounted evidence."
    )
    untempered: float = Field(description="The same, predicted without discounting earlier evidence.")
    probability: Probability = Field(
        description="Probability, after this evidence, that there was a change since the last one detected, in [0, 1]."
    )


class EvidenceStream(Record):
    """How well earlier evidence in a domain, on the stages of a trajectory or on goals predicted later evidence."""

    kind: StreamKind
    domain: str = Field(description="The domain; for stages, the key of the trajectory.")
    pieces: int = Field(description="Number of pieces of evidence.")
    probability: Probability = Field(
        description="Probability that there was a change since the last one detected, in [0, 1]."
    )
    since: Instant = Field(description="Most likely time of the last change.")
    surprise: float = Field(description="Mean surprise of the last ten pieces, in nats.")
    usual: float = Field(description="Mean surprise of all of them, in nats.")
    found: tuple[ChangePoint, ...] = Field(description="Changes that were detected, oldest first.")
    course: tuple[Surprise, ...] = Field(description="The latest pieces of evidence, at most 200, oldest first.")


class ChangePoints(Record):
    """Abrupt changes in the evidence of a twin, by domain."""

    domains: tuple[EvidenceStream, ...] = Field(description="Domains with evidence, the most probable change first.")
    stages: tuple[EvidenceStream, ...] = Field(
        description="Trajectories with evidence on their stages, in the same order."
    )
    goals: EvidenceStream | None = Field(description="Statements about goals; null if there are none.")
    valid_time: ReadTime
    rev: ReadRev
