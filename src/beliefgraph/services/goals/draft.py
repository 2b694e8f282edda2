"""Collects what events and commands add to the goals of a twin; each is taken in whole or refused. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from beliefgraph.errors import Forbidden, Incorrect
from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.delta import Delta
from beliefgraph.model.evidence import Stance
from beliefgraph.model.goal import FIELDS, MAX_GOALS, Goal, GoalRelation, GoalRelationKind, GoalStatement
from beliefgraph.model.identity import belief_id, evidence_id, goal_id, relation_id, source_id
from beliefgraph.model.revision import Origin
from beliefgraph.model.time import Interval
from beliefgraph.model.timeline import revision_id
from beliefgraph.services.derivation.goal_statements import person_related
from beliefgraph.services.interpretation.protocol import Interpretation, InterpretedGoal
from beliefgraph.services.layer.context import CommandContext
from beliefgraph.services.twin.state import TwinState

MOST_NAMED = 12
"""Goals of a cycle that the refusal names."""


@dataclass(frozen=True)
class Provenance:
    """Who states something, with which evidence, over which valid time.

    `ended` gives the end of relations that a later command ended, by key.
    """

    evidence: str
    source: str
    stance: Stance
    valid: Interval
    definition: str
    ended: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def origin(self) -> Origin:
        """Whether it was observed in an event or stated by a caller."""
        return "observed" if self.stance == "observation" else "provided"


def goal_provenance(
    context: CommandContext, source_name: str, stance: Stance = "observation", valid: Interval | None = None
) -> Provenance:
    """The provenance of statements by a source of that name; by default valid from the event's time on."""
    definition = context.graph.definitions.goals
    source = source_id(context.state.tenant, source_name)
    return Provenance(
        evidence=evidence_id(context.arrived.id, source),
        source=source,
        stance=stance,
        valid=Interval(start=context.moment) if valid is None else valid,
        definition="" if definition is None else context.graph.definitions.refs[definition.pursued],
        ended=context.arrived.ended,
    )


class GoalDraft:
    """The additions of one commit to the goals of a twin; what is refused leaves no trace."""

    def __init__(self, state: TwinState) -> None:
        self._state = state
        self._rev = state.rev + 1
        self._goals: dict[str, Goal] = {}
        self._statements: list[GoalStatement] = []
        self._relations: list[GoalRelation] = []
        self._flow: _Flow | None = None
        self.beliefs: list[BeliefKey] = []

    @property
    def delta(self) -> Delta:
        """The rows to write."""
        return Delta.of(made=self._goals.values(), opened=(*self._statements, *self._relations))

    @property
    def relations(self) -> Sequence[GoalRelation]:
        """The relations to write."""
        return self._relations

    def check(self, context: CommandContext, interpretation: Interpretation) -> None:
        """Refuse what `add_statements` would refuse, and goals that two sources state in one event."""
        statements = [each for each in interpretation.statements if each.goals]
        if len(statements) > 1:
            raise Incorrect(
                "interpretation-failed", "Two sources state goals through one event.", event=context.arrived.id
            )
        for each in statements:
            _, relations = self._required(goal_provenance(context, each.source), each.goals)
            self._stop_flow(relations)

    def add(self, context: CommandContext, interpretation: Interpretation) -> None:
        """Add what an event states about goals."""
        for each in interpretation.statements:
            if each.goals:
                self.add_statements(goal_provenance(context, each.source), each.goals)

    def add_statements(self, provenance: Provenance, goals: Sequence[InterpretedGoal]) -> None:
        """Add statements about some goals and their relations, or refuse all of them.

        Refuses `cyclic-goals`, and `too-large` where the twin would have too many.
        """
        new, relations = self._required(provenance, goals)
        self._goals |= new
        self._relations += relations
        self._statements += [self._statement(provenance, goal) for goal in goals]
        self.beliefs += [motive.belief for goal in goals for motive in goal.motives]

    def relate(self, provenance: Provenance, kind: GoalRelationKind, source: str, target: str, weight: float) -> None:
        """Add a relation between two goals, or from a belief to a goal, by ids; refuses `cyclic-goals`."""
        row = self._relation(provenance, kind, source, target, weight)
        self._let_flow([row], {})
        self._relations.append(row)

    def _required(
        self, provenance: Provenance, goals: Sequence[InterpretedGoal]
    ) -> tuple[dict[str, Goal], list[GoalRelation]]:
        """The goals to create, and the relations, which are entered in the flow of importance."""
        relations = [row for goal in goals for row in self._relations_of(provenance, goal)]
        keys = [
            key for goal in goals for key in (goal.key, *(other for _, others in _related(goal) for other in others))
        ]
        ids = {self._id(key): key for key in keys}
        new = {
            id_: Goal(id=id_, twin=self._state.id, key=key)
            for id_, key in ids.items()
            if id_ not in self._state.goals and id_ not in self._goals
        }
        if len(self._state.goals) + len(self._goals) + len(new) > MAX_GOALS:
            raise Incorrect("too-large", f"A twin has at most {MAX_GOALS:,} goals.", twin=self._state.name)
        self._let_flow(relations, new)
        return new, relations

    def _let_flow(self, rows: Sequence[GoalRelation], new: Mapping[str, Goal]) -> None:
        """Enter relations in the flow of importance, all or none of them."""
        flowing = [row for row in rows if row.kind in FLOWING]
        if flowing and self._flow is None:
            self._flow = _Flow([*self._state.goal_relations, *self._relations])
        for i, row in enumerate(flowing):
            assert self._flow is not None
            cycle = self._flow.cycle(row)
            if cycle is not None:
                self._flow.remove(flowing[:i])
                raise self._cyclic(cycle, new)
            self._flow.add(row)

    def _stop_flow(self, rows: Sequence[GoalRelation]) -> None:
        if self._flow is not None:
            self._flow.remove(row for row in rows if row.kind in FLOWING)

    def _cyclic(self, cycle: Sequence[str], new: Mapping[str, Goal]) -> Incorrect:
        known = {**self._state.goals, **self._goals, **new}
        keys = [known[id_].key for id_ in cycle]
        shown = keys if len(keys) <= MOST_NAMED else [*keys[: MOST_NAMED - 1], "…", keys[-1]]
        return Incorrect(
            "cyclic-goals",
            f"A goal would be part of itself or wait for itself: {' → '.join(shown)}.",
            twin=self._state.name,
            goals=keys,
        )

    def _relations_of(self, provenance: Provenance, goal: InterpretedGoal) -> Iterator[GoalRelation]:
        for row in self._named_with(provenance, goal):
            end = provenance.ended.get(row.key)
            if end is None:
                yield row
            elif row.valid_from < end:
                yield row.model_copy(update={"valid_to": end, "ended": True})

    def _named_with(self, provenance: Provenance, goal: InterpretedGoal) -> Iterator[GoalRelation]:
        own = self._id(goal.key)
        for kind, others in _related(goal):
            for other in others:
                yield self._relation(provenance, kind, own, self._id(other), 1.0)
        for motive in goal.motives:
            key = motive.belief
            belief = belief_id(self._state.id, key)
            yield self._relation(provenance, "motivates", belief, own, motive.weight)

    def _relation(
        self, provenance: Provenance, kind: GoalRelationKind, source: str, target: str, weight: float
    ) -> GoalRelation:
        if kind == "competes_with":
            source, target = sorted((source, target))
        key = relation_id(source, kind, target)
        return GoalRelation(
            revision_id=_revision(key, provenance.evidence, self._rev, provenance.valid.start),
            twin=self._state.id,
            key=key,
            valid_from=provenance.valid.start,
            valid_to=provenance.valid.end,
            rev_from=self._rev,
            definition=provenance.definition,
            origin=provenance.origin,
            kind=kind,
            source=source,
            target=target,
            weight=weight,
            evidence=provenance.evidence,
            speaker=provenance.source,
        )

    def _statement(self, provenance: Provenance, goal: InterpretedGoal) -> GoalStatement:
        id_ = self._id(goal.key)
        key = f"{provenance.evidence}|{id_}"
        return GoalStatement(
            revision_id=revision_id("GoalStatement", key, self._rev, provenance.valid.start),
            twin=self._state.id,
            key=key,
            valid_from=provenance.valid.start,
            valid_to=provenance.valid.end,
            rev_from=self._rev,
            definition=provenance.definition,
            origin=provenance.origin,
            evidence=provenance.evidence,
            goal=id_,
            source=provenance.source,
            stance=provenance.stance,
            **{name: getattr(goal, name) for name in FIELDS},
        )

    def _id(self, key: str) -> str:
        return goal_id(self._state.id, key)


def end_relation(context: CommandContext, key: str) -> Delta:
    """The rows of a relation of goals to close and to open so that it ends at the command's moment; none if it is over.

    Only the person can end a relation that they stated (`correction-stands`).
    """
    state, at = context.state, context.moment
    closed = [row for row in state.goal_relations if row.key == key and (row.valid_to is None or row.valid_to > at)]
    opened = [
        row.model_copy(
            update={
                "revision_id": _revision(row.key, row.evidence, state.rev + 1, row.valid_from),
                "valid_to": at,
                "rev_from": state.rev + 1,
                "ended": True,
            }
        )
        for row in closed
        if row.valid_from < at
    ]
    refuse_over_the_person(context, closed)
    return Delta.of(opened=opened, closed=closed)


def refuse_over_the_person(context: CommandContext, relations: Iterable[GoalRelation]) -> None:
    """Refuse (`correction-stands`) to change a relation that the person stated, unless the caller is the person."""
    if not context.caller_is_person and person_related(context.state, relations):
        raise Forbidden(
            "correction-stands",
            "The person has stated this relation themselves; only their own key can change it.",
            twin=context.state.name,
        )


def _revision(key: str, evidence: str, rev: int, start: datetime) -> str:
    """Revision id of a relation as one piece of evidence states it."""
    return revision_id("GoalRelation", f"{key}|{evidence}", rev, start)


FLOWING: frozenset[GoalRelationKind] = frozenset({"part_of", "depends_on"})
"""The kinds of relations that pass importance on; they may form no cycle at any moment."""


class _Flow:
    """The relations that pass importance on, at any moment: whole to part, dependent to needed."""

    def __init__(self, rows: Iterable[GoalRelation]) -> None:
        self._from: dict[str, list[GoalRelation]] = defaultdict(list)
        for row in rows:
            if row.kind in FLOWING:
                self.add(row)

    def add(self, row: GoalRelation) -> None:
        """Enter a relation."""
        self._from[_ends(row)[0]].append(row)

    def remove(self, rows: Iterable[GoalRelation]) -> None:
        """Remove relations that were just entered."""
        for row in rows:
            self._from[_ends(row)[0]].remove(row)

    def cycle(self, new: GoalRelation) -> list[str] | None:
        """The goals of a cycle that a relation would close at some moment of its validity; None if there is none."""
        if self._way(new, lambda row: row.valid.overlaps(new.valid)) is None:
            return None
        starts = {row.valid_from for rows in self._from.values() for row in rows if new.valid.contains(row.valid_from)}
        for moment in sorted({new.valid_from, *starts}):
            way = self._way(new, lambda row, moment=moment: row.valid.contains(moment))  # type: ignore[misc]
            if way is not None:
                return way
        return None

    def _way(self, new: GoalRelation, holds: Callable[[GoalRelation], bool]) -> list[str] | None:
        """A path from the lower end of a relation back to its upper end, along relations that hold."""
        above, below = _ends(new)
        came: dict[str, str] = {below: above}
        waiting = [below]
        while waiting:
            here = waiting.pop()
            if here == above:
                way = [here]
                while way[-1] != below:
                    way.append(came[way[-1]])
                return [above, *reversed(way)]
            for row in self._from.get(here, ()):
                there = _ends(row)[1]
                if there not in came and holds(row):
                    came[there] = here
                    waiting.append(there)
        return None


def _ends(row: GoalRelation) -> tuple[str, str]:
    """The two ends of a relation, in the direction in which importance passes."""
    return (row.target, row.source) if row.kind == "part_of" else (row.source, row.target)


def _related(goal: InterpretedGoal) -> tuple[tuple[GoalRelationKind, tuple[str, ...]], ...]:
    return ("part_of", goal.part_of), ("depends_on", goal.depends_on), ("competes_with", goal.competes_with)
