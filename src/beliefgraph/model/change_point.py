"""Change points: moments from which on the evidence of a domain is no longer what it used to be."""

from __future__ import annotations

from pydantic import Field

from beliefgraph.model.record import Name, Probability, Record, TwinId
from beliefgraph.model.time import Instant, ReadRev, ReadTime


class ChangePoint(Record):
    """A change that was found, at the evidence which made it probable enough."""

    id: str = Field(description="Id of the evidence at which it was found.")
    twin: TwinId
    time: Instant = Field(description="Valid time of that evidence.")
    probability: Probability = Field(description="Probability of a change since the one before, in [0, 1].")
    surprise: float = Field(description="Surprise of that evidence: -ln of the probability that it was given, in nats.")


class DomainChanges(Record):
    """How well the evidence of one domain was foreseen by the evidence before it."""

    domain: Name = Field(description="The domain.")
    pieces: int = Field(description="Number of pieces of evidence that were followed, the latest of the domain.")
    probability: Probability = Field(description="Probability of a change since the last one found, in [0, 1].")
    since: Instant = Field(description="Likeliest beginning of what the evidence is like now.")
    surprise: float = Field(description="Mean surprise of the last ten pieces, in nats.")
    usual: float = Field(description="Mean surprise of all of them, in nats.")
    found: tuple[ChangePoint, ...] = Field(description="Changes that were found, oldest first.")


class ChangePoints(Record):
    """Where the evidence of a twin changed at once, by domain."""

    domains: tuple[DomainChanges, ...] = Field(description="Each domain with evidence, the most probable change first.")
    valid_time: ReadTime
    rev: ReadRev
