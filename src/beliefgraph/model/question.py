"""Questions about the beliefs of a twin, and the rows that answer them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from beliefgraph.errors import Incorrect
from beliefgraph.model.belief import BeliefState
from beliefgraph.model.evidence import Bearing, Evidence, Source
from beliefgraph.model.record import Key, Name, Probability, Record
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


class BeliefOrder(Record):
    """In which order: by confidence (unavailable ones last), attribute, or the rev that last changed it; ties by id."""

    by: OrderBy = "confidence"
    descending: bool = True


EVERY_BELIEF = BeliefFilter()
SUREST_FIRST = BeliefOrder()


class EvidenceOn(Record):
    """One piece of evidence as it bears on one belief, with who said so.

    `counts` is false where it is visible but silent: a correction stands in its place, or the belief was retracted
    after it.
    """

    evidence: Evidence
    source: Source
    bearing: Bearing
    counts: bool = True


class SourcedEvidence(Record):
    """One piece of evidence with who said so, the twin by its name, and all that it bears on now."""

    evidence: Evidence
    source: Source
    twin: Key
    bearings: tuple[Bearing, ...]


class BeliefRow(Record):
    """A belief as it stands, with as much around it as was asked for; None where it was not asked for."""

    state: BeliefState
    relations: tuple[RelatedBelief, ...] | None = None
    evidence: tuple[EvidenceOn, ...] | None = None


class RelatedBelief(Record):
    """A relation of a belief, seen from it: `outgoing` if the belief is the relation's source; `other` is at its far end.

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
