"""Twins that are to be refreshed, or are behind their definitions, and tenants whose events are due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from beliefgraph.store import codec
from beliefgraph.store.graph import Graph


@dataclass(frozen=True)
class StaleTwin:
    """A twin that was not updated for a while, or is behind the newest definitions."""

    id: str
    tenant: str
    name: str


async def stale_twins(graph: Graph, before: datetime, *, tenant: str | None, after: str, limit: int) -> list[StaleTwin]:
    """Twins whose head time is before a moment, or whose definitions are not the newest, after an id and by id."""
    record = await graph.read("twin/stale", before=before, tenant=tenant, after=after, limit=limit)
    return [StaleTwin(*row) for row in (record[0] if record else [])]


async def tenants_with_due(graph: Graph, now: datetime, tenant: str | None) -> list[str]:
    """The tenants, or the one of them, that have events set aside whose own time has come."""
    record = await graph.read("quarantine/due", now=now, tenant=tenant)
    return list(record[0]) if record else []


async def next_due(graph: Graph, tenant: str | None) -> datetime | None:
    """When the next event that was set aside until its time comes is due; None if there is none."""
    record = await graph.read("quarantine/next_due", tenant=tenant)
    return None if record is None or record[0] is None else codec.moment(record[0])
