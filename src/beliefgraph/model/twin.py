"""A twin: one person's or account's self-model, and the identifiers that lead to it."""

from __future__ import annotations

from pydantic import Field

from beliefgraph.model.record import Key, Record
from beliefgraph.model.revision import Revision
from beliefgraph.model.time import Instant, Rev


class Twin(Record):
    """One person's or account's self-model; the unit of consistency."""

    id: str = Field(description="Id of the twin (UUIDv5 of tenant and name).")
    tenant: Key = Field(description="Tenant that the twin belongs to.")
    name: Key = Field(description="Name of the twin, as the application chose it.")
    rev: Rev = Field(description="Number of the twin's newest commit; each commit adds 1.")
    head_time: Instant = Field(
        description="The twin's current time: the greatest valid time of its events, commands and refreshes.",
    )
    last_updated: Instant = Field(description="When the newest commit was stored.")
    definitions: int = Field(description="Number of the definition set that the newest commit was derived under.")


class Identifier(Record):
    """An identifier that leads to a twin, such as a device, a CRM id or an anonymous cookie; stored as a keyed hash."""

    scheme: Key = Field(description="Kind of identifier, such as `crm` or `device`.")
    value: Key = Field(description="The identifier itself; only its keyed hash is stored.")


class IdentifierLink(Revision):
    """A link from an identifier to a twin, while it is valid."""

    scheme: Key = Field(description="Kind of identifier, such as `crm` or `device`.")
    key: str = Field(description="Keyed hash of the identifier.")
