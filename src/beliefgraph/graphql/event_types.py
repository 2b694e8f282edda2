"""Output types of events."""

from __future__ import annotations

from beliefgraph.graphql.connections import connection
from beliefgraph.graphql.expose import expose
from beliefgraph.model import event


@expose(event.Event)
class Event:
    """One event in the form of CloudEvents 1.0."""


@expose(event.QuarantinedEvent)
class QuarantinedEvent:
    """An event that could not be taken in, with the reason; `replayQuarantine` processes it again."""


QuarantinedEventConnection = connection(QuarantinedEvent, of_twin=False)
