"""Questions about the beliefs of a twin, and the rows that answer them."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field

from beliefgraph.errors import Incorrect
from beliefgraph.model.belief import BeliefState, logit
from beliefgraph.model.evidence import Bearing, Evidence, Source
from beliefgraph.model.metric import Measurement, MetricState
from beliefgraph.model.parameters import SourceCoins
from beliefgraph.model.record import Key, LogOdds, Name, Probability, Record
from beliefgraph.model.relation import RelationKind, Strength
from beliefgraph.model.revision import Origin
from beliefgraph.model.status import Status

MAX_FILTER_VALUES = 200

Names = Annotated[tuple[Name, ...], Field(max_length=MAX_FILTER_VALUES)]
Keys = Annotated[tuple[Key, ...], Field(max_length=MAX_FILTER_VALUES)]

RelationLevels = Literal[0, 1, 2]
"""How far from a belief its relations are followed."""

OrderBy = Literal["confidence", "attribute", "changed"]


class BeliefFilter(Record):
    """Which beliefs: those that match every field that is given; None leaves a field open.

    A confidence bound is inclusive, and a belief whose confidence is unavailable never matches one.
    """

    attributes: Names | None = None
    domains: Names | None = None
    contexts: Keys | None = None
    subjects: Keys | None = None
    min_confidence: Probability | None = None
    max_confidence: Probability | None = None
    statuses: tuple[Status, ...] | None = None

    def model_post_init(self, _context: object) -> None:
        """Refuse a range that holds nothing."""
        least, most = self.min_confidence, self.max_confidence
        if least is not None and most is not None and least > most:
            raise Incorrect("invalid-input", f"No confidence is at least {least:g} and at most {most:g}.")

    def matches(self, state: BeliefState) -> bool:
        """Whether a belief as it stands is one of those."""
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
        """The confidence range in log-odds, infinite at 0 and 1; None where it is open."""
        return _log_odds(self.min_confidence), _log_odds(self.max_confidence)


class BeliefOrder(Record):
    """In which order: by confidence (unavailable ones last), attribute, or the rev that last changed it; ties by id."""

    by: OrderBy = "confidence"
    descending: bool = True


EVERY_BELIEF = BeliefFilter()
SUREST_FIRST = BeliefOrder()


class EvidenceOn(Record):
    """One piece of evidence as it bears on one belief, with who said so.

    `counts` is false where it is visible but silent: a correction stands in its place, or the belief was retracted
    after it. `heard` is by how much it moves the log-odds of the belief by itself: its log-likelihood ratio as aged,
    through what is known of its source and beside what it shares its origin with; 0 where it does not count. Where a
    metric speaks, `metric` says how it stands: such evidence is derived from events, and not stored.
    """

    evidence: Evidence
    source: Source
    bearing: Bearing
    counts: bool
    heard: LogOdds
    metric: MetricState | None = None


class EvidenceIn(Record):
    """One piece of evidence as it counts in a metric, with who said so."""

    evidence: Evidence
    source: Source
    measurement: Measurement


class KnownSource(Record):
    """A source of the tenant, with what was learned about it, by what it speaks about; nothing if it is new."""

    id: str
    name: Key
    kind: Key | None
    reliabilities: tuple[SourceCoins, ...]


class SourcedEvidence(Record):
    """One piece of evidence with who said so, the twin by its name, and all that it bears on now.

    Where a metric speaks, `metric` says how it stands.
    """

    evidence: Evidence
    source: Source
    twin: Key
    bearings: tuple[Bearing, ...]
    metric: MetricState | None = None


class BeliefRow(Record):
    """A belief as it stands, with as much around it as was asked for; None where it was not asked for."""

    state: BeliefState
    relations: tuple[RelatedBelief, ...] | None = None
    evidence: tuple[EvidenceOn, ...] | None = None


class RelatedBelief(Record):
    """A relation of a belief, seen from it: `outgoing` if it is the relation's source; `other` is at the far end.

    `origin` is provided for a relation of this twin's own, inferred for one of the definitions.
    """

    id: str
    strength: Strength
    origin: Origin
    outgoing: bool
    other: BeliefRow

    @property
    def kind(self) -> RelationKind:
        """What the relation says."""
        return self.strength.kind


BeliefRow.model_rebuild()


def _log_odds(p: float | None) -> float | None:
    if p is None:
        return None
    return -math.inf if p == 0.0 else math.inf if p == 1.0 else logit(p)
