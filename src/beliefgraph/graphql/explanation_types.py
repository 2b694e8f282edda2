"""Output types of explanations."""

from __future__ import annotations

from datetime import datetime

import strawberry

from beliefgraph.graphql.belief_types import Belief
from beliefgraph.graphql.context import Request
from beliefgraph.graphql.evidence_types import Evidence
from beliefgraph.graphql.expose import attribute, expose, field
from beliefgraph.graphql.ids import write_id
from beliefgraph.graphql.node import itself
from beliefgraph.model import change_point, explanation, question, segment
from beliefgraph.model.time import ReadRev, ReadTime


@expose(explanation.ExplanationLink, hide={"parent"})
class ExplanationLink:
    """One belief in the tree of an explanation, and how it is connected to its parent."""

    @field(None, "Global id of the parent belief; null for the belief explained.")
    @staticmethod
    def parent(link: strawberry.Parent[explanation.ExplanationLink], info: Request) -> strawberry.ID | None:
        if link.parent is None:
            return None
        return strawberry.ID(write_id("Belief", info.context.names[link.belief.twin], link.parent))


@expose(explanation.ContributionPart)
class ContributionPart:
    """One bearing of a contribution."""


@expose(explanation.RestOfContributions)
class RestOfContributions:
    """The contributions that are not listed."""


@expose(change_point.ChangedDomain)
class ChangedDomain:
    """A change of a domain that makes evidence from before it count less."""


@expose(segment.SegmentPrior)
class SegmentPrior:
    """Prior of a belief that comes from the segment of the twin."""


@expose(explanation.Contribution, hide={"evidence", "source"})
class Contribution:
    """What one piece of evidence, or all evidence of one source, contributes to the belief explained."""

    evidence: Evidence = itself(Evidence, "The evidence itself.")  # type: ignore[assignment]


@expose(explanation.Explanation, hide={"state"})
class Explanation:
    """Why a belief has its confidence: its prior, and what each piece of evidence contributes.

    The contributions listed, the rest and `residual` sum to the change from the prior.
    """

    rev: int = attribute("state.rev", ReadRev)  # type: ignore[assignment]
    valid_time: datetime = attribute("state.valid_time", ReadTime)  # type: ignore[assignment]

    @field(Belief, "The belief that is explained.")
    @staticmethod
    def belief(found: strawberry.Parent[explanation.Explanation]) -> question.BeliefRow:
        return question.BeliefRow.model_construct(state=found.state, relations=None, evidence=None)
