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

    twin: TwinName | None = Field(None, description="Name of the twin; null: all twins of the tenant.")
    types: tuple[Key, ...] | None = Field(
        None,
        min_length=1,
        max_length=MOST_TYPES,
        description="CloudEvents types of the events to read; null: every type.",
    )
    since: Instant | None = Field(
        None, description="Read only events that happened at this time or later; null: all events."
    )
    dry_run: bool = Field(False, description="Report what would change, and write nothing.")
    after: str | None = Field(
        None, max_length=200, description="`next` of the previous call; null: begin with the first twin."
    )


class Reinterpretation(Record):
    """What changed by reading stored events again; in a dry run, what would change."""

    twins: Count = Field(0, description="Twins that were processed.")
    restricted: Count = Field(0, description="Twins that were skipped because their use is restricted.")
    events: Count = Field(0, description="Stored events that were read again.")
    changed: Count = Field(0, description="Events whose evidence changes.")
    quarantined: Count = Field(
        0,
        description="Events that can no longer be interpreted: their evidence is withdrawn and they are put into "
        "quarantine.",
    )
    commits: Count = Field(
        0,
        description="Number of commits with the cause `REINTERPRETED` that were written, or that a dry run would "
        "write.",
    )
    moved: Count = Field(
        0, description="Number of beliefs whose confidence changes by half a percentage point or more."
    )
    most: tuple[BeliefMove, ...] = Field(
        (), description="The ten beliefs whose confidence changes most, greatest change first."
    )
    next: str | None = Field(
        None, description="Where to continue: pass it as `after` of the next call; null once all twins are processed."
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
