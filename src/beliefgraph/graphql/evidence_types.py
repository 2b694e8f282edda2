"""Output types of evidence: how it bears on beliefs and counts in metrics."""

from __future__ import annotations

from typing import Any, cast

import strawberry

from beliefgraph.errors import Incorrect
from beliefgraph.graphql.connections import connection
from beliefgraph.graphql.context import Request
from beliefgraph.graphql.expose import attribute, expose, field
from beliefgraph.graphql.ids import moment_of, write_id
from beliefgraph.graphql.metric_types import Metric
from beliefgraph.graphql.node import GLOBAL_ID, Node, itself
from beliefgraph.model import evidence as evidences
from beliefgraph.model import explanation, question, received
from beliefgraph.model import metric as metrics


@expose(evidences.Bearing, hide={"twin", "key", "evidence", "belief", "source"})
class Bearing:
    """How one piece of evidence bears on one belief, while it counts."""

    @field(None, "Global id of the belief that it bears on.")
    @staticmethod
    def belief(bearing: strawberry.Parent[evidences.Bearing], info: Request) -> strawberry.ID:
        return strawberry.ID(write_id("Belief", info.context.names[bearing.twin], bearing.belief))


@expose(
    question.SourcedEvidence,
    within={"evidence": evidences.Evidence},
    hide={"source", "twin", "bearings", "metric", "evidence.id", "evidence.twin", "evidence.source"},
)
class Evidence(Node):
    """One observation by one source: what was observed, when, and what it is evidence of."""

    @staticmethod
    def is_type_of(value: object, _info: object) -> bool:
        """Whether a value is shown by this type."""
        return isinstance(
            value,
            question.SourcedEvidence
            | question.EvidenceOn
            | question.EvidenceIn
            | explanation.Contribution
            | received.ReceivedEvidence,
        )

    @field(None, GLOBAL_ID)
    @staticmethod
    def id(found: strawberry.Parent[Any], info: Request) -> strawberry.ID:  # type: ignore[override]
        metric: metrics.MetricState | None = getattr(found, "metric", None)
        moment = "" if metric is None else moment_of(metric)
        return strawberry.ID(write_id("Evidence", info.context.names[found.evidence.twin], found.evidence.id, moment))

    @field(None, "Name of the source.")
    @staticmethod
    def source(found: strawberry.Parent[Any]) -> str:
        source: str | evidences.Source = found.source
        return source if isinstance(source, str) else source.name

    @field(None, "How it bears on beliefs now. Available only if the evidence was read by `node`; otherwise refused.")
    @staticmethod
    def bearings(found: strawberry.Parent[Any]) -> list[Bearing] | None:
        if not isinstance(found, question.SourcedEvidence):
            raise Incorrect("too-complex", "Query the evidence itself with `node` to get all of its bearings.")
        return cast("list[Bearing]", found.bearings)


@expose(
    question.EvidenceOn,
    within={"bearing": evidences.Bearing},
    hide={"evidence", "source", *(f"bearing.{name}" for name in ("twin", "key", "evidence", "belief", "source"))},
)
class EvidenceOn:
    """One piece of evidence as it bears on one belief, with its source."""

    evidence: Evidence = itself(Evidence, "The evidence itself.")  # type: ignore[assignment]
    metric: Metric | None = attribute(  # type: ignore[assignment]
        "metric",
        Metric | None,
        (
            "State of the metric, if the evidence is derived from a metric; `node` does not find such evidence. "
            "Otherwise null."
        ),
    )


@expose(
    question.EvidenceIn,
    within={"measurement": metrics.Measurement},
    hide={"evidence", "source", *(f"measurement.{name}" for name in ("twin", "key", "evidence", "metric", "source"))},
)
class EvidenceIn:
    """One event that counts in a metric, from its time on until its retention ends."""

    evidence: Evidence = itself(Evidence, "The evidence itself.")  # type: ignore[assignment]


EvidenceOnConnection = connection(EvidenceOn)

EvidenceInConnection = connection(EvidenceIn, counted=True)
