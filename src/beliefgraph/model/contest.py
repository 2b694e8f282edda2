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
    """Contest evidence, or take that back: the evidence stays in force, and is marked wherever it is shown.

    It needs the person's own key. It stays contested when its event is sent again, or read again.
    """

    evidence: Id = Field(description="Id of evidence, or of an event, all of whose evidence is meant.")
    contested: bool = Field(True, description="Whether it is contested; false takes that back.")
