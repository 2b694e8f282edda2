"""Output types of what was received about a person."""

from __future__ import annotations

from beliefgraph.graphql.connections import connection
from beliefgraph.graphql.evidence_types import Evidence
from beliefgraph.graphql.expose import expose
from beliefgraph.graphql.node import itself
from beliefgraph.model import received, twin


@expose(received.ReceivedEvidence, hide={"evidence", "source"})
class ReceivedEvidence:
    """One piece of evidence about a person, whether it counts or was withdrawn."""

    evidence: Evidence = itself(Evidence, "The evidence itself.")  # type: ignore[assignment]


@expose(received.ReceivedEvent)
class ReceivedEvent:
    """One event about a person, as it arrived."""


@expose(twin.IdentifierLink, hide={"revision_id", "twin", "key", "definition", "origin"})
class IdentifierLink:
    """A link from an identifier to a twin, while it is valid."""


ReceivedEvidenceConnection = connection(ReceivedEvidence)

ReceivedEventConnection = connection(ReceivedEvent)
