"""A revision: one stored change of one thing. Everything that changes is stored as edges, each of them a revision."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from beliefgraph.model.record import Record, TwinId
from beliefgraph.model.time import Instant, Interval, Rev
from beliefgraph.model.vocabulary import vocabulary

Origin = Annotated[
    Literal["provided", "observed", "inferred"],
    vocabulary(
        "Where a stored revision comes from.",
        {
            "provided": "Stated by a person or an application.",
            "observed": "Read from an event.",
            "inferred": "Derived by the engine.",
        },
    ),
]

Ended = Annotated[
    bool | None,
    Field(description="True if a later command ended it, at `valid_to`; null if it was stated with this end."),
]


class Revision(Record):
    """One stored revision of the fact `key`: valid in [valid_from, valid_to), known in revs [rev_from, rev_to)."""

    revision_id: str = Field(description="Id of this one revision.")
    twin: TwinId
    key: str = Field(description="Stable id of the fact that this is a revision of.")
    valid_from: Instant = Field(description="Start of the validity in the person's world, inclusive.")
    valid_to: Instant | None = Field(
        None,
        description="End of the validity, exclusive; null means until further notice.",
    )
    rev_from: Rev = Field(description="Rev of the twin that wrote this revision.")
    rev_to: Rev | None = Field(None, description="Rev of the twin that replaced it; null while it is current.")
    definition: str = Field(
        description="Catalog and version it was written under, such as `buying@1.2.0`; empty if none applies.",
    )
    origin: Origin

    @property
    def valid(self) -> Interval:
        """When it holds in the person's world."""
        return Interval(start=self.valid_from, end=self.valid_to)

    @property
    def about(self) -> tuple[str, ...]:
        """Ids of the records of the twin that it is about."""
        return ()

    @property
    def unique_key(self) -> str:
        """The key of the fact, unique across twins."""
        return self.key


class Statement(Revision):
    """A revision that a piece of evidence states: withdrawing the evidence closes it."""

    evidence: str = Field(description="Id of the evidence that states it.")
    source: str = Field(description="Id of the source that provided the evidence.")

    @property
    def stated_by(self) -> str:
        """Id of the source that stated it."""
        return self.source


class Publication(Revision):
    """A revision that a commit publishes of the record `key`, of which one is open at a time."""

    @property
    def about(self) -> tuple[str, ...]:
        """The record that it is published for."""
        return (self.key,)
