"""Rival hypotheses for what an event or a metric shows, as of any moment; nothing is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

import numpy as np

from beliefgraph.errors import NotFound
from beliefgraph.model.caller import Caller
from beliefgraph.model.event import EventName
from beliefgraph.model.evidence import Evidence, Source
from beliefgraph.model.identity import event_id, event_ids
from beliefgraph.model.metric import MetricKind
from beliefgraph.model.reasons import Hypothesis, Interpret, NoReasons, Occurrence, RivalReasons
from beliefgraph.model.time import NOW, AsOf
from beliefgraph.services.definitions.book import DefinitionBook
from beliefgraph.services.derivation.derive import derive
from beliefgraph.services.derivation.measure import reading_evidence
from beliefgraph.services.explanation.chains import ALL_STORED
from beliefgraph.services.explanation.explain import Explanations
from beliefgraph.services.explanation.standing import one_metric
from beliefgraph.services.explanation.without import without_evidence
from beliefgraph.services.interpretation.protocol import Interpreter
from beliefgraph.services.questions.suppose import Supposed, supposed_events, supposing
from beliefgraph.services.reasons.rivals import ObservedEffects, observed_by, weighed
from beliefgraph.services.snapshots.as_of import Snapshot, Snapshots
from beliefgraph.services.snapshots.recompute import Recomputed
from beliefgraph.services.twin.state import TwinState
from beliefgraph.store import events as stored
from beliefgraph.store.evidence import EvidenceWithSource
from beliefgraph.store.graph import Graph

OF_WHAT_DID_NOT_COME: frozenset[MetricKind] = frozenset({"absence", "recency"})
"""Metrics about events that did not come: no event in their window caused what they show."""


@dataclass(frozen=True)
class _Prepared:
    """A twin with and without what is interpreted, the ids of that evidence, and evidence that is not stored."""

    moment: Snapshot
    without: TwinState
    evidence: frozenset[str]
    supposed: Mapping[str, EvidenceWithSource]


class Reasons:
    """Weighs rival hypotheses for occurrences."""

    def __init__(
        self,
        graph: Graph,
        book: DefinitionBook,
        interpreter: Interpreter,
        explanations: Explanations,
        *,
        snapshots: Snapshots | None = None,
    ) -> None:
        self._graph = graph
        self._interpreter = interpreter
        self._explanations = explanations
        self._snapshots = snapshots or Snapshots(graph, book)

    async def interpret(
        self,
        caller: Caller,
        question: Interpret,
        *,
        as_of: AsOf = NOW,
        at_least_rev: int | None = None,
        explained: bool = False,
    ) -> RivalReasons:
        """The occurrences that an event or a metric is evidence for, each with its hypotheses, `explained` if wanted.

        A hypothetical event is treated as by `whatIf`: without `as_of`, under the definitions in force, at its own time
        if that is after head time. Raises `not-found` if no such event was known at the moment; `unknown-metric`,
        `no-interpretation` and `interpretation-failed` as elsewhere; `too-wide` if an occurrence has no answer.
        """
        moment = await self._snapshots.asked(caller, question.twin, as_of, at_least_rev)
        if question.event is not None and as_of.is_now:
            moment = await self._snapshots.under_latest(caller, moment)
        known = None if question.stored is None else await self._known(moment, question.stored)
        if question.event is not None:
            known = event_id(moment.state.id, question.event.source, question.event.id)
        yielded = {} if known is None else await stored.yielded_by(self._graph, moment.state.id, [known])
        prepared = await asyncio.to_thread(_prepared, moment, question, known, self._interpreter, yielded)
        seen, found, occurrences = await asyncio.to_thread(_weighed, prepared)
        if explained:
            occurrences = [
                one.model_copy(
                    update={"hypotheses": [await self._explained(seen, prepared, h) for h in one.hypotheses]}
                )
                for one in occurrences
            ]
        return RivalReasons(
            occurrences=tuple(occurrences),
            nothing=None if occurrences else _nothing(found),
            valid_time=prepared.moment.at,
            rev=prepared.moment.state.rev,
        )

    async def _known(self, moment: Snapshot, name: EventName) -> str:
        """The id of an event; refused if the twin had not received it by the moment, as for another twin's event."""
        known = await stored.taken_in(self._graph, moment.state.id, event_ids(moment.state.id, name))
        unknown = NotFound("not-found", f"This twin has no event {name.id!r} at that moment.", event=name.id)
        if known is None or known.rev > moment.state.rev or known.time > moment.at:
            raise unknown
        if not moment.seen.whole:
            yielded = await stored.yielded_by(self._graph, moment.state.id, [known.event])
            if not any(True for _ in moment.state.stated_in({id_ for ids in yielded.values() for id_ in ids})):
                raise unknown
        return known.event

    async def _explained(self, seen: Recomputed, prepared: _Prepared, one: Hypothesis) -> Hypothesis:
        why = await self._explanations.of(seen, one.state.belief.belief_key, prepared.supposed)
        return one.model_copy(update={"explanation": why})


def _prepared(
    moment: Snapshot,
    question: Interpret,
    known: str | None,
    interpreter: Interpreter,
    yielded: Mapping[str, frozenset[str]],
) -> _Prepared:
    state = moment.state
    if question.metric is not None:
        reading = frozenset({reading_evidence(state, one_metric(moment, question.metric).metric)})
        return _Prepared(moment, without_evidence(state, reading), reading, ALL_STORED)
    assert known is not None
    if question.event is not None:
        supposed = list(supposed_events(moment, question.twin, [question.event], interpreter, yielded))
        if supposed:
            moment = replace(
                moment,
                at=max(moment.at, question.event.time),
                state=supposing(moment, supposed),
                apart=blake2b(question.event.model_dump_json().encode(), digest_size=9).hexdigest(),
            )
            rows = dict(_rows(moment, known, supposed))
            return _Prepared(moment, state, frozenset(rows), rows)
    evidence = yielded.get(known, frozenset())
    return _Prepared(moment, without_evidence(state, evidence), evidence, ALL_STORED)


def _weighed(prepared: _Prepared) -> tuple[Recomputed, ObservedEffects, list[Occurrence]]:
    moment = prepared.moment
    seen = Recomputed(moment, derive(moment.state, moment.graph, moment.at))
    counted = moment.state.measurements.of_evidence(prepared.evidence)
    affected = prepared.evidence | {
        reading_evidence(moment.state, one.metric)
        for one in seen.derived.contributions.measured
        if one.definition.kind not in OF_WHAT_DID_NOT_COME and np.isin(one.events.rows, counted).any()
    }
    found = observed_by(seen, affected)
    if not found.positions:
        return seen, found, []
    before = derive(prepared.without, moment.graph, moment.at, also=seen.derived.layout.keys)
    earlier = Recomputed(replace(moment, state=prepared.without), before)
    occurrences = [weighed(seen, earlier, effect) for effect in found.positions]
    return seen, found, sorted(occurrences, key=_largest_move_first)


def _largest_move_first(one: Occurrence) -> tuple[float, str]:
    move = 0.0 if one.before is None or one.state.log_odds is None else abs(one.state.log_odds - one.before)
    return -move, one.state.belief.id


def _nothing(found: ObservedEffects) -> NoReasons:
    if not found.bears:
        return "silent"
    return "against" if found.of_effects else "no_causes"


def _rows(moment: Snapshot, event: str, supposed: Sequence[Supposed]) -> Iterable[tuple[str, EvidenceWithSource]]:
    """The evidence of a hypothetical event, as if it were stored."""
    for one in supposed:
        assert one.statement is not None
        evidence = Evidence(
            id=one.evidence,
            twin=moment.state.id,
            event=event,
            source=one.source,
            time=one.since,
            summary=one.statement.summary,
            verbatim=one.statement.verbatim,
        )
        source = Source(id=one.source, tenant=moment.state.tenant, name=one.statement.source)
        yield one.evidence, EvidenceWithSource(evidence, source, None)
