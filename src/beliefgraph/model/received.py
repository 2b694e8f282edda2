"""Data received about a person: evidence with its text, and events as they arrived."""

from __future__ import annotations

from pydantic import Field

from beliefgraph.model.event import Event
from beliefgraph.model.evidence import ByThePerson, Evidence
from beliefgraph.model.record import Key, Record
from beliefgraph.model.time import Instant, Rev


class ReceivedEvidence(Record):
    """One piece of evidence about a person, whether it counts or was withdrawn."""

    evidence: Evidence = Field(description="The evidence, with its verbatim text.")
    source: Key = Field(description="Name of the source.")
    withdrawn: bool = Field(description="Whether its event was withdrawn, so that it counts no more.")
    contested: ByThePerson = False


class ReceivedEvent(Record):
    """One event about a person, as it arrived."""

    id: str = Field(description="Id of the event; pass it to `withdraw`.")
    event: Event = Field(description="The event as it arrived.")
    rev: Rev = Field(description="Rev of the twin at which it was committed.")
    stored_at: Instant = Field(description="When it was stored.")
    withdrawn: bool = Field(description="Whether it was withdrawn and no longer counts.")
