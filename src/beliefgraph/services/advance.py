"""From what a command adds to the commit it makes: derive, publish, number. Pure; the clock's reading is handed in."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache, partial

from beliefgraph.model.belief import ANYWHERE, Belief, BeliefKey
from beliefgraph.model.caller import Caller
from beliefgraph.model.commit import BeliefChange, Cause, Commit
from beliefgraph.model.decision import DecisionChange
from beliefgraph.model.evidence import Bearing, Evidence, Source
from beliefgraph.model.goal import GoalChange, Pursuit
from beliefgraph.model.identity import belief_id
from beliefgraph.model.metric import Measurement, Metric, MetricChange
from beliefgraph.model.relation import BeliefRelation
from beliefgraph.model.twin import IdentifierLink
from beliefgraph.services.decisions.publish import publish_decisions
from beliefgraph.services.definition_graph import DefinitionGraph, PersonalRelation
from beliefgraph.services.derive import Derivation, derive, own_relations
from beliefgraph.services.describe import describe
from beliefgraph.services.goals.derive import GoalDerivation, derive_goals
from beliefgraph.services.goals.publish import publish_goals
from beliefgraph.services.publish import publish
from beliefgraph.services.state import TwinState
from beliefgraph.store.commits import ArrivedEvent, DecisionRows, GoalRows, TwinCommit
from beliefgraph.store.events import SetAside


@dataclass(frozen=True)
class Additions:
    """What a command adds to a twin and what it ends; `moment` is the valid time it brings, `beliefs` what it names.

    `withdrawn` is evidence that counts no more, `set_aside` are events that go back to quarantine.
    """

    cause: Cause
    moment: datetime
    beliefs: Sequence[BeliefKey] = ()
    events: Sequence[ArrivedEvent] = ()
    sources: Sequence[Source] = ()
    evidence: Sequence[Evidence] = ()
    closed_bearings: Sequence[Bearing] = ()
    bearings: Sequence[Bearing] = ()
    closed_relations: Sequence[BeliefRelation] = ()
    relations: Sequence[BeliefRelation] = ()
    closed_links: Sequence[IdentifierLink] = ()
    links: Sequence[IdentifierLink] = ()
    goals: GoalRows = field(default_factory=GoalRows)
    decisions: DecisionRows = field(default_factory=DecisionRows)
    metrics: Sequence[Metric] = ()
    closed_measurements: Sequence[Measurement] = ()
    measurements: Sequence[Measurement] = ()
    withdrawn: Collection[str] = ()
    set_aside: Sequence[SetAside] = ()


@dataclass(frozen=True)
class Step:
    """A commit ready to be written, the twin as it will be after it, and all that it moves."""

    commit: TwinCommit
    state: TwinState
    changes: Sequence[BeliefChange] = field(default=())
    goals: Sequence[GoalChange] = field(default=())
    measured: Sequence[MetricChange] = field(default=())
    decided: Sequence[DecisionChange] = field(default=())

    @property
    def moves(self) -> bool:
        """Whether anything that was published moves."""
        return bool(self.changes or self.goals or self.measured or self.decided)


def advance(state: TwinState, graph: DefinitionGraph, added: Additions, caller: Caller, now: datetime) -> Step:
    """The commit that `added` makes of a twin, computed at its new head time under the definitions of `graph`."""
    head = added.moment if state.head_time is None else max(state.head_time, added.moment)
    number = graph.definitions.number
    commit = Commit(
        twin=state.id,
        rev=state.rev + 1,
        at=now if state.last_updated is None else max(state.last_updated, now),
        head_time=head,
        actor=caller.actor,
        purpose=caller.purpose,
        cause=added.cause,
        definitions=number,
    )
    named = [
        describe(state.id, id_, key, graph)
        for id_, key in {belief_id(state.id, k): k for k in added.beliefs}.items()
        if id_ not in state.beliefs
    ]
    after = state.with_inputs(
        beliefs=named,
        closed_bearings=added.closed_bearings,
        bearings=added.bearings,
        closed_relations=added.closed_relations,
        relations=added.relations,
        closed_links=added.closed_links,
        links=added.links,
        metrics=added.metrics,
        closed_measurements=added.closed_measurements,
        measurements=added.measurements,
        rev=commit.rev,
    )
    after = after.with_goals(added.goals).with_decisions(added.decisions)
    derived = derive(after, graph, head)
    redraw = state.definitions != number or _own(state, graph, state.head_time) != _own(after, graph, head)
    publication = publish(after, graph, derived, commit.rev, redraw=redraw, fresh=[b.id for b in named])
    final = after.with_inputs(
        beliefs=publication.beliefs,
        closed_bearings=(),
        bearings=(),
        closed_relations=publication.closed_relations,
        relations=publication.relations,
    ).at_commit(commit, publication.dropped, publication.holdings, publication.readings)
    final, goals = _pursue(state, final, graph, derived, added.goals)
    final, decisions = _decide(final, added.decisions, head)
    return Step(
        commit=TwinCommit(
            commit=commit,
            tenant=state.tenant,
            name=state.name,
            life=state.life,
            expected=state.rev,
            open_rows=final.open_rows,
            events=added.events,
            sources=added.sources,
            evidence=_not_stored(added),
            beliefs=(*named, *publication.beliefs),
            closed_bearings=added.closed_bearings,
            bearings=added.bearings,
            closed_holdings=publication.closed_holdings,
            dropped={h.key: _in_context(final.beliefs[h.key]) for h in publication.dropped},
            holdings=publication.holdings,
            closed_relations=(*added.closed_relations, *publication.closed_relations),
            relations=(*added.relations, *publication.relations),
            closed_links=added.closed_links,
            links=added.links,
            goals=goals,
            decisions=decisions,
            metrics=added.metrics,
            closed_measurements=added.closed_measurements,
            measurements=added.measurements,
            closed_readings=publication.closed_readings,
            readings=publication.readings,
            statements={h.key: _in_context(final.beliefs[h.key]) for h in publication.holdings},
            withdrawn=added.withdrawn,
            set_aside=added.set_aside,
        ),
        state=final,
        changes=(
            *(
                BeliefChange(belief=final.beliefs[h.key], before=state.holdings.get(h.key), after=h)
                for h in publication.holdings
            ),
            *(BeliefChange(belief=final.beliefs[h.key], before=h, after=None) for h in publication.dropped),
        ),
        goals=_goal_changes(final, goals.closed_pursuits, goals.pursuits),
        measured=tuple(
            MetricChange(metric=final.metrics[r.key], before=state.readings.get(r.key), after=r)
            for r in publication.readings
        ),
        decided=_decision_changes(final, decisions),
    )


def _not_stored(added: Additions) -> list[Evidence]:
    """The evidence without that of events which came again after they were withdrawn."""
    stored = {id_ for event in added.events for id_ in event.yielded or ()}
    return [evidence for evidence in added.evidence if evidence.id not in stored]


def _in_context(belief: Belief) -> str:
    """What a belief says, and in which context where that is not said already."""
    said = belief.context == ANYWHERE or belief.context in belief.statement
    return belief.statement if said else f"{belief.statement} ({belief.context})"


def _pursue(
    state: TwinState, after: TwinState, graph: DefinitionGraph, derived: Derivation, added: GoalRows
) -> tuple[TwinState, GoalRows]:
    """The twin with what is published of its goals, and all rows about them that the commit writes."""
    if not after.goals:
        return after, added
    found = derive_goals(after, graph, derived, derived.at, state.derived_goals)
    closed, opened = publish_goals(after, graph, cache(partial(_before, state, graph)), found, after.rev)
    final = after.with_goals(GoalRows(closed_pursuits=closed, pursuits=opened))
    return replace(final, derived_goals=found), replace(added, closed_pursuits=closed, pursuits=opened)


def _before(state: TwinState, graph: DefinitionGraph) -> GoalDerivation | None:
    """What was derived of the goals when they were last published: kept with the twin, or derived again."""
    if state.derived_goals is not None or not state.pursuits or state.head_time is None:
        return state.derived_goals
    return derive_goals(state, graph, derive(state, graph, state.head_time), state.head_time)


def _goal_changes(final: TwinState, closed: Sequence[Pursuit], opened: Sequence[Pursuit]) -> tuple[GoalChange, ...]:
    before, after = {p.key: p for p in closed}, {p.key: p for p in opened}
    return tuple(
        GoalChange(goal=final.goals[id_], before=before.get(id_), after=after.get(id_))
        for id_ in sorted({*before, *after})
    )


def _decide(after: TwinState, added: DecisionRows, head: datetime) -> tuple[TwinState, DecisionRows]:
    """The twin with what is published of its decisions, and all rows about them that the commit writes."""
    if not after.decisions:
        return after, added
    closed, opened = publish_decisions(after, head, after.rev)
    published = DecisionRows(closed_deliberations=closed, deliberations=opened)
    return after.with_decisions(published), replace(added, closed_deliberations=closed, deliberations=opened)


def _decision_changes(final: TwinState, rows: DecisionRows) -> tuple[DecisionChange, ...]:
    before = {row.key: row for row in rows.closed_deliberations}
    after = {row.key: row for row in rows.deliberations}
    return tuple(
        DecisionChange(decision=final.decisions[id_], before=before.get(id_), after=after.get(id_))
        for id_ in sorted({*before, *after})
    )


def _own(state: TwinState, graph: DefinitionGraph, at: datetime | None) -> list[PersonalRelation]:
    """The twin's own relations at its head: where they change, if by time alone, those of the definitions give way."""
    return [] if at is None else own_relations(state, graph, at)
