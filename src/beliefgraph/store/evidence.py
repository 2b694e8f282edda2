"""Evidence with its text, source and bearings. Verbatim text is unsealed only here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from beliefgraph.model.evidence import Bearing, Evidence, Source
from beliefgraph.store import codec
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring


@dataclass(frozen=True, slots=True)
class EvidenceWithSource:
    """One piece of evidence with its source, still sealed."""

    evidence: Evidence
    source: Source
    sealed: bytes | None

    def opened(self, keyring: Keyring) -> Evidence:
        """The evidence with its text unsealed."""
        if self.sealed is None:
            return self.evidence
        context = f"evidence:{self.evidence.id}"
        text = keyring.unseal(self.evidence.twin, bytes(self.sealed), context).decode()
        return self.evidence.model_copy(update={"verbatim": text})


async def evidence_by_ids(graph: Graph, twin: str, ids: Sequence[str]) -> dict[str, EvidenceWithSource]:
    """These pieces of evidence with their sources, by id."""
    if not ids:
        return {}
    record = await graph.read("evidence/by_ids", twin=twin, ids=list(ids))
    return {row[0]: evidence_with_source(graph, row) for row in (record[0] if record else [])}


async def by_id(
    graph: Graph, id_: str, tenant: str, person: str | None
) -> tuple[str, EvidenceWithSource, tuple[Bearing, ...]] | None:
    """The twin's name, the evidence and its current bearings, if the caller may see it."""
    record = await graph.read("evidence/by_id", evidence=id_, tenant=tenant, person=person)
    if record is None:
        return None
    name, row, bearings = record
    return name, evidence_with_source(graph, row), tuple(codec.bearing(bearing, row[1]) for bearing in bearings)


def evidence_with_source(graph: Graph, row: list[Any]) -> EvidenceWithSource:
    """The evidence of a row, with its source."""
    id_, twin, event, source, time, summary, sealed, tenant, name = row
    return EvidenceWithSource(
        evidence=Evidence.trusted(
            id=id_,
            twin=twin,
            event=event,
            source=source,
            time=codec.moment(time),
            summary=graph.personal.open(twin, summary),
            verbatim=None,
        ),
        source=Source.trusted(id=source, tenant=tenant, name=name),
        sealed=sealed,
    )
