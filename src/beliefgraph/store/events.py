"""Events in the store: earlier deliveries, the twins that identifiers lead to, and the quarantine."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from beliefgraph.errors import Fault
from beliefgraph.model.arrival import SetAside
from beliefgraph.model.event import Event, QuarantinedEvent
from beliefgraph.model.record import STORED
from beliefgraph.store import codec
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring

DAWN = datetime(1, 1, 2, tzinfo=UTC)
"""A moment before all others that are compared with it."""

KEPT_AT_ONCE = 500
"""Events that one transaction adds to quarantine."""


@dataclass(frozen=True)
class Withdrawn:
    """A delivery that was withdrawn: its body, and its evidence."""

    body: str
    evidence: frozenset[str]


@dataclass(frozen=True)
class ArrivalState:
    """Bodies of earlier deliveries by their keyed hash, the twins that exist, the definitions in force.

    `withdrawn` are deliveries that are accepted again. For each twin it has the rev and the incarnation: after an
    erasure the revs start again. `erasing` are twins that are being erased. `quarantined` are the
    ids, of those that were asked for, that are in quarantine.
    """

    seen: Mapping[str, str]
    twins: Mapping[str, tuple[int, str]]
    definitions: int
    erasing: Sequence[str]
    withdrawn: Mapping[str, Withdrawn]
    quarantined: frozenset[str]


@dataclass(frozen=True)
class IdentifiedTwin:
    """The twin that an identifier led to at an event's moment."""

    twin: str
    name: str
    identifier: str


async def arrive(
    graph: Graph, tenant: str, deliveries: Sequence[str], twins: Sequence[str], quarantine_ids: Sequence[str] = ()
) -> ArrivalState:
    """What deciding on commands and events needs to know, in one statement."""
    record = await graph.read(
        "event/arrive",
        tenant=tenant,
        deliveries=list(deliveries),
        twins=list(twins),
        quarantine_ids=list(quarantine_ids),
    )
    seen, found, definitions, erasing, quarantined = record or ([], [], None, [], [])
    return ArrivalState(
        seen={delivery: body for delivery, body, yielded in seen if yielded is None},
        twins={twin: (rev, life) for twin, rev, life in found},
        definitions=definitions or 0,
        erasing=erasing,
        quarantined=frozenset(quarantined),
        withdrawn={
            delivery: Withdrawn(body, frozenset(yielded)) for delivery, body, yielded in seen if yielded is not None
        },
    )


async def resolve(graph: Graph, wanted: Sequence[tuple[int, str, datetime]]) -> dict[int, list[IdentifiedTwin]]:
    """For each (index, identifier's keyed hash, moment), the twin that the identifier led to then."""
    rows = [{"index": index, "identifier": identifier, "time": moment} for index, identifier, moment in wanted]
    record = await graph.read("event/resolve", wanted=rows)
    led: dict[int, list[IdentifiedTwin]] = {}
    for index, twin, name, identifier in record[0] if record else []:
        led.setdefault(index, []).append(IdentifiedTwin(twin, name, identifier))
    return led


@dataclass(frozen=True)
class ProcessedEvent:
    """A processed event of a twin, by its id: the rev of its commit, and its valid time."""

    event: str
    rev: int
    time: datetime


async def taken_in(graph: Graph, twin: str, ids: Sequence[str]) -> ProcessedEvent | None:
    """When the event with one of these ids, or of evidence with one, was processed for a twin; None if it never was."""
    record = await graph.read("event/taken_in", twin=twin, ids=list(ids))
    return None if record is None else ProcessedEvent(record[0], record[1], codec.moment(record[2]))


async def evidence_of(graph: Graph, twin: str, ids: Sequence[str], sources: Sequence[str]) -> set[str]:
    """The ids of all evidence of some events of a twin, given ids of events or of their evidence, or sources."""
    record = await graph.read("event/evidence_ids", twin=twin, ids=list(ids), sources=list(sources))
    return set(record[0]) if record else set()


async def yielded_by(graph: Graph, twin: str, events: Sequence[str]) -> dict[str, frozenset[str]]:
    """The ids of the evidence of events of a twin, by event id; events that are not stored are missing."""
    record = await graph.read("event/evidence", twin=twin, ids=list(events)) if events else None
    return {event: frozenset(evidence) for event, evidence in (record[0] if record else [])}


@dataclass(frozen=True)
class EventByIdentifier:
    """An event that reached a twin by an identifier, with its evidence."""

    event: Event
    evidence: Sequence[str]


async def events_by_identifier(graph: Graph, keyring: Keyring, twin: str, identifier: str) -> list[EventByIdentifier]:
    """What reached a twin by an identifier, except for what was withdrawn since."""
    record = await graph.read("identifier/events", twin=twin, identifier=identifier)
    return [
        EventByIdentifier(event_of(keyring, twin, id_, sealed), evidence)
        for id_, sealed, evidence in (record[0] if record else [])
    ]


async def quarantine_size(graph: Graph) -> int:
    """The number of events in quarantine, of all tenants."""
    record = await graph.read("quarantine/count")
    return int(record[0]) if record else 0


async def keep(graph: Graph, keyring: Keyring, tenant: str, events: Sequence[SetAside], now: datetime) -> None:
    """Keep events in quarantine, sealed with their twin's key, or the tenant's where no twin is known."""
    for first in range(0, len(events), KEPT_AT_ONCE):
        rows = await asyncio.to_thread(quarantined, keyring, tenant, events[first : first + KEPT_AT_ONCE], now)
        await graph.write_one("quarantine/keep", events=rows)


def quarantined(keyring: Keyring, tenant: str, events: Sequence[SetAside], now: datetime) -> list[dict[str, Any]]:
    """The rows that keep events in quarantine, sealed."""
    keyring.prepare(e.twin for e in events if e.twin is not None)
    return [
        {
            "id": e.id,
            "tenant": tenant,
            "twin": e.twin,
            "identifiers": list(e.identifiers),
            "code": e.code,
            "reason": e.reason,
            "since": codec.text(now),
            "due": None if e.due is None else codec.text(e.due),
            "sealed": keyring.seal(e.twin or _quarantine_owner(tenant), written(e.event), f"quarantine:{e.id}"),
        }
        for e in events
    ]


async def set_aside(
    graph: Graph,
    keyring: Keyring,
    tenant: str,
    *,
    limit: int,
    after: tuple[datetime, str] | None = None,
    due: datetime | None = None,
    identifier: str | None = None,
    ids: Sequence[str] | None = None,
    restricted: str | None = None,
    listed: bool = False,
) -> list[QuarantinedEvent]:
    """Events in quarantine, oldest first: all, those that are due, those with an identifier, or those with given ids.

    With `restricted`, those that wait for the restriction of that twin to be lifted; with `listed`, those are left out.
    """
    since, last = after or (DAWN, "")
    record = await graph.read(
        "quarantine/list",
        tenant=tenant,
        after_since=since,
        after_id=last,
        limit=limit,
        due=due,
        identifier=identifier,
        ids=None if ids is None else list(ids),
        restricted=restricted,
        listed=listed,
    )
    return quarantined_events(keyring, tenant, record[0] if record else [])


def quarantined_events(keyring: Keyring, tenant: str, rows: Sequence[Sequence[Any]]) -> list[QuarantinedEvent]:
    """The events in the rows of a quarantine query, unsealed.

    An event that was added while its twin was erased cannot be opened, and is left out.
    """
    found = []
    for id_, twin, code, reason, at, sealed in rows:
        try:
            event = keyring.unseal(twin or _quarantine_owner(tenant), sealed, f"quarantine:{id_}")
        except Fault as fault:
            if fault.code != "key-missing":
                raise
            continue
        found.append(QuarantinedEvent(id=id_, event=_read(event), code=code, reason=reason, since=codec.moment(at)))
    return found


async def release(graph: Graph, tenant: str, ids: Sequence[str]) -> None:
    """Remove events from quarantine after they have been processed."""
    await graph.write_one("quarantine/release", tenant=tenant, ids=list(ids))


def written(event: Event) -> bytes:
    """The event as it is sealed, including whether it came without a time."""
    return orjson.dumps({**event.model_dump(mode="json"), **({"untimed": True} if event.untimed else {})})


def event_of(keyring: Keyring, twin: str, id_: str, sealed: bytes) -> Event:
    """The event that a twin has stored under an id."""
    return _read(keyring.unseal(twin, bytes(sealed), f"event:{id_}"))


def _read(written: bytes | str) -> Event:
    found = orjson.loads(written)
    untimed = found.pop("untimed", False)
    event = Event.model_validate_json(orjson.dumps(found), context=STORED)
    return event.as_untimed() if untimed else event


def _quarantine_owner(tenant: str) -> str:
    """The owner of the key that seals an event without a twin."""
    return f"quarantine of {tenant}"
