"""The chain of a belief: everything that bears on it directly, as it was said and as it is heard."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from beliefgraph.model.evidence import Evidence, Source
from beliefgraph.model.metric import MetricState
from beliefgraph.model.question import EvidenceIn, EvidenceOn
from beliefgraph.services.metrics.standing import events_of, newest, speaking, standing, voice
from beliefgraph.services.recompute import Recomputed
from beliefgraph.store.evidence import ToldRow, told
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring


@dataclass(frozen=True, slots=True)
class Voice:
    """What a piece of evidence says, and who says so; where a metric speaks, how it stands, with its newest events."""

    evidence: Evidence
    source: Source
    metric: MetricState | None = None
    events: tuple[EvidenceIn, ...] = ()


ALL_STORED: Mapping[str, ToldRow] = MappingProxyType({})
"""Where no evidence is supposed."""


async def voices(
    graph: Graph,
    keyring: Keyring,
    seen: Recomputed,
    evidence: Collection[str],
    supposed: Mapping[str, ToldRow] = ALL_STORED,
) -> dict[str, Voice]:
    """What these pieces of evidence say, by their ids: what was told is read, and metrics speak for themselves.

    `supposed` is evidence that is not stored, by its id.
    """
    measured = speaking(seen, evidence)
    wanted = [id_ for id_ in evidence if id_ not in measured]
    wanted += [event.evidence for one in measured.values() for event in newest(one)]
    stored = [id_ for id_ in dict.fromkeys(wanted) if id_ not in supposed]
    rows = {**await told(graph, seen.moment.state.id, stored), **supposed}
    found = {id_: Voice(rows[id_].opened(keyring), rows[id_].source) for id_ in evidence if id_ in rows}
    for id_, one in measured.items():
        said, source = voice(seen, one, rows)
        found[id_] = Voice(said, source, standing(seen.moment, one), events_of(newest(one), rows, keyring))
    return found


async def chains(
    graph: Graph, keyring: Keyring, seen: Recomputed, beliefs: Sequence[str]
) -> Mapping[str, tuple[EvidenceOn, ...]]:
    """All evidence that is visible at the moment and bears on these beliefs, by belief, oldest first."""
    at, heard = seen.moment.at, seen.heard
    bearings = [b for id_ in beliefs for b in seen.bearings.get(id_, ()) if b.valid.contains(at)]
    spoken = await voices(graph, keyring, seen, dict.fromkeys(b.evidence for b in bearings))
    found: dict[str, list[EvidenceOn]] = defaultdict(list)
    for bearing in bearings:
        one = spoken[bearing.evidence]
        found[bearing.belief].append(
            EvidenceOn.trusted(
                evidence=one.evidence,
                source=one.source,
                bearing=bearing,
                counts=bearing.revision_id in heard,
                heard=heard.get(bearing.revision_id, 0.0),
                metric=one.metric,
            )
        )
    return {
        belief: tuple(sorted(rows, key=lambda row: (row.bearing.valid_from, row.evidence.id)))
        for belief, rows in found.items()
    }
