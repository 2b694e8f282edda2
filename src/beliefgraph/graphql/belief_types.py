"""Beliefs as they are answered: how they stand, what they hang on, what was published of them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from beliefgraph.graphql.connections import connection
from beliefgraph.graphql.context import Request
from beliefgraph.graphql.evidence_types import EvidenceOn
from beliefgraph.graphql.expose import attribute, expose, field
from beliefgraph.graphql.ids import moment_of, write_id
from beliefgraph.graphql.node import ERROR_BAR, Node, confidence, loaded
from beliefgraph.graphql.scalars import ENUMS
from beliefgraph.model import belief as beliefs
from beliefgraph.model import distribution as distributions
from beliefgraph.model import interval, question, relation

Kinds = ENUMS[relation.RelationKind]


@expose(beliefs.Belief, hide={"id", "twin"})
class Proposition:
    """What a belief says, without how sure we are: ask `belief` for that."""

    @field(None, "The id of the belief: pass it to `node`.")
    @staticmethod
    def id(belief: strawberry.Parent[beliefs.Belief], info: Request) -> strawberry.ID:
        return strawberry.ID(write_id("Belief", info.context.names[belief.twin], belief.id))


@expose(relation.Strength)
class Strength:
    """How strong a relation of a kind is."""


@expose(
    question.BeliefRow,
    within={"state": beliefs.BeliefState, "state.belief": beliefs.Belief},
    hide={
        "evidence",
        "relations",
        "state.belief.id",
        "state.belief.twin",
        "state.calibrated_log_odds",
        "state.error",
        "state.apart",
    },
)
class Belief(Node):
    """A proposition in a twin, and how it stands at the moment that was asked for."""

    @staticmethod
    def is_type_of(value: object, _info: object) -> bool:
        """Whether a value is shown by this type."""
        return isinstance(value, question.BeliefRow)

    confidence: float | None = attribute(  # type: ignore[assignment]
        "state.confidence", float | None, "The probability that it holds; null where it is unavailable."
    )
    calibrated_confidence: float | None = attribute(  # type: ignore[assignment]
        "state.calibrated_confidence",
        float | None,
        "How often what was as sure came true; null where that was not learned for the attribute.",
    )
    error_bar: float | None = attribute("state.error_bar", float | None, ERROR_BAR)  # type: ignore[assignment]

    @field()
    @staticmethod
    def id(row: strawberry.Parent[question.BeliefRow], info: Request) -> strawberry.ID:  # type: ignore[override]
        belief = row.state.belief
        return strawberry.ID(write_id("Belief", info.context.names[belief.twin], belief.id, moment_of(row.state)))

    @field(list[EvidenceOn], "All that bears on it directly, metrics too, oldest first.")
    @staticmethod
    def evidence(row: strawberry.Parent[question.BeliefRow]) -> tuple[question.EvidenceOn, ...]:
        return loaded(row.evidence, "evidence")

    @field(
        list[Annotated["RelatedBelief", strawberry.lazy("beliefgraph.graphql.belief_types")]],
        "Its relations to other beliefs of the twin, of all kinds or of those named; two levels at most.",
    )
    @staticmethod
    def relations(
        row: strawberry.Parent[question.BeliefRow],
        kinds: list[Kinds] | None = None,  # type: ignore[valid-type]
    ) -> tuple[question.RelatedBelief, ...]:
        found = loaded(row.relations, "relations")
        return found if kinds is None else tuple(each for each in found if each.kind in kinds)


@expose(question.RelatedBelief, within={"strength": relation.Strength}, hide={"id", "other"})
class RelatedBelief:
    """A relation seen from a belief: `outgoing` if the belief is its source; `other` is at the far end."""

    @field(None, "The id of the relation, as seen from here: pass it to `retract`.")
    @staticmethod
    def id(found: strawberry.Parent[question.RelatedBelief], info: Request) -> strawberry.ID:
        state = found.other.state
        seen = f"{'out' if found.outgoing else 'in'} {moment_of(state)}"
        return strawberry.ID(write_id("Relation", info.context.names[state.belief.twin], found.id, seen))

    other: Belief = attribute("other", Belief, "The belief at the far end.")  # type: ignore[assignment]


@expose(distributions.ValueProbability)
class ValueProbability:
    """One value with its probability, null where that is unavailable, and the belief that it holds."""


@expose(distributions.Distribution)
class Distribution:
    """Every value of an attribute for one subject and context, the likeliest first; the probabilities sum to 1."""


@expose(beliefs.Holding, hide={"twin", "key", "error"})
class Holding:
    """What the twin published about a belief, from the rev that changed it to the rev that changed it again."""

    error_bar: float | None = attribute("error_bar", float | None, ERROR_BAR)  # type: ignore[assignment]

    @field(None, "The probability that was published; null where it was unavailable.")
    @staticmethod
    def confidence(holding: strawberry.Parent[beliefs.Holding]) -> float | None:
        return confidence(holding.log_odds)


@expose(
    interval.BeliefInterval,
    within={"state": beliefs.BeliefState},
    hide={
        "word_log_odds",
        *(f"state.{name}" for name in ("belief", "prior", "status", "changed_at_rev", "calibrated_log_odds", "error")),
        "state.apart",
    },
)
class BeliefInterval:
    """What the confidence of a belief, unrounded, cannot be below or above given the evidence: no estimate. Where it is
    not exact the bounds hold for what is approximated, and the confidence may lie outside of them by its error."""

    low: float | None = attribute(  # type: ignore[assignment]
        "low", float | None, "The least probability; null where `reason` says why none is known."
    )
    high: float | None = attribute(  # type: ignore[assignment]
        "high", float | None, "The greatest probability; null where `reason` says why none is known."
    )
    confidence: float = attribute("state.confidence", float, "Unrounded.")  # type: ignore[assignment]
    error_bar: float = attribute("state.error_bar", float, ERROR_BAR)  # type: ignore[assignment]
    persons_word: float | None = attribute(  # type: ignore[assignment]
        "word",
        float | None,
        "Where the person set it right: what confidence and bounds keep on their side, whatever relations carry.",
    )


@strawberry.type(description="The relations of a belief at one moment.")
class Relations:
    """The answer to `relations`."""

    rev: int
    valid_time: datetime
    relations: list[RelatedBelief] = attribute("value", list[RelatedBelief])  # type: ignore[assignment]


BeliefConnection = connection(Belief, counted=True)

HoldingConnection = connection(Holding)
