"""Segments: groups of similar twins, and the base rates learned for each segment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from pydantic import Field

from beliefgraph.errors import Incorrect
from beliefgraph.model.belief import AttributeName, BeliefKey
from beliefgraph.model.outcome import Held
from beliefgraph.model.record import Name, OpenProbability, Record, Title
from beliefgraph.model.time import Instant

MOST_HELD = 10
"""Maximum numbers of beliefs that one segment names as held, and as not held."""


class SegmentDefinition(Record):
    """Twins that hold some beliefs and do not hold others. A twin is in the first segment that matches, or in none."""

    key: Name = Field(description="Dotted lower-case name of the segment, permanent.")
    title: Title = Field(description="Name shown to people.")
    description: str = Field(default="", max_length=2_000, description="Notes for those who maintain the catalog.")
    holds: tuple[Held, ...] = Field(
        default=(), max_length=MOST_HELD, description="Beliefs that twins of the segment hold, all of them, at most 10."
    )
    lacks: tuple[Held, ...] = Field(
        default=(),
        max_length=MOST_HELD,
        description="Beliefs that twins of the segment do not hold, none of them, at most 10.",
    )

    def model_post_init(self, _context: object) -> None:
        """Refuse a segment without conditions, and one that no twin can be in."""
        if not self.holds and not self.lacks:
            self._refuse("say which beliefs its twins hold (holds), or do not hold (lacks)")
        for held in self.holds:
            for lacked in self.lacks:
                if held.belief == lacked.belief and held.at_least >= lacked.at_least:
                    self._refuse(f"no twin can be in it: it holds {held.belief.attribute} and lacks it")

    @property
    def named_beliefs(self) -> Iterator[tuple[tuple[str | int, ...], BeliefKey]]:
        """Every belief that it names, with its location in the definition."""
        yield from ((("holds", n), held.belief) for n, held in enumerate(self.holds))
        yield from ((("lacks", n), held.belief) for n, held in enumerate(self.lacks))

    @property
    def decided_by(self) -> str:
        """Its membership conditions, as text."""
        return self.model_dump_json(include={"holds", "lacks"}, exclude_defaults=True)

    def _refuse(self, why: str) -> None:
        raise Incorrect("invalid-definition", f"The segment {self.key}: {why}.", segment=self.key)


class LearnedRate(Record):
    """Share of the times at which an outcome came within a horizon, as learned for one segment.

    It applies to forecasts made at `until` or later, as long as nothing of what it was learned on changes.
    """

    outcome: Name = Field(description="Key of the outcome.")
    horizon: timedelta = Field(description="Horizon that it is about.")
    segment: str | None = Field(None, description="Segment; null: the twins in no segment.")
    learned_on: str = Field(description="Definitions of the outcome and of the segments at the time of learning.")
    rate: OpenProbability = Field(description="Base rate of the segment as learned, shrunk toward that of the tenant.")
    tenant: OpenProbability = Field(description="Base rate of all twins of the tenant.")
    twins: int = Field(ge=0, description="Number of twins that it was learned from.")
    rows: int = Field(ge=0, description="Number of rows, one for each twin and period whose horizon was over.")
    until: Instant = Field(description="End of the last horizon that it was learned from.")
    gain: float = Field(description="Improvement of the log loss on held-out twins, in nats per row.")
    error: float = Field(ge=0.0, description="Standard error of the gain.")


class LearnedBaseRate(Record):
    """Prior of an attribute for the twins of a segment, as learned.

    It applies as long as the definitions state that prior and that segment.
    """

    segment: Name = Field(description="Key of the segment.")
    learned_on: str = Field(description="Definitions of the segment and of those before it at the time of learning.")
    attribute: AttributeName
    stated: OpenProbability = Field(description="Prior that the definitions state.")
    learned: OpenProbability = Field(
        description="Base rate of the segment as learned, shrunk toward that of the tenant."
    )
    tenant: OpenProbability = Field(description="Base rate of all twins of the tenant.")
    twins: int = Field(ge=0, description="Number of twins that it was learned from.")
    gain: float = Field(description="Improvement of the log loss on held-out beliefs, in nats per belief.")
    error: float = Field(ge=0.0, description="Standard error of the gain.")


class SegmentPrior(Record):
    """Prior of a belief that comes from the segment of the twin."""

    segment: Name = Field(description="Key of the segment.")
    stated: OpenProbability = Field(description="Prior for twins of no segment.")
    learned: OpenProbability = Field(description="Prior for twins of this segment, as learned.")
    parameters: int = Field(description="Number of the parameter set that it is part of.")
    twins: int = Field(ge=0, description="Number of twins that it was learned from.")


class TwinSegment(Record):
    """The segment that a twin is in, with the priors that it has by it."""

    segment: SegmentDefinition = Field(description="The segment.")
    parameters: int | None = Field(
        None, description="Number of the parameter set in force; null if nothing was learned."
    )
    base_rates: tuple[LearnedBaseRate, ...] = Field((), description="Priors of attributes in this segment, as learned.")
    rates: tuple[LearnedRate, ...] = Field((), description="Base rates of outcomes in this segment, as learned.")
