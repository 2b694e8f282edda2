"""Events as they are answered."""

from __future__ import annotations

from beliefgraph.graphql.connections import connection
from beliefgraph.graphql.expose import expose
from beliefgraph.model import event


@expose(event.Event)
class Event:
    """One CloudEvent."""


@expose(event.QuarantinedEvent)
class QuarantinedEvent:
    """An event that could not be taken in, with the reason; `replayQuarantine` tries it again."""


QuarantinedEventConnection = connection(QuarantinedEvent, of_twin=False)
