"""The data for learning: all evidence in a tenant's twins, many twins at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.evidence import Source, Stance
from beliefgraph.model.identity import PERSON
from beliefgraph.store import codec
from beliefgraph.store.graph import Graph

PAGE = 20
"""Twins per read."""


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One piece of evidence on one belief: its source, strength and interval, and how it ages."""

    belief: str
    source: str
    stance: Stance
    log_likelihood_ratio: float
    shared_origin: str | None
    source_kind: str | None
    valid_from: datetime
    valid_to: datetime | None = None
    half_life: float | None = None
    shared_across: str | None = None


@dataclass(frozen=True, slots=True)
class TwinEvidence:
    """The evidence in one twin: its beliefs by their ids, the rows, and the names of the sources by theirs."""

    name: str
    beliefs: dict[str, BeliefKey]
    rows: list[EvidenceRow]
    sources: dict[str, str]


async def twin_evidence(graph: Graph, tenant: str, before: datetime | None) -> AsyncIterator[TwinEvidence]:
    """All evidence in the twins of a tenant, in its current state, in the order of their ids."""
    after = ""
    while True:
        record = await graph.read("learning/evidence", tenant=tenant, after=after, limit=PAGE, before=before)
        twins, names = record or ([], [])
        if not twins:
            return
        sources: dict[str, str] = dict(names)
        for twin, name, beliefs, rows in twins:
            yield TwinEvidence(
                name=name,
                beliefs={id_: graph.personal.key(twin, *key) for id_, *key in beliefs},
                rows=[_evidence_row(row) for row in rows],
                sources=sources,
            )
        after = twins[-1][0]


def _evidence_row(row: list[Any]) -> EvidenceRow:
    from_, to = codec.moment(row[6]), codec.moment_or_open(row[7])
    return EvidenceRow(row[0], row[1], row[2], row[3], row[4], row[5], from_, to, row[8], row[9])


async def sources(
    graph: Graph,
    tenant: str,
    *,
    after: str,
    limit: int,
    left_out: Sequence[str] | None = (),
    only: Sequence[str] | None = None,
) -> list[Source]:
    """The sources of a tenant that are not modelled persons, by name, after a name.

    Sources whose evidence is only about twins in `left_out`, or about none in `only` (by id), are excluded.
    """
    record = await graph.read(
        "source/page",
        tenant=tenant,
        person=PERSON,
        after=after,
        limit=limit,
        left_out=list(left_out or ()),
        only=None if only is None else list(only),
    )
    return [Source.trusted(id=id_, tenant=tenant, name=name) for id_, name in (record[0] if record else [])]


@dataclass(frozen=True, slots=True)
class RuleEvidenceRow:
    """The evidence of one event on one belief: the event's type, its strength and start, and how it ages."""

    belief: str
    event: str
    log_likelihood_ratio: float
    valid_from: datetime
    half_life: float | None


@dataclass(frozen=True, slots=True)
class TwinRuleEvidence:
    """The evidence of events in one twin: its beliefs by their ids, and the rows."""

    name: str
    beliefs: dict[str, BeliefKey]
    rows: list[RuleEvidenceRow]


async def rule_evidence(graph: Graph, tenant: str) -> AsyncIterator[TwinRuleEvidence]:
    """All evidence from events in the twins of a tenant, in its current state, in the order of their ids."""
    after = ""
    while True:
        record = await graph.read("learning/rules", tenant=tenant, after=after, limit=PAGE)
        twins = record[0] if record else []
        if not twins:
            return
        for twin, name, beliefs, rows in twins:
            known = {id_: graph.personal.key(twin, *key) for id_, *key in beliefs}
            found = [RuleEvidenceRow(row[0], row[1], row[2], codec.moment(row[3]), row[4]) for row in rows]
            yield TwinRuleEvidence(name, known, found)
        after = twins[-1][0]
