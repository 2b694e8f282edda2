"""Evidence, and how it bears on beliefs and counts in metrics, as it is answered."""

from __future__ import annotations

from typing import Any, cast

import strawberry

from beliefgraph.errors import Incorrect
from beliefgraph.graphql.connections import connection
from beliefgraph.graphql.context import Request
from beliefgraph.graphql.expose import attribute, expose, field
from beliefgraph.graphql.ids import moment_of, write_id
from beliefgraph.graphql.metric_types import Metric
from beliefgraph.graphql.node import Node, itself
from beliefgraph.model import evidence as evidences
from beliefgraph.model import explanation, question
from beliefgraph.model import metric as metrics


@expose(evidences.Bearing, hide={"twin", "key", "evidence", "belief", "source"})
class Bearing:
    """How one piece of evidence bears on one belief, while it counts. `halfLife` is in seconds."""

    @field(None, "The id of the belief it bears on.")
    @staticmethod
    def belief(bearing: strawberry.Parent[evidences.Bearing], info: Request) -> strawberry.ID:
        return strawberry.ID(write_id("Belief", info.context.names[bearing.twin], bearing.belief))


@expose(
    question.SourcedEvidence,
    within={"evidence": evidences.Evidence},
    hide={"source", "twin", "bearings", "metric", "evidence.id", "evidence.twin", "evidence.source"},
)
class Evidence(Node):
    """One observation: what it says in plain words, who said it, and when."""

    @staticmethod
    def is_type_of(value: object, _info: object) -> bool:
        """Whether a value is shown by this type."""
        return isinstance(
            value, question.SourcedEvidence | question.EvidenceOn | question.EvidenceIn | explanation.Contribution
        )

    @field()
    @staticmethod
    def id(found: strawberry.Parent[Any], info: Request) -> strawberry.ID:  # type: ignore[override]
        metric: metrics.MetricState | None = getattr(found, "metric", None)
        moment = "" if metric is None else moment_of(metric)
        return strawberry.ID(write_id("Evidence", info.context.names[found.evidence.twin], found.evidence.id, moment))

    @field(None, "Who or what said so.")
    @staticmethod
    def source(found: strawberry.Parent[Any]) -> str:
        source: str | evidences.Source = found.source
        return source if isinstance(source, str) else source.name

    @field(None, "All that it bears on now; refused but where the evidence itself is asked for, by `node`.")
    @staticmethod
    def bearings(found: strawberry.Parent[Any]) -> list[Bearing] | None:
        if not isinstance(found, question.SourcedEvidence):
            raise Incorrect("too-complex", "Ask for the evidence itself, by `node`, for all that it bears on.")
        return cast("list[Bearing]", found.bearings)


@expose(
    question.EvidenceOn,
    within={"bearing": evidences.Bearing},
    hide={"evidence", "source", *(f"bearing.{name}" for name in ("twin", "key", "evidence", "belief", "source"))},
)
class EvidenceOn:
    """One piece of evidence as it bears on one belief. `counts` is false where something newer silences it.

    `heard` is by how much it moves the log-odds of the belief by itself: what was said, aged, through what is known of
    its source, and beside what it shares its origin with."""

    evidence: Evidence = itself(Evidence, "The evidence itself.")  # type: ignore[assignment]
    metric: Metric | None = attribute(  # type: ignore[assignment]
        "metric", Metric | None, "Where a metric speaks: how it stands. What it says is derived, and no `node`."
    )


@expose(
    question.EvidenceIn,
    within={"measurement": metrics.Measurement},
    hide={"evidence", "source", *(f"measurement.{name}" for name in ("twin", "key", "evidence", "metric", "source"))},
)
class EvidenceIn:
    """One event as it counts in a metric, from its time on for as long as it is remembered."""

    evidence: Evidence = itself(Evidence, "What it says, and who says so.")  # type: ignore[assignment]


EvidenceOnConnection = connection(EvidenceOn)

EvidenceInConnection = connection(EvidenceIn, counted=True)
