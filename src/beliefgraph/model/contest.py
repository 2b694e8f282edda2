"""Contesting evidence: the person states that a piece of it is wrong; it stays in force and is marked."""

from __future__ import annotations

from pydantic import Field

from beliefgraph.model.command import Command
from beliefgraph.model.record import Id
from beliefgraph.model.revision import Revision


class Contested(Revision):
    """The statement of the person that a piece of evidence about them is not right; the evidence stays in force."""

    evidence: str = Field(description="Id of the evidence.")
    event: str = Field(description="Id of the event that records the statement.")


class Contest(Command):
    """Contest evidence, or stop contesting it.

    Contested evidence still counts, but is marked wherever it is shown, also after its event is sent again or
    reinterpreted. Needs the person's own key.
    """

    evidence: Id = Field(
        description="Id of a piece of evidence, or of an event; an event's id stands for all of its evidence."
    )
    contested: bool = Field(True, description="Whether it is contested; false: it is not contested any more.")
