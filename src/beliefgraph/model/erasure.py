"""Confirmation that a twin was erased: who asked, when and for what purpose."""

from __future__ import annotations

from pydantic import Field

from beliefgraph.model.record import Key, Record
from beliefgraph.model.time import Instant


class Erasure(Record):
    """Confirmation that a twin was erased: its rows are deleted and its key destroyed.

    The name is kept in this answer only.
    """

    twin: Key = Field(description="Name of the twin that was erased.")
    actor: Key = Field(description="Who asked for it.")
    purpose: Key = Field(description="Purpose of the call.")
    at: Instant = Field(description="When it was erased.")
    rows: int = Field(description="Number of nodes deleted.")
