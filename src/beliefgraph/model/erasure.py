"""The erasure of a twin: its confirmation, its signed receipt, and the consent that ends the refusals after it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from beliefgraph.model.record import Key, Record
from beliefgraph.model.time import Instant

THE_PERSON = "the person"
"""The actor in a receipt if it was the person themselves, whose name must not be kept."""


class Erasure(Record):
    """Confirmation that a twin was erased: its rows are deleted and its key destroyed.

    The name is kept in this answer only.
    """

    twin: Key = Field(description="Name of the twin that was erased.")
    actor: Key = Field(description="Actor who requested it.")
    purpose: Key = Field(description="Purpose of the call.")
    at: Instant = Field(description="When it was erased.")
    rows: int = Field(description="Number of nodes deleted.")
    receipt: str = Field(
        description="The signed receipt as canonical JSON; it contains no names. `beliefgraph receipt verify` "
        "verifies it."
    )


class ErasureReceipt(Record):
    """What was destroyed by an erasure, without anything personal; signed, it is the receipt."""

    kind: Literal["beliefgraph erasure"] = Field("beliefgraph erasure", description="What the document is.")
    id: str = Field(description="Random id of the receipt.")
    tenant: Key = Field(description="Tenant that the twin belonged to.")
    subject: str = Field(description="Keyed hash of the twin's name.")
    identifiers: tuple[str, ...] = Field(description="Keyed hashes of the identifiers that led only to the twin.")
    actor: Key = Field(description="Actor who requested it.")
    purpose: Key = Field(description="Purpose of the call.")
    begun: Instant = Field(description="Since when the twin could no longer be found.")
    finished: Instant = Field(description="When everything was destroyed.")
    destroyed: dict[str, int] = Field(description="How many nodes of each kind were deleted, and keys destroyed.")
    digest: str = Field(description="SHA-256 over the random life id of the twin and the ids of its events, in order.")


class Readmission(Record):
    """Confirmation that events and commands about an erased person are accepted again."""

    twin: Key = Field(description="Name of the twin, which starts empty.")
    actor: Key = Field(description="Actor who requested it.")
    at: Instant = Field(description="When it was requested.")
    refused: int = Field(description="Number of events and commands refused since the erasure.")
