"""The chain of a belief: all direct evidence on it, with its stated and its effective strength."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from beliefgraph.model.evidence import Evidence, Source
from beliefgraph.model.metric import MetricState
from beliefgraph.model.question import EvidenceIn, EvidenceOn
from beliefgraph.model.time import microseconds
from beliefgraph.services.beliefs.contests import contested_evidence
from beliefgraph.services.explanation.standing import events_of, measured_among, metric_evidence, newest, standing
from beliefgraph.services.snapshots.recompute import Recomputed
from beliefgraph.services.twin.bearings import valid_at
from beliefgraph.services.twin.blocks import Ints, packed
from beliefgraph.services.twin.paging import Position
from beliefgraph.store.evidence import EvidenceWithSource, evidence_by_ids
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring


@dataclass(frozen=True, slots=True)
class EvidenceDetails:
    """A piece of evidence with its source, and whether the person contests it."""

    evidence: Evidence
    source: Source
    metric: MetricState | None = None
    events: tuple[EvidenceIn, ...] = ()
    contested: bool = False


ALL_STORED: Mapping[str, EvidenceWithSource] = MappingProxyType({})
"""Without hypothetical evidence."""


async def evidence_details(
    graph: Graph,
    keyring: Keyring,
    seen: Recomputed,
    evidence: Collection[str],
    supposed: Mapping[str, EvidenceWithSource] = ALL_STORED,
) -> dict[str, EvidenceDetails]:
    """These pieces of evidence in full, by id: stored ones are read, those of metrics are derived.

    `supposed` is hypothetical evidence, by its id.
    """
    measured = measured_among(seen, evidence)
    wanted = [id_ for id_ in evidence if id_ not in measured]
    wanted += [event.evidence for one in measured.values() for event in newest(one)]
    stored = [id_ for id_ in dict.fromkeys(wanted) if id_ not in supposed]
    rows = {**await evidence_by_ids(graph, seen.moment.state.id, stored), **supposed}
    contested = contested_evidence(seen.moment.state)
    found = {
        id_: EvidenceDetails(rows[id_].opened(keyring), rows[id_].source, contested=id_ in contested)
        for id_ in evidence
        if id_ in rows
    }
    for id_, one in measured.items():
        derived, source = metric_evidence(seen, one, rows)
        found[id_] = EvidenceDetails(derived, source, standing(seen.moment, one), events_of(newest(one), rows, keyring))
    return found


async def chains(
    graph: Graph, keyring: Keyring, seen: Recomputed, beliefs: Sequence[str]
) -> Mapping[str, tuple[EvidenceOn, ...]]:
    """All evidence that is visible at the moment and bears on these beliefs, by belief, oldest first."""
    return await chain(graph, keyring, seen, {belief: chain_rows(seen, belief) for belief in beliefs})


def chain_rows(seen: Recomputed, belief: str) -> Ints:
    """The bearings on a belief that are visible at the moment, by row, oldest first; ties by revision.

    Bearings on another value of its attribute are included if their source's confusion matrix makes them count.
    """
    derived = seen.derived
    bearings = derived.state.bearings
    rows = bearings.on(belief)
    if len(others := derived.reach.at(derived.layout.position.get(belief, -1))):
        rows = np.union1d(rows, bearings.where(lambda block: np.isin(block.heading, others)))
    if not len(rows):
        return rows
    block = bearings.take(rows)
    visible = np.flatnonzero(valid_at(block, microseconds(seen.moment.at)))
    ids = block.revision[visible]
    return rows[visible[np.lexsort((ids[:, 1], ids[:, 0], block.valid_from[visible]))]]


def comes_after(seen: Recomputed, rows: Ints, place: Position) -> int:
    """How many rows of a chain, in its order, come up to and including a place in it."""
    block, last = seen.derived.state.bearings.take(rows), packed([place.id])[0]
    since = block.valid_from.astype(np.float64)
    ids = block.revision
    earlier = (ids[:, 0] < last[0]) | ((ids[:, 0] == last[0]) & (ids[:, 1] <= last[1]))
    return int(np.count_nonzero((since < float(place.value)) | ((since == float(place.value)) & earlier)))


async def chain(
    graph: Graph, keyring: Keyring, seen: Recomputed, rows: Mapping[str, Ints]
) -> dict[str, tuple[EvidenceOn, ...]]:
    """The evidence in some rows of a twin's bearings, by belief, with stated and effective strength."""
    derived = seen.derived
    every = np.concatenate([np.zeros(0, dtype=np.int64), *rows.values()])
    places = [derived.layout.position.get(belief, -1) for belief in rows]
    place = np.repeat(np.array(places, dtype=np.int64), [len(each) for each in rows.values()])
    counts = np.flatnonzero(derived.counted.among(every))
    items = derived.items_in(every[counts])
    here = items.position == place[counts][items.of]
    effective = dict(zip(counts[items.of[here]].tolist(), items.log_likelihood[here].tolist(), strict=True))
    bearings = derived.state.bearings.records(every)
    details = await evidence_details(graph, keyring, seen, dict.fromkeys(b.evidence for b in bearings))
    kept = derived.counted.kept(every).tolist()
    of = [belief for belief, each in rows.items() for _ in each]
    found: dict[str, list[EvidenceOn]] = {belief: [] for belief in rows}
    for at, (belief, bearing) in enumerate(zip(of, bearings, strict=True)):
        one = details[bearing.evidence]
        found[belief].append(
            EvidenceOn.trusted(
                evidence=one.evidence,
                source=one.source,
                bearing=bearing,
                said=None if bearing.belief == belief else derived.state.beliefs[bearing.belief].value,
                counts=at in effective,
                heard=effective.get(at, 0.0),
                kept=kept[at],
                metric=one.metric,
                contested=one.contested,
            )
        )
    return {belief: tuple(each) for belief, each in found.items()}
