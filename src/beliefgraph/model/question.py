"""Questions about the beliefs of a twin, and the rows that answer them."""

from __future__ import annotations

import math
from typing import Annotated, Literal, Protocol

from pydantic import Field

from beliefgraph.errors import Incorrect
from beliefgraph.model.belief import Belief, BeliefState, logit
from beliefgraph.model.evidence import Bearing, ByThePerson, Evidence, Source
from beliefgraph.model.metric import Measurement, MetricState
from beliefgraph.model.parameters import SourceRates
from beliefgraph.model.record import Key, LogOdds, Name, Probability, Record, TwinName
from beliefgraph.model.relation import RelationKind, Strength
from beliefgraph.model.revision import Origin
from beliefgraph.model.status import Status
from beliefgraph.model.vocabulary import vocabulary

MAX_FILTER_VALUES = 200

Names = Annotated[tuple[Name, ...], Field(max_length=MAX_FILTER_VALUES)]
Keys = Annotated[tuple[Key, ...], Field(max_length=MAX_FILTER_VALUES)]

RelationLevels = Literal[0, 1, 2]
"""Maximum number of levels to which relations are followed."""

OrderBy = Annotated[
    Literal["confidence", "attribute", "changed"],
    vocabulary(
        "What beliefs are sorted by.",
        {
            "confidence": "Confidence; unavailable ones come last.",
            "attribute": "Name of the attribute.",
            "changed": "Rev that last changed the belief.",
        },
    ),
]


class ListedState(Protocol):
    """The fields of a belief's state by which lists are filtered and ordered."""

    @property
    def belief(self) -> Belief:
        """The belief."""
        ...

    @property
    def log_odds(self) -> float | None:
        """Its log-odds; None if unavailable."""
        ...

    @property
    def status(self) -> Status:
        """Its status."""
        ...

    @property
    def changed_at_rev(self) -> int | None:
        """The rev that last changed what is published of it; None if nothing is."""
        ...


class BeliefFilter(Record):
    """Which beliefs to list: those that match every field given.

    A belief without a confidence matches no confidence bound.
    """

    attributes: Names | None = Field(None, description="Attributes, at most 200.")
    domains: Names | None = Field(None, description="Domains, at most 200.")
    contexts: Keys | None = Field(None, description="Contexts, matched exactly, at most 200.")
    subjects: Keys | None = Field(None, description="Subjects, at most 200.")
    min_confidence: Probability | None = Field(None, description="Least confidence, inclusive, in [0, 1].")
    max_confidence: Probability | None = Field(None, description="Greatest confidence, inclusive, in [0, 1].")
    statuses: Annotated[tuple[Status, ...], Field(max_length=MAX_FILTER_VALUES)] | None = Field(
        None, description="Statuses, at most 200."
    )

    def model_post_init(self, _context: object) -> None:
        """Refuse an empty range."""
        least, most = self.min_confidence, self.max_confidence
        if least is not None and most is not None and least > most:
            raise Incorrect("invalid-input", f"No confidence is at least {least:g} and at most {most:g}.")

    def matches(self, state: ListedState) -> bool:
        """Whether a belief matches."""
        belief = state.belief
        for wanted, found in (
            (self.attributes, belief.attribute),
            (self.domains, belief.domain),
            (self.contexts, belief.context),
            (self.subjects, belief.subject),
            (self.statuses, state.status),
        ):
            if wanted is not None and found not in wanted:
                return False
        least, most = self.log_odds_range
        if state.log_odds is None:
            return least is None and most is None
        return (least is None or state.log_odds >= least) and (most is None or state.log_odds <= most)

    @property
    def log_odds_range(self) -> tuple[float | None, float | None]:
        """The confidence range in log-odds, infinite at 0 and 1; None if it is open."""
        return _log_odds(self.min_confidence), _log_odds(self.max_confidence)


class BeliefOrder(Record):
    """Order of a list of beliefs; ties are broken by id."""

    by: OrderBy = "confidence"
    descending: bool = Field(True, description="Whether the greatest comes first.")


EVERY_BELIEF = BeliefFilter()
SUREST_FIRST = BeliefOrder()


class EvidenceOn(Record):
    """One piece of evidence as it bears on one belief, with its source."""

    evidence: Evidence = Field(description="The evidence.")
    source: Source = Field(description="The source.")
    bearing: Bearing = Field(description="How it bears on the belief.")
    said: Key | None = Field(
        None,
        description="Value that the source stated, if it is not this value but another one of the same attribute: its "
        "effect on this value then follows from the source's confusion matrix. Otherwise null.",
    )
    counts: bool = Field(
        description="Whether it counts; false if a correction overrides it, or if the belief was retracted after it.",
    )
    heard: LogOdds = Field(
        description="Effective log-likelihood ratio: after ageing, changes, source reliability and shared origin; 0 if "
        "it does not count.",
    )
    kept: Probability = Field(
        1.0,
        description="Share of the evidence that still counts, in [0, 1]: the probability that its domain has not "
        "changed since; 1 if changes in the domain are not modelled.",
    )
    metric: MetricState | None = Field(
        None,
        description="State of the metric, if the evidence is derived from a metric and not stored; otherwise null.",
    )
    contested: ByThePerson = False


class EvidenceIn(Record):
    """One piece of evidence as it counts in a metric, with its source."""

    evidence: Evidence = Field(description="The evidence.")
    source: Source = Field(description="The source.")
    measurement: Measurement = Field(description="How it counts in the metric.")


class KnownSource(Record):
    """A source of the tenant, with what was learned about it."""

    id: str = Field(description="Id of the source.")
    name: Key = Field(description="Name of the source.")
    kind: Key | None = Field(description="Kind of source; null if none was named.")
    reliabilities: tuple[SourceRates, ...] = Field(
        description="What was learned about the source; empty if nothing was learned yet."
    )


class SourcedEvidence(Record):
    """One piece of evidence with its source, its twin and everything it bears on now."""

    evidence: Evidence = Field(description="The evidence.")
    source: Source = Field(description="The source.")
    twin: TwinName
    bearings: tuple[Bearing, ...] = Field(description="How it bears on beliefs now.")
    metric: MetricState | None = Field(None, description="State of the metric, if one provided the evidence.")


class BeliefRow(Record):
    """A belief in its current state, with its loaded neighbourhood; None for parts that were not requested."""

    state: BeliefState = Field(description="The belief.")
    exact: BeliefState | None = Field(None, description="The same, derived from the evidence and not rounded.")
    relations: tuple[RelatedBelief, ...] | None = Field(None, description="Relations to other beliefs.")
    evidence: tuple[EvidenceOn, ...] | None = Field(None, description="Evidence that bears on it directly.")


class RelatedBelief(Record):
    """A relation of a belief, seen from that belief."""

    id: str = Field(description="Id of the relation; retract takes it if the twin stated the relation itself.")
    strength: Strength = Field(description="Kind and strength of the relation.")
    origin: Origin = Field(
        description="`PROVIDED` for a relation stated for this twin, `INFERRED` for one from the definitions.",
    )
    outgoing: bool = Field(description="True if the relation starts from this belief.")
    other: BeliefRow = Field(description="The belief at the other end.")

    @property
    def kind(self) -> RelationKind:
        """What the relation says."""
        return self.strength.kind


BeliefRow.model_rebuild()


def _log_odds(p: float | None) -> float | None:
    if p is None:
        return None
    return -math.inf if p == 0.0 else math.inf if p == 1.0 else logit(p)
