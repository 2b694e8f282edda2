"""Results of importing and exporting archives."""

from __future__ import annotations

from pydantic import Field

from beliefgraph.model.record import Key, Record
from beliefgraph.model.time import Instant


class Imported(Record):
    """Confirmation that an archive was imported."""

    tenant: Key = Field(description="Tenant that it was imported into.")
    twins: int = Field(description="Number of twins imported.")
    rows: int = Field(description="Number of nodes imported, definitions among them.")


class Download(Record):
    """An archive that can be downloaded once."""

    address: str = Field(description="Path to download it from, without a key, within 15 minutes.")
    bytes: int = Field(description="Size of the archive.")
    expires_at: Instant = Field(description="When it is deleted if it has not been downloaded.")
