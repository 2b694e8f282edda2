"""Twins that need a refresh or have outdated definitions, and tenants with due events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from beliefgraph.store import codec
from beliefgraph.store.graph import Graph


@dataclass(frozen=True)
class StaleTwin:
    """A twin that was not updated for a while, or has outdated definitions."""

    id: str
    tenant: str
    name: str


async def stale_twins(graph: Graph, before: datetime, *, tenant: str | None, after: str, limit: int) -> list[StaleTwin]:
    """Twins with a head time before a moment or with outdated definitions, after an id, in the order of their ids."""
    record = await graph.read("twin/stale", before=before, tenant=tenant, after=after, limit=limit)
    return [StaleTwin(*row) for row in (record[0] if record else [])]


async def tenants_with_due(graph: Graph, now: datetime, tenant: str | None) -> list[str]:
    """The tenants (or the given one, if it qualifies) with future-dated events in quarantine that are due."""
    record = await graph.read("quarantine/due", now=now, tenant=tenant)
    return list(record[0]) if record else []


async def next_due(graph: Graph, tenant: str | None) -> datetime | None:
    """When the next future-dated event in quarantine is due; None if there is none."""
    record = await graph.read("quarantine/next_due", tenant=tenant)
    return None if record is None or record[0] is None else codec.moment(record[0])
