"""The chain of a belief: everything that bears on it directly, as it was said and as it is heard."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from beliefgraph.model.evidence import Evidence, Source
from beliefgraph.model.metric import MetricState
from beliefgraph.model.question import EvidenceIn, EvidenceOn
from beliefgraph.model.time import microseconds
from beliefgraph.services.bearings import valid_at
from beliefgraph.services.blocks import Ints, packed
from beliefgraph.services.contests import contested_evidence
from beliefgraph.services.metrics.standing import events_of, newest, speaking, standing, voice
from beliefgraph.services.paging import Place
from beliefgraph.services.recompute import Recomputed
from beliefgraph.store.evidence import ToldRow, told
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring


@dataclass(frozen=True, slots=True)
class Voice:
    """What a piece of evidence says, who says so, and whether the person contests it.

    Where a metric speaks, how it stands, with its newest events.
    """

    evidence: Evidence
    source: Source
    metric: MetricState | None = None
    events: tuple[EvidenceIn, ...] = ()
    contested: bool = False


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
    contested = contested_evidence(seen.moment.state)
    found = {
        id_: Voice(rows[id_].opened(keyring), rows[id_].source, contested=id_ in contested)
        for id_ in evidence
        if id_ in rows
    }
    for id_, one in measured.items():
        said, source = voice(seen, one, rows)
        found[id_] = Voice(said, source, standing(seen.moment, one), events_of(newest(one), rows, keyring))
    return found


async def chains(
    graph: Graph, keyring: Keyring, seen: Recomputed, beliefs: Sequence[str]
) -> Mapping[str, tuple[EvidenceOn, ...]]:
    """All evidence that is visible at the moment and bears on these beliefs, by belief, oldest first."""
    rows = [chain_rows(seen, belief) for belief in beliefs]
    found = await chain(graph, keyring, seen, np.concatenate([np.zeros(0, dtype=np.int64), *rows]))
    by_belief: dict[str, list[EvidenceOn]] = defaultdict(list)
    for row in found:
        by_belief[row.bearing.belief].append(row)
    return {belief: tuple(each) for belief, each in by_belief.items()}


def chain_rows(seen: Recomputed, belief: str) -> Ints:
    """The bearings on a belief that are visible at the moment, by their rows, oldest first; ties by their evidence."""
    bearings = seen.derived.state.bearings
    rows = bearings.on(belief)
    if not len(rows):
        return rows
    block = bearings.take(rows)
    visible = np.flatnonzero(valid_at(block, microseconds(seen.moment.at)))
    evidence = block.evidence[visible]
    return rows[visible[np.lexsort((evidence[:, 1], evidence[:, 0], block.valid_from[visible]))]]


def comes_after(seen: Recomputed, rows: Ints, place: Place) -> int:
    """How many of the rows of a chain, in its order, lie up to a place in it."""
    block, evidence = seen.derived.state.bearings.take(rows), packed([place.id])[0]
    since = block.valid_from.astype(np.float64)
    ids = block.evidence
    earlier = (ids[:, 0] < evidence[0]) | ((ids[:, 0] == evidence[0]) & (ids[:, 1] <= evidence[1]))
    return int(np.count_nonzero((since < float(place.value)) | ((since == float(place.value)) & earlier)))


async def chain(graph: Graph, keyring: Keyring, seen: Recomputed, rows: Ints) -> list[EvidenceOn]:
    """The evidence in some rows of a twin's bearings, as it was said and as it is heard, in their order."""
    derived = seen.derived
    bearings = derived.state.bearings.records(rows)
    spoken = await voices(graph, keyring, seen, dict.fromkeys(b.evidence for b in bearings))
    items = derived.items_in(rows[derived.counted.among(rows)])
    heard = dict(zip(items.rows.tolist(), items.log_likelihood.tolist(), strict=True))
    return [
        EvidenceOn.trusted(
            evidence=spoken[bearing.evidence].evidence,
            source=spoken[bearing.evidence].source,
            bearing=bearing,
            counts=row in heard,
            heard=heard.get(row, 0.0),
            kept=kept,
            metric=spoken[bearing.evidence].metric,
            contested=spoken[bearing.evidence].contested,
        )
        for row, bearing, kept in zip(rows.tolist(), bearings, derived.counted.kept(rows).tolist(), strict=True)
    ]
