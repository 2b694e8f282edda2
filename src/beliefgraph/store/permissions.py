"""Policies and permissions in the graph."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from beliefgraph.model.commit import Commit
from beliefgraph.model.identity import purpose_id
from beliefgraph.model.permission import NumberedPolicy, Permission, Policy
from beliefgraph.model.record import STORED
from beliefgraph.model.revision import Revision
from beliefgraph.store import codec
from beliefgraph.store.graph import Graph

EvidenceByEvent = Sequence[tuple[str, str, Sequence[str]]]
"""Types of events and names of sources, each with the evidence they gave."""


DECODERS: Sequence[Callable[[list[Any], str], Revision]] = (
    codec.relation,
    codec.link,
    codec.statement,
    codec.goal_relation,
    codec.decision_statement,
    codec.permission,
    codec.contested,
)
"""Decoders of the rows of each column of `permission/inputs`."""


async def publish(graph: Graph, policy: NumberedPolicy) -> None:
    """Put a policy in force under its number; `rev-conflict` if the number is taken."""
    values = codec.node_values(policy, document=policy.policy.model_dump_json(exclude_defaults=True))
    await graph.write_one("permission/publish_policy", policy=values)


async def in_force(graph: Graph, tenant: str) -> tuple[NumberedPolicy, int] | None:
    """The policy of a tenant, and the number of its definition set in force (0: none); None if none was published."""
    record = await graph.read("permission/policy", tenant=tenant)
    if record is None:
        return None
    number, at, actor, document, definitions = record
    policy = Policy.model_validate_json(document, context=STORED)
    found = NumberedPolicy(tenant=tenant, number=number, at=codec.moment(at), actor=actor, policy=policy)
    return found, definitions or 0


async def of_twins(graph: Graph, twins: Sequence[str]) -> dict[str, tuple[Permission, ...]]:
    """The current permissions of twins, by the twin's id; twins that do not exist are missing."""
    record = await graph.read("permission/now", twins=list(twins))
    rows = record[0] if record else []
    return {twin: tuple(codec.permission(row, twin) for row in permissions) for twin, permissions in rows}


async def stated(
    graph: Graph, tenant: str, purposes: Sequence[str | None], now: datetime
) -> list[tuple[list[Permission], list[str]]]:
    """The valid permissions of some purposes (None: the restriction of all), and the twins that have exactly those.

    Each permission stands for one of every such twin: they share its terms and its position in the order of the
    statements.
    """
    record = await graph.read(
        "permission/stated", purposes=[purpose_id(tenant, purpose) for purpose in purposes], now=codec.text(now)
    )
    return [
        ([_standing(terms, at, now) for at, terms in enumerate(rows)], twins)
        for rows, twins in (record[0] if record else [])
    ]


def _standing(terms: Sequence[Any], at: int, now: datetime) -> Permission:
    purpose, category, recipient, allowed, stated_by = terms
    return Permission.trusted(
        revision_id="",
        twin="",
        key="",
        valid_from=now,
        valid_to=None,
        rev_from=at,
        rev_to=None,
        definition="",
        origin="provided",
        purpose=purpose,
        category=category,
        recipient=recipient,
        allowed=allowed,
        stated_by=stated_by,
        event="",
        evidence=None,
    )


async def evidence_by_event(graph: Graph, twin: str) -> EvidenceByEvent:
    """The evidence of a twin by event type and by source."""
    record = await graph.read("permission/event_evidence", twin=twin)
    return [tuple(row) for row in record[0]] if record else []


async def events(graph: Graph, twin: str) -> dict[str, list[str]]:
    """The evidence of every event of a twin that gave any, by the event's id."""
    record = await graph.read("permission/events", twin=twin)
    return dict(record[0]) if record else {}


CLOSED = (codec.relation, codec.statement, codec.goal_relation, codec.decision_statement)
"""Decoders of the rows of each column of `permission/closed`."""


async def closed(graph: Graph, twin: str, rev: int) -> list[Revision]:
    """The rows of a twin closed by a rev, except for its columns, which have closed rows of their own."""
    record = await graph.read("permission/closed", twin=twin, rev=rev)
    rows = [decode(row, twin) for decode, found in zip(CLOSED, record or (), strict=bool(record)) for row in found]
    if graph.layers and (further := await graph.read("layer/statements", twin=twin, rev=rev)):
        further_rows = graph.layers.statements(further[0], graph.personal)
        rows += [row for row in further_rows if row.rev_to is not None and row.rev_to <= rev]
    return rows


async def inputs(graph: Graph, twin: str, rev: int, after: int) -> tuple[list[Revision], list[Commit]]:
    """The rows of a twin up to a rev, except for its columns; and the commits after another rev, without head times."""
    further = await graph.read("layer/statements", twin=twin, rev=rev) if graph.layers else None
    record = await graph.read("permission/inputs", twin=twin, rev=rev, after=after)
    if record is None:
        return [], []
    *columns, commits = record
    rows = [decode(row, twin) for decode, found in zip(DECODERS, columns, strict=True) for row in found]
    rows += graph.layers.statements(further[0] if further else (), graph.personal)
    return rows, [
        Commit.trusted(
            twin=twin,
            rev=number,
            at=codec.moment(at),
            head_time=codec.moment(at),
            actor=actor,
            purpose=purpose,
            cause=cause,
            definitions=definitions,
        )
        for number, at, actor, purpose, cause, definitions in commits
    ]
