"""What a command is decided in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from beliefgraph.errors import Incorrect
from beliefgraph.model.arrival import ArrivedEvent
from beliefgraph.model.caller import Caller
from beliefgraph.model.identity import METRIC, PERSON, person_source, reads_as
from beliefgraph.model.permission import NumberedPolicy
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.twin.state import TwinState


@dataclass(frozen=True)
class CommandContext:
    """What a decision is made in: the twin, the definitions in force, who calls, the event that records the command.

    `policy` is the tenant's, where an event may state permissions.
    """

    state: TwinState
    graph: DefinitionGraph
    caller: Caller
    arrived: ArrivedEvent
    policy: NumberedPolicy | None = None

    @property
    def moment(self) -> datetime:
        """The valid time that the command brings."""
        return self.arrived.event.time

    @property
    def rev(self) -> int:
        """The rev that the command will make."""
        return self.state.rev + 1

    @property
    def speaks_for_the_person(self) -> bool:
        """Whether the caller is the person modelled."""
        return self.caller.person == self.state.name

    @property
    def person(self) -> str:
        """The name of the person as a source."""
        return person_source(self.state.name)

    @property
    def speaker(self) -> str:
        """The name of the caller as a source."""
        return self.speaking_as(self.person if self.speaks_for_the_person else self.caller.actor)

    def may_speak_as(self, name: str) -> bool:
        """Whether the caller may name a source so: a metric's name is nobody's, a person's is their own alone."""
        own = self.speaks_for_the_person and name == self.person
        return own or not reads_as(name, PERSON, METRIC)

    def speaking_as(self, name: str) -> str:
        """The name of a source that the caller speaks as, if they may."""
        if not self.may_speak_as(name):
            raise Incorrect("invalid-input", f"Only the person's own key may act as {name!r}.")
        return name
