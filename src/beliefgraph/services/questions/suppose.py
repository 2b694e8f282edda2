"""Hypothetical events and evidence, added to a copy of a twin. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from beliefgraph.errors import Incorrect
from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.delta import Delta
from beliefgraph.model.event import Event
from beliefgraph.model.evidence import Bearing, Stance
from beliefgraph.model.identity import belief_id, event_id, evidence_id, source_id
from beliefgraph.model.time import Interval
from beliefgraph.model.timeline import revision_id
from beliefgraph.services.definitions.describe import describe
from beliefgraph.services.goals.draft import GoalDraft, Provenance
from beliefgraph.services.interpretation.protocol import (
    BearsOn,
    CountsIn,
    InterpretedGoal,
    Interpreter,
    SourceStatement,
)
from beliefgraph.services.metrics.count import measurement, new_metrics
from beliefgraph.services.snapshots.as_of import Snapshot
from beliefgraph.services.twin.state import TwinState


@dataclass(frozen=True)
class Supposed:
    """One hypothetical bearing, count in a metric, or statement about a goal.

    `statement` is the interpretation of the event that it is part of, if any.
    """

    says: BearsOn | CountsIn | InterpretedGoal
    source: str
    evidence: str
    since: datetime
    stance: Stance = "observation"
    statement: SourceStatement | None = None


def supposed_events(
    moment: Snapshot,
    twin: str,
    events: Iterable[Event],
    interpreter: Interpreter,
    yielded: Mapping[str, Collection[str]],
) -> Iterator[Supposed]:
    """What these events about the twin of that name would say; one received before says nothing again.

    `yielded` is the evidence of those that are stored, by the event's id. Raises `invalid-input` for an event about
    another twin, and what interpreting it raises.
    """
    state = moment.state
    known: set[str] = set()
    for event in events:
        if event.twin not in (None, twin):
            raise Incorrect("invalid-input", f"This event is about {event.twin!r}, not {twin!r}.", event=event.id)
        id_ = event_id(state.id, event.source, event.id)
        came_before = any(True for _ in state.stated_in(yielded.get(id_, ())))
        for statement in interpreter.interpret(event, moment.graph.definitions).statements:
            source = source_id(state.tenant, statement.source)
            evidence = evidence_id(id_, source)
            if not came_before and evidence not in known:
                known.add(evidence)
                stated: list[BearsOn | CountsIn | InterpretedGoal] = [
                    *statement.bearings,
                    *statement.counts,
                    *statement.goals,
                ]
                yield from (Supposed(says, source, evidence, event.time, statement=statement) for says in stated)


def supposing(moment: Snapshot, supposed: Sequence[Supposed], touched: Iterable[BeliefKey] = ()) -> TwinState:
    """The twin with all of this added, and with the beliefs in `touched`; refuses `cyclic-goals`."""
    borne = [(one, one.says) for one in supposed if isinstance(one.says, BearsOn)]
    counts = [(one, one.says) for one in supposed if isinstance(one.says, CountsIn)]
    goals = _goals(moment.state, supposed)
    keys = dict.fromkeys([*(bears.belief for _, bears in borne), *goals.beliefs, *touched])
    ids = {belief_id(moment.state.id, key): key for key in keys}
    new = (describe(moment.state.id, id_, key, moment.graph) for id_, key in ids.items())
    made = (
        *(belief for belief in new if belief.id not in moment.state.beliefs),
        *new_metrics(moment.state, moment.graph, [counted for _, counted in counts]),
    )
    opened = (
        *(_bearing(moment, n, one, bears) for n, (one, bears) in enumerate(borne)),
        *(
            measurement(moment.state, moment.graph, one.evidence, one.source, one.since, counted)
            for one, counted in counts
        ),
    )
    return moment.state.after(Delta.of(made=made, opened=opened) + goals.delta)


def _goals(state: TwinState, supposed: Iterable[Supposed]) -> GoalDraft:
    draft = GoalDraft(state)
    for one in supposed:
        if isinstance(one.says, InterpretedGoal):
            draft.add_statements(
                Provenance(one.evidence, one.source, one.stance, Interval(start=one.since), ""), [one.says]
            )
    return draft


def _bearing(moment: Snapshot, n: int, one: Supposed, bears: BearsOn) -> Bearing:
    belief = belief_id(moment.state.id, bears.belief)
    return Bearing(
        revision_id=revision_id("Bearing", f"{one.evidence}|{belief}|{n}", moment.state.rev, one.since),
        twin=moment.state.id,
        key=f"{one.evidence}|{belief}",
        valid_from=one.since,
        rev_from=moment.state.rev,
        definition="",
        origin="observed",
        evidence=one.evidence,
        belief=belief,
        source=one.source,
        stance="change" if bears.from_now_on else "observation",
        log_likelihood_ratio=bears.log_likelihood_ratio,
        half_life=bears.half_life,
        shared_origin=bears.shared_origin,
        source_kind=None if one.statement is None else one.statement.source_kind,
        shared_across=bears.shared_across,
    )
