"""An event: what arrives, as CloudEvents 1.0. `source` and `id` make a second delivery harmless."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from beliefgraph.model.record import Id, Key, Record
from beliefgraph.model.time import Instant
from beliefgraph.model.twin import Identifier


class Event(Record):
    """One CloudEvent, read: it names its twin, or identifiers that lead to one. `time` is valid time."""

    id: Key
    source: Key
    type: Key
    time: Instant
    twin: Key | None = None
    identifiers: tuple[Identifier, ...] = Field(default=(), max_length=10)
    session: Key | None = None
    channel: Key | None = None
    data: dict[str, Any] = Field(default_factory=dict)


class EventName(Record):
    """An event that was taken in, by its CloudEvents `source` and `id`.

    Without `source`, `id` may be what `event` of evidence says, the id of evidence that came from it, or that of a
    command.
    """

    id: Id
    source: Key | None = None


class QuarantinedEvent(Record):
    """An event that could not be taken in, with the reason; it can be replayed once that is mended."""

    id: str
    event: Event
    code: str
    reason: str
    since: Instant
