"""Results of an analyst's copy: one update round, and a comparison with the twins."""

from __future__ import annotations

from pydantic import Field

from beliefgraph.model.record import Record


class CopyRound(Record):
    """What one round of bringing an analyst's copy up to date did."""

    twins: int = Field(description="Number of twins in the copy.")
    written: int = Field(description="Number of twins of which something was written.")
    rebuilt: int = Field(description="Number of these that were rewritten completely.")
    deleted: int = Field(description="Number of twins deleted from the copy: erased, or not permitted any more.")
    rows: int = Field(description="Number of nodes and relationships written.")
    seconds: float = Field(description="Seconds that the round took.")


class CopyCheck(Record):
    """How an analyst's copy compares with what its purpose may see now."""

    twins: int = Field(description="Number of twins that are the same in the copy.")
    rows: int = Field(description="Number of their current rows, all compared by digest.")
    different: tuple[str, ...] = Field(description="Names in the copy of twins that differ, are missing or too many.")
