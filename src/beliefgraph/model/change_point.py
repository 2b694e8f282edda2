"""Change points: moments from which on the evidence of a domain is no longer what it used to be."""

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
            "goals": "What is stated of goals.",
        },
    ),
]


class ChangeDefinition(Record):
    """That evidence of a domain from before a change counts less: as much as it is probable that nothing changed.

    Corrections by the person, and what metrics say, count as they are.
    """

    domain: Name = Field(description="Domain whose evidence is followed.")
    stated: Name | None = Field(
        None,
        description="Attribute, true or false, of which evidence says that the domain has just changed, such as "
        "`work.changed`; null: nobody says so.",
    )
    hazard: Annotated[float, Field(ge=1e-6, le=0.1, allow_inf_nan=False)] = Field(
        0.001, description="Probability of a change before each piece of evidence, in [0.000001, 0.1]."
    )


class ChangedDomain(Record):
    """A change of a domain that makes evidence from before it count less."""

    domain: Name = Field(description="The domain.")
    since: Instant = Field(description="Likeliest time of the change.")
    probability: Probability = Field(
        description="Probability that the domain changed since its first evidence, in [0, 1]; that evidence counts as "
        "much as the rest of 1.",
    )
    stated: Probability | None = Field(
        description="Probability by which it was stated that the domain changed at that time; null if nobody said so."
    )


class ChangePoint(Record):
    """A change that was found, at the evidence which made it probable enough."""

    id: str = Field(description="Id of the evidence at which it was found.")
    twin: TwinId
    time: Instant = Field(description="Valid time of that evidence.")
    probability: Probability = Field(description="Probability of a change since the one before, in [0, 1].")
    surprise: float = Field(description="Surprise of that evidence: -ln of the probability that it was given, in nats.")


class Surprise(Record):
    """One piece of evidence, and how well it was foreseen by the pieces before it."""

    time: Instant = Field(description="Its valid time.")
    surprise: float = Field(
        description="-ln of the probability that it was given, in nats, by earlier pieces as far as they are kept."
    )
    untempered: float = Field(description="The same with all earlier pieces kept as they were.")
    probability: Probability = Field(
        description="Probability after it of a change since the last one found, in [0, 1]."
    )


class EvidenceStream(Record):
    """How well evidence of a domain, on the stages of a trajectory or on goals was foreseen by that before it."""

    kind: StreamKind
    domain: str = Field(description="The domain; of stages the key of the trajectory.")
    pieces: int = Field(description="Number of pieces of evidence.")
    probability: Probability = Field(description="Probability of a change since the last one found, in [0, 1].")
    since: Instant = Field(description="Likeliest beginning of what the evidence is like now.")
    surprise: float = Field(description="Mean surprise of the last ten pieces, in nats.")
    usual: float = Field(description="Mean surprise of all of them, in nats.")
    found: tuple[ChangePoint, ...] = Field(description="Changes that were found, oldest first.")
    course: tuple[Surprise, ...] = Field(description="The latest pieces, at most 200, oldest first.")


class ChangePoints(Record):
    """Where the evidence of a twin changed at once, by domain."""

    domains: tuple[EvidenceStream, ...] = Field(description="Domains with evidence, the most probable change first.")
    stages: tuple[EvidenceStream, ...] = Field(description="Trajectories of whose stages anything was told, likewise.")
    goals: EvidenceStream | None = Field(description="What was stated of goals; null if nothing was.")
    valid_time: ReadTime
    rev: ReadRev
