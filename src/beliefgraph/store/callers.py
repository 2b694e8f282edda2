"""API keys in the graph: their grants, found by the hash of the secret; the secret itself is not stored."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from beliefgraph.model.caller import ApiKey
from beliefgraph.store import codec
from beliefgraph.store.graph import Graph


async def create(graph: Graph, key: ApiKey, hashed: str) -> None:
    """Store a key under the hash of its secret."""
    await graph.write_one("caller/create", key=codec.node_values(key), hash=hashed)


async def find(graph: Graph, hashed: str) -> ApiKey | None:
    """The key whose secret has this hash, revoked or not."""
    record = await graph.read("caller/authenticate", hash=hashed)
    return None if record is None or record[0] is None else _key(record[0])


async def listed(graph: Graph, tenant: str | None = None) -> list[ApiKey]:
    """All keys of a tenant, or of every tenant."""
    record = await graph.read("caller/list", tenant=tenant)
    return [_key(row) for row in record[0]] if record else []


async def revoke(graph: Graph, id_: str, at: datetime) -> ApiKey | None:
    """The key, revoked now or earlier; None if there is no such key."""
    record = await graph.write_one("caller/revoke", id=id_, at=at)
    return None if record is None else _key(record[0])


async def forget(graph: Graph, tenant: str, person: str) -> None:
    """Delete the keys of a person whose twin is erased in another database."""
    await graph.write_one("caller/forget", tenant=tenant, person=person)


async def rotate(graph: Graph, id_: str, until: datetime, key: ApiKey, hashed: str) -> None:
    """Store a key under the hash of its secret, and let the one it replaces expire no later than a moment."""
    await graph.write_one("caller/rotate", id=id_, until=until, key=codec.node_values(key), hash=hashed)


async def used(graph: Graph, used: Mapping[str, datetime]) -> None:
    """Record when keys were last used, by their ids."""
    await graph.write_one("caller/used", used=[{"id": id_, "at": at} for id_, at in used.items()])


def _moment(written: str | None) -> datetime | None:
    return None if written is None else codec.moment(written)


def _key(row: list[Any]) -> ApiKey:
    return ApiKey(
        id=row[0],
        tenant=row[1],
        actor=row[2],
        scopes=tuple(row[3]),
        purposes=tuple(row[4]),
        person=row[5],
        created_at=codec.moment(row[6]),
        revoked_at=_moment(row[7]),
        expires_at=_moment(row[8]),
        last_used_at=_moment(row[9]),
    )
