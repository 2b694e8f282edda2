"""Incoming events: those that are processed, and those that go to quarantine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from beliefgraph.model.event import Event


@dataclass(frozen=True)
class ArrivedEvent:
    """An event to be stored: its id in the twin, the keyed hashes that recognise it, and what led it here.

    `spelled` is the hash of its body as it is spelled, which was stored before 1 and 1.0 were one number.
    `yielded` is the evidence that is stored of it already, where it was withdrawn and came again; None where it is new.
    `ended` says when relations of goals end, by their keys, where a later command ended them.
    """

    id: str
    event: Event
    delivery: str
    body: str
    via: str | None = None
    yielded: frozenset[str] | None = None
    spelled: str | None = None
    ended: Mapping[str, datetime] = field(default_factory=dict)

    def came_as(self, body: str) -> bool:
        """Whether the hash of a body that came before is that of this one."""
        return body in (self.body, self.spelled)


@dataclass(frozen=True)
class SetAside:
    """An event to be kept in quarantine, with what it is found by; `due` is its time if it came from the future."""

    id: str
    event: Event
    twin: str | None
    identifiers: Sequence[str]
    code: str
    reason: str
    due: datetime | None = None
