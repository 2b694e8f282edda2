"""A revision: one stored change of one thing. Everything that changes is an edge, and each edge is one of these."""

from __future__ import annotations

from typing import Literal

from beliefgraph.model.record import Record
from beliefgraph.model.time import Instant, Interval, Rev

Origin = Literal["provided", "observed", "inferred"]
"""Who made it so: somebody said it, an event showed it, or the engine derived it."""


class Revision(Record):
    """One row of the history of the fact `key`: valid in [valid_from, valid_to), known in [rev_from, rev_to).

    `definition` is the catalog and version it was written under.
    """

    revision_id: str
    twin: str
    key: str
    valid_from: Instant
    valid_to: Instant | None = None
    rev_from: Rev
    rev_to: Rev | None = None
    definition: str
    origin: Origin

    @property
    def valid(self) -> Interval:
        """When it holds in the person's world."""
        return Interval(start=self.valid_from, end=self.valid_to)
