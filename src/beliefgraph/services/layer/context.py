"""The context in which a command is decided."""

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
    """The context of a decision: the twin, the definitions in force, the caller, the event that records the command.

    `policy` is the tenant's, if an event may state permissions.
    """

    state: TwinState
    graph: DefinitionGraph
    caller: Caller
    arrived: ArrivedEvent
    policy: NumberedPolicy | None = None

    @property
    def moment(self) -> datetime:
        """The valid time of the command."""
        return self.arrived.event.time

    @property
    def rev(self) -> int:
        """The rev that the command will make."""
        return self.state.rev + 1

    @property
    def caller_is_person(self) -> bool:
        """Whether the caller is the person modelled."""
        return self.caller.person == self.state.name

    @property
    def person(self) -> str:
        """The name of the person as a source."""
        return person_source(self.state.name)

    @property
    def caller_source(self) -> str:
        """The name of the caller as a source."""
        return self.source_named(self.person if self.caller_is_person else self.caller.actor)

    def may_name_source(self, name: str) -> bool:
        """Whether the caller may name a source so: never by a metric's name, by a person's only with their own key."""
        own = self.caller_is_person and name == self.person
        return own or not reads_as(name, PERSON, METRIC)

    def source_named(self, name: str) -> str:
        """The name of the source that the caller speaks as, if they may."""
        if not self.may_name_source(name):
            raise Incorrect("invalid-input", f"Only the person's own key may act as {name!r}.")
        return name
