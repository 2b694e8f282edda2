"""Access log entries: which calls read a twin."""

from __future__ import annotations

from pydantic import Field

from beliefgraph.model.record import Key, Record
from beliefgraph.model.time import Instant


class Access(Record):
    """One call that read a twin, or was refused."""

    at: Instant = Field(description="When the call was made.")
    actor: Key = Field(description="Who called.")
    purpose: Key = Field(description="Purpose of the call.")
    key: str = Field(description="Id of the API key of the call.")
    person: bool = Field(description="Whether the key is the person's own.")
    asked: str = Field(description="What was requested: a field of the API, or the scope that the call needed.")
    refused: str | None = Field(None, description="Error code with which it was refused; null if it was answered.")
    request_id: str = Field(description="Id of the request.")
