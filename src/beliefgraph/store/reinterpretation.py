"""Reading stored events for reinterpretation."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from beliefgraph.model.arrival import ArrivedEvent
from beliefgraph.model.decision import DecisionTexts
from beliefgraph.model.evidence import Evidence
from beliefgraph.model.identity import COMMANDS
from beliefgraph.store import codec
from beliefgraph.store.decisions import unsealed
from beliefgraph.store.events import event_of
from beliefgraph.store.evidence import evidence_by_ids
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring


@dataclass(frozen=True)
class EndedRelation:
    """A relation that a command ended: its key, the moment of its end, and the rev that ended it."""

    key: str
    at: datetime
    rev: int


@dataclass(frozen=True)
class StoredEvents:
    """The ids of a twin's events that can be reinterpreted, in the order of their times, and the ended relations."""

    ids: Sequence[str]
    ended: Sequence[EndedRelation]


@dataclass(frozen=True)
class StoredEvent:
    """A stored event: the rev it came with, its evidence, and its words for decisions.

    `taken_back` are pieces of its evidence that were withdrawn individually. The words are by revision id.
    """

    arrived: ArrivedEvent
    rev: int
    evidence: Mapping[str, Evidence]
    taken_back: frozenset[str]
    texts: Mapping[str, DecisionTexts]


async def stored_events(
    graph: Graph, keyring: Keyring, twin: str, types: Sequence[str] | None, since: datetime | None
) -> StoredEvents:
    """The valid events of a twin, of some types or all, that happened at a moment or later."""
    chosen = None if types is None else list(types)
    record = await graph.read("reinterpretation/stored", twin=twin, types=chosen, since=since)
    ids, retractions = record or ([], [])
    ended = []
    for id_, sealed, time, rev in retractions:
        event = event_of(keyring, twin, id_, sealed)
        relation = event.data.get("relation") if isinstance(event.data, dict) else None
        if event.source == COMMANDS and isinstance(relation, str):
            ended.append(EndedRelation(relation, codec.moment(time), rev))
    return StoredEvents(ids, ended)


async def read_events(graph: Graph, keyring: Keyring, twin: str, ids: Sequence[str]) -> list[StoredEvent]:
    """Some events of a twin in the order of the given ids, without commands and those withdrawn by now."""
    record = await graph.read("reinterpretation/events", twin=twin, ids=list(ids))
    rows = record[0] if record else []
    evidence = await evidence_by_ids(graph, twin, [id_ for row in rows for id_, _ in row[6]])

    def opened() -> list[StoredEvent]:
        found = []
        for id_, delivery, body, via, sealed, rev, yielded, texts in rows:
            event = event_of(keyring, twin, id_, sealed)
            if event.source == COMMANDS:
                continue
            found.append(
                StoredEvent(
                    arrived=ArrivedEvent(id=id_, event=event, delivery=delivery, body=body, via=via),
                    rev=rev,
                    evidence={each: evidence[each].opened(keyring) for each, _ in yielded},
                    taken_back=frozenset(each for each, back in yielded if back),
                    texts={revision: unsealed(keyring, twin, revision, text) for revision, text in texts},
                )
            )
        return found

    return await asyncio.to_thread(opened)
