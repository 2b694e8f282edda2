"""Output types of beliefs: their state, relations, bounds and history."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from beliefgraph.graphql.arguments import described
from beliefgraph.graphql.connections import connection
from beliefgraph.graphql.contested import COUNTED, contested
from beliefgraph.graphql.context import Request
from beliefgraph.graphql.evidence_types import EvidenceOn
from beliefgraph.graphql.expose import attribute, expose, field
from beliefgraph.graphql.ids import moment_of, write_id
from beliefgraph.graphql.node import ERROR_BAR, GLOBAL_ID, Node, confidence, loaded
from beliefgraph.graphql.scalars import enum_of
from beliefgraph.model import belief as beliefs
from beliefgraph.model import distribution as distributions
from beliefgraph.model import interval, question, relation
from beliefgraph.model.time import ReadRev, ReadTime

Kinds = enum_of(relation.RelationKind)


@expose(beliefs.Belief, hide={"id", "twin"})
class Proposition:
    """The proposition of a belief, without its confidence; query `belief` for that."""

    @field(None, GLOBAL_ID)
    @staticmethod
    def id(belief: strawberry.Parent[beliefs.Belief], info: Request) -> strawberry.ID:
        return strawberry.ID(write_id("Belief", info.context.names[belief.twin], belief.id))


@expose(relation.Strength)
class Strength:
    """Kind and strength of a relation."""


@expose(
    question.BeliefRow,
    within={"state": beliefs.BeliefState, "state.belief": beliefs.Belief},
    hide={
        "evidence",
        "exact",
        "relations",
        "state.belief.id",
        "state.belief.twin",
        "state.calibrated_log_odds",
        "state.error",
        "state.apart",
    },
)
class Belief(Node):
    """A belief of a twin at the requested moment."""

    @staticmethod
    def is_type_of(value: object, _info: object) -> bool:
        """Whether a value is shown by this type."""
        return isinstance(value, question.BeliefRow)

    confidence: float | None = attribute(  # type: ignore[assignment]
        "state.confidence", float | None, "Probability that the belief holds, in [0, 1]; null if unavailable."
    )
    calibrated_confidence: float | None = attribute(  # type: ignore[assignment]
        "state.calibrated_confidence",
        float | None,
        "Confidence after the calibration learned for the attribute, in [0, 1]; null if none was learned.",
    )
    error_bar: float | None = attribute("state.error_bar", float | None, ERROR_BAR)  # type: ignore[assignment]

    @field(None, GLOBAL_ID)
    @staticmethod
    def id(row: strawberry.Parent[question.BeliefRow], info: Request) -> strawberry.ID:  # type: ignore[override]
        belief = row.state.belief
        return strawberry.ID(write_id("Belief", info.context.names[belief.twin], belief.id, moment_of(row.state)))

    @field(
        float | None,
        "Probability that the belief holds, in [0, 1], derived from the evidence on request and not rounded; null if "
        "unavailable.",
    )
    @staticmethod
    def exact_confidence(row: strawberry.Parent[question.BeliefRow]) -> float | None:
        return loaded(row.exact, "exact confidence").confidence

    @field(int, COUNTED)
    @staticmethod
    async def contested_evidence(row: strawberry.Parent[question.BeliefRow], info: Request) -> int:
        state = row.state
        return await contested(info.context, state.belief.twin, state.belief.id, rev=state.rev)

    @field(list[EvidenceOn], "Evidence that bears on it directly, including metrics, oldest first.")
    @staticmethod
    def evidence(row: strawberry.Parent[question.BeliefRow]) -> tuple[question.EvidenceOn, ...]:
        return loaded(row.evidence, "evidence")

    @field(
        list[Annotated["RelatedBelief", strawberry.lazy("beliefgraph.graphql.belief_types")]],
        "Its relations to other beliefs of the twin; can be nested two levels deep.",
    )
    @staticmethod
    def relations(
        row: strawberry.Parent[question.BeliefRow],
        kinds: Annotated[list[Kinds] | None, described("Kinds to list; default: all.")] = None,  # type: ignore[valid-type]
    ) -> tuple[question.RelatedBelief, ...]:
        found = loaded(row.relations, "relations")
        return found if kinds is None else tuple(each for each in found if each.kind in kinds)


@expose(question.RelatedBelief, within={"strength": relation.Strength}, hide={"id", "other"})
class RelatedBelief:
    """A relation of a belief, seen from that belief."""

    @field(None, "Id of the relation as seen from this belief; pass it to `retract`.")
    @staticmethod
    def id(found: strawberry.Parent[question.RelatedBelief], info: Request) -> strawberry.ID:
        state = found.other.state
        seen = f"{'out' if found.outgoing else 'in'} {moment_of(state)}"
        return strawberry.ID(write_id("Relation", info.context.names[state.belief.twin], found.id, seen))

    other: Belief = attribute("other", Belief, "The belief at the other end.")  # type: ignore[assignment]


@expose(distributions.ValueProbability)
class ValueProbability:
    """One value of an attribute with its probability."""


@expose(distributions.Distribution)
class Distribution:
    """Every value of an attribute for one subject and context; the probabilities sum to 1."""


@expose(beliefs.Holding, hide={"twin", "key", "error"})
class Holding:
    """What the twin published about a belief, from the rev that changed it to the rev that changed it again."""

    error_bar: float | None = attribute("error_bar", float | None, ERROR_BAR)  # type: ignore[assignment]

    @field(int, "Number of pieces of evidence bearing on it at that time that the person contests now.")
    @staticmethod
    async def contested_evidence(holding: strawberry.Parent[beliefs.Holding], info: Request) -> int:
        return await contested(info.context, holding.twin, holding.key, before=holding.rev_to)

    @field(None, "Probability that was published, in [0, 1]; null if it was unavailable.")
    @staticmethod
    def confidence(holding: strawberry.Parent[beliefs.Holding]) -> float | None:
        return confidence(holding.log_odds)


@expose(
    interval.BeliefInterval,
    within={"state": beliefs.BeliefState},
    hide={
        "pinned_log_odds",
        *(f"state.{name}" for name in ("belief", "prior", "status", "changed_at_rev", "calibrated_log_odds", "error")),
        "state.apart",
    },
)
class BeliefInterval:
    """Guaranteed bounds on the confidence of a belief, unrounded, given the evidence.

    For an approximate belief they bound the exact value, and the approximate confidence may lie outside them by up to
    its error.
    """

    low: float | None = attribute(  # type: ignore[assignment]
        "low", float | None, "Lower bound on the probability; null if `reason` is given."
    )
    high: float | None = attribute(  # type: ignore[assignment]
        "high", float | None, "Upper bound on the probability; null if `reason` is given."
    )
    confidence: float = attribute("state.confidence", float, "Probability that the belief holds, in [0, 1], unrounded.")  # type: ignore[assignment]
    error_bar: float = attribute("state.error_bar", float, ERROR_BAR)  # type: ignore[assignment]
    persons_word: float | None = attribute(  # type: ignore[assignment]
        "pinned",
        float | None,
        "Probability that a correction guarantees, in the direction stated: 0.999 or more, or 0.001 or less.",
    )


@strawberry.type(description="The relations of a belief at one moment.")
class Relations:
    """The result of `relations`."""

    rev: int = attribute("rev", ReadRev)  # type: ignore[assignment]
    valid_time: datetime = attribute("valid_time", ReadTime)  # type: ignore[assignment]
    relations: list[RelatedBelief] = attribute(  # type: ignore[assignment]
        "value", list[RelatedBelief], "The relations of the belief."
    )


BeliefConnection = connection(Belief, counted=True)

HoldingConnection = connection(Holding)
