"""What became of an archive that was imported."""

from __future__ import annotations

from pydantic import Field

from beliefgraph.model.record import Key, Record


class Imported(Record):
    """Confirmation that an archive was imported."""

    tenant: Key = Field(description="Tenant that it was imported into.")
    twins: int = Field(description="Number of twins imported.")
    rows: int = Field(description="Number of nodes imported, definitions among them.")
