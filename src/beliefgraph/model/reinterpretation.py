"""Reinterpretation of stored events: the selection, and the result."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from beliefgraph.model.move import BeliefMove, greatest
from beliefgraph.model.record import Key, Record, TwinName
from beliefgraph.model.time import Instant

MOST_TYPES = 100
"""Maximum number of event types in one call."""

Count = Annotated[int, Field(ge=0)]


class Reinterpret(Record):
    """Which stored events to read again under the definitions in force."""

    twin: TwinName | None = Field(None, description="Name of the twin; null: every twin of the tenant.")
    types: tuple[Key, ...] | None = Field(
        None,
        min_length=1,
        max_length=MOST_TYPES,
        description="CloudEvents types of the events to read; null: every type.",
    )
    since: Instant | None = Field(
        None, description="Read only events that happened at this time or later; null: since always."
    )
    dry_run: bool = Field(False, description="Tell what would change, and write nothing.")
    after: str | None = Field(
        None, max_length=200, description="`next` of the call before; null: begin with the first twin."
    )


class Reinterpretation(Record):
    """What reading stored events again changed, or in a dry run would change."""

    twins: Count = Field(0, description="Twins that were looked at.")
    restricted: Count = Field(0, description="Twins that were left out because their use is restricted.")
    events: Count = Field(0, description="Stored events that were read again.")
    changed: Count = Field(0, description="Events whose evidence changes.")
    quarantined: Count = Field(
        0,
        description="Events that can no longer be interpreted: their evidence is withdrawn, and they go to quarantine.",
    )
    commits: Count = Field(0, description="Commits with the cause `REINTERPRETED`; those that a dry run would write.")
    moved: Count = Field(0, description="Beliefs whose confidence moves by half a percentage point or more.")
    most: tuple[BeliefMove, ...] = Field((), description="The ten beliefs that move most, the greatest move first.")
    next: str | None = Field(
        None, description="Where to go on: pass it as `after`; null once every twin was looked at."
    )

    def and_then(self, later: Reinterpretation) -> Reinterpretation:
        """Both results combined."""
        return Reinterpretation(
            twins=self.twins + later.twins,
            restricted=self.restricted + later.restricted,
            events=self.events + later.events,
            changed=self.changed + later.changed,
            quarantined=self.quarantined + later.quarantined,
            commits=self.commits + later.commits,
            moved=self.moved + later.moved,
            most=greatest((*self.most, *later.most)),
            next=later.next,
        )
