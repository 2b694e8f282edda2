"""The result of moving a twin to another database."""

from __future__ import annotations

from pydantic import Field

from beliefgraph.model.record import Key, Record, TwinName
from beliefgraph.model.time import Instant, Rev


class Relocation(Record):
    """A twin was moved: all its rows are in another database, unchanged, and deleted from the previous one."""

    twin: TwinName
    tenant: Key = Field(description="Tenant of the twin.")
    source: str = Field(description="Shard that it was in.")
    target: str = Field(description="Shard that it is in now.")
    region: str | None = Field(description="Region of that shard; null if it has none.")
    rev: Rev = Field(description="Rev of the twin, the same before and after.")
    rows: int = Field(description="Number of its nodes, each with its relationships.")
    source_digest: str = Field(description="SHA-256 over its rows where it was, before they were deleted.")
    target_digest: str = Field(description="SHA-256 over its rows where it is now.")
    actor: Key = Field(description="Actor who requested it.")
    at: Instant = Field(description="When it was done.")
