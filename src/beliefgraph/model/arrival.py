"""Incoming events: those that are processed, and those that go to quarantine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from beliefgraph.model.event import Event


@dataclass(frozen=True)
class ArrivedEvent:
    """An event to be stored: its id in the twin, the keyed hashes that identify it, and the identifier that led here.

    `spelled` is the hash of its literal body, which was stored before 1 and 1.0 were one number. `yielded` is its
    stored evidence, if it was withdrawn and was sent again; None if it is new. `ended` maps keys of goal relations to
    when a later command ended them.
    """

    id: str
    event: Event
    delivery: str
    body: str
    via: str | None = None
    yielded: frozenset[str] | None = None
    spelled: str | None = None
    ended: Mapping[str, datetime] = field(default_factory=dict)

    def has_same_body(self, body: str) -> bool:
        """Whether the hash of an earlier body is that of this one; it was stored in full before, and is now a part."""
        return any(own is not None and body.startswith(own) for own in (self.body, self.spelled))


@dataclass(frozen=True)
class SetAside:
    """An event for quarantine, with what it is found by; `due` is its time if it came from the future."""

    id: str
    event: Event
    twin: str | None
    identifiers: Sequence[str]
    code: str
    reason: str
    due: datetime | None = None
