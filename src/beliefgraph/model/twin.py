"""A twin: one person's or account's self-model, and the identifiers that lead to it."""

from __future__ import annotations

from beliefgraph.model.record import Key, Record
from beliefgraph.model.revision import Revision
from beliefgraph.model.time import Instant, Rev


class Twin(Record):
    """The unit of consistency. `head_time` is its now: the greatest valid time it has seen."""

    id: str
    tenant: Key
    name: Key
    rev: Rev
    head_time: Instant
    last_updated: Instant
    definitions: int


class Identifier(Record):
    """Something that leads to a twin: a device, a CRM id, an anonymous cookie. Stored as a keyed hash."""

    scheme: Key
    value: Key


class IdentifierLink(Revision):
    """An identifier leads to a twin, while it does. `key` is the identifier's keyed hash."""

    scheme: Key
