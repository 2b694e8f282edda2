"""The query for discontinuous change, with its types."""

from __future__ import annotations

import strawberry

from beliefgraph.graphql.context import Request
from beliefgraph.graphql.expose import expose, field
from beliefgraph.graphql.ids import write_id
from beliefgraph.graphql.roots import question
from beliefgraph.model import change_point


@expose(change_point.ChangePoint, hide={"id", "twin"})
class ChangePoint:
    """A change that was detected, with the evidence at which it became probable enough."""

    @field(None, "Id of the evidence at which it was detected, which the query `node` accepts.")
    @staticmethod
    def id(found: strawberry.Parent[change_point.ChangePoint], info: Request) -> strawberry.ID:
        return strawberry.ID(write_id("Evidence", info.context.names[found.twin], found.id))


@expose(change_point.Surprise)
class Surprise:
    """One piece of evidence, and how well earlier evidence predicted it."""


@expose(change_point.EvidenceStream)
class EvidenceStream:
    """How well earlier evidence in a domain, on the stages of a trajectory or on goals predicted later evidence."""


@expose(change_point.ChangePoints)
class ChangePoints:
    """Abrupt changes in the evidence of a twin, by domain and trajectory, and in statements about goals."""


@strawberry.type
class ChangePointQueries:
    """The query for discontinuous change."""

    change_points = question(
        ChangePoints,
        "When the evidence of each domain changed abruptly, and how surprising its latest evidence is.",
        lambda services: services.change_points.change_points,
    )
