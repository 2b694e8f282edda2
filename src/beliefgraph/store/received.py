"""Data received about a person: evidence, events as they arrived, and events in quarantine."""

from __future__ import annotations

from datetime import datetime

from beliefgraph.model.event import QuarantinedEvent
from beliefgraph.model.received import ReceivedEvent, ReceivedEvidence
from beliefgraph.store import codec
from beliefgraph.store.events import event_of, quarantined_events
from beliefgraph.store.evidence import evidence_with_source
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring

Place = tuple[datetime, str]
"""A moment and an id, as a position in a list."""


async def evidence(
    graph: Graph, keyring: Keyring, twin: str, *, before: Place | None, limit: int
) -> tuple[int, datetime, list[ReceivedEvidence]] | None:
    """The rev and head time of a twin and its evidence, newest first; None if there is no such twin."""
    record = await graph.read("evidence/of_twin", twin=twin, before=_written(before), limit=limit)
    if record is None or record[1] is None:
        return None
    rev, head_time, rows = record
    found = [(evidence_with_source(graph, row), withdrawn) for row, withdrawn in rows]
    return (
        rev,
        codec.moment(head_time),
        [
            ReceivedEvidence(evidence=row.opened(keyring), source=row.source.name, withdrawn=withdrawn)
            for row, withdrawn in found
        ],
    )


async def events(
    graph: Graph, keyring: Keyring, twin: str, *, before: Place | None, limit: int
) -> tuple[int, datetime, list[ReceivedEvent]] | None:
    """The rev and head time of a twin and its events, newest first; None if there is no such twin."""
    record = await graph.read("event/of_twin", twin=twin, before=_written(before), limit=limit)
    if record is None or record[1] is None:
        return None
    rev, head_time, rows = record
    return (
        rev,
        codec.moment(head_time),
        [
            ReceivedEvent(
                id=id_,
                event=event_of(keyring, twin, id_, sealed),
                rev=came,
                stored_at=codec.moment(at),
                withdrawn=withdrawn,
            )
            for id_, sealed, came, at, withdrawn in rows
        ],
    )


async def waiting(
    graph: Graph, keyring: Keyring, tenant: str, twin: str, *, after: Place | None, limit: int
) -> list[QuarantinedEvent]:
    """The events in quarantine that name a twin, oldest first."""
    record = await graph.read("quarantine/of_twin", twin=twin, after=_written(after), limit=limit)
    return quarantined_events(keyring, tenant, record[0] if record else [])


def _written(place: Place | None) -> list[str] | None:
    return None if place is None else [codec.text(place[0]), place[1]]
