"""Goals of a twin at a moment as rows of an answer, with the requested relations and explanations. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import cast

import numpy as np

from beliefgraph.inference.goals import force
from beliefgraph.model.goal import (
    ENDED,
    Goal,
    GoalLinkKind,
    GoalMotive,
    GoalRelation,
    GoalRow,
    GoalState,
    MotivationExplanation,
    MotivationReason,
    Pursuit,
    RelatedGoal,
)
from beliefgraph.services.derivation.derive import derive
from beliefgraph.services.goals.derive import GoalDerivation, Reason, derive_goals, pursued_belief
from beliefgraph.services.snapshots.as_of import Snapshot

MOST_REASONS = 3
"""Number of reasons that a sentence names, strongest first."""


@dataclass(frozen=True)
class GoalsSeen:
    """The goals of a twin at a moment: as published if `published`, else derived and unrounded."""

    moment: Snapshot
    published: bool

    @cached_property
    def derived(self) -> GoalDerivation:
        """The goals as derived at the moment."""
        moment = self.moment
        return derive_goals(moment.state, moment.graph, derive(moment.state, moment.graph, moment.at), moment.at)

    @cached_property
    def states(self) -> dict[str, GoalState]:
        """State of every goal, by id."""
        if not self.published:
            return {goal.id: self._state(place) for place, goal in enumerate(self.derived.goals)}
        state, at = self.moment.state, self.moment.at
        return {id_: as_published(state.goals[id_], pursuit, at, state.rev) for id_, pursuit in state.pursuits.items()}

    @cached_property
    def ordered(self) -> tuple[GoalState, ...]:
        """The goals by motivation, then importance, both descending; ties by key."""
        return tuple(sorted(self.states.values(), key=lambda s: (-s.motivation, -s.importance, s.goal.key)))

    def row(self, id_: str, *, related: bool, explained: bool) -> GoalRow:
        """A goal with its relations and its explanation, if requested."""
        return GoalRow(
            state=self.states[id_],
            related=tuple(self._related(id_)) if related else None,
            motives=tuple(self._motives(id_)) if related else None,
            explanation=self.explanation(id_) if explained else None,
        )

    def explanation(self, id_: str) -> MotivationExplanation:
        """Explanation of a goal's motivation, unrounded."""
        derived, place = self.derived, self.derived.place[id_]
        found = derived.motivations
        reasons = tuple(self._reason(place, reason) for reason in derived.reasons(place))
        goal = derived.goals[place]
        state = self._state(place)
        waits = tuple(self._state(other) for other in derived.blocked_by(place))
        return MotivationExplanation(
            state=state,
            reasons=reasons,
            pursued=derived.pursued[place].confidence,
            pursued_belief=pursued_belief(self.moment.graph, goal),
            urgency=float(derived.urgency[place]),
            share=float(found.share[place]),
            left=1.0 - float(derived.progress[place]),
            blocked_by=waits,
            sentence=_sentence(state, reasons, waits),
        )

    def _state(self, place: int) -> GoalState:
        derived, moment = self.derived, self.moment
        goal = derived.goals[place]
        pursuit = moment.state.pursuits.get(goal.id)
        return GoalState(
            **dict(derived.standing(place)),
            goal=goal,
            valid_time=moment.at,
            rev=moment.state.rev,
            changed_at_rev=None if pursuit is None else pursuit.rev_from,
            reason=None if pursuit is None else pursuit.reason,
            apart=moment.apart,
        )

    def _reason(self, place: int, reason: Reason) -> MotivationReason:
        derived = self.derived
        total = float(derived.motivations.total[place])
        part = float(force(np.array(reason.strength))) / total if total > 0 else 0.0
        return MotivationReason(
            kind=reason.kind,
            strength=reason.strength,
            contribution=part * float(derived.motivations.motivation[place]),
            goal=None if reason.goal is None else self._state(reason.goal),
            belief=reason.belief,
            silent=_inactive_reason(derived, reason),
        )

    def _related(self, id_: str) -> Iterator[RelatedGoal]:
        for relation in self._around.get(id_, ()):
            outgoing = relation.source == id_
            yield RelatedGoal(
                id=relation.key,
                kind=cast("GoalLinkKind", relation.kind),
                weight=relation.weight,
                origin=relation.origin,
                outgoing=outgoing,
                other=GoalRow(state=self.states[relation.target if outgoing else relation.source]),
            )

    @cached_property
    def _around(self) -> dict[str, list[GoalRelation]]:
        """The relations of every goal to other goals, by id."""
        found: dict[str, list[GoalRelation]] = defaultdict(list)
        structure = self.derived.resolved.structure
        for relation in (*structure.parts, *structure.needs, *structure.rivals):
            if relation.source in self.states and relation.target in self.states:
                found[relation.source].append(relation)
                found[relation.target].append(relation)
        return found

    def _motives(self, id_: str) -> Iterator[GoalMotive]:
        for relation, belief, reading in self.derived.motives:
            if relation.target == id_:
                yield GoalMotive(id=relation.key, belief=belief, confidence=reading.confidence, weight=relation.weight)


def as_published(goal: Goal, pursuit: Pursuit, at: datetime, rev: int) -> GoalState:
    """State of a goal as published."""
    return GoalState.trusted(
        goal=goal,
        title=pursuit.title,
        status=pursuit.status,
        priority=pursuit.priority,
        progress=pursuit.progress,
        deadline=pursuit.deadline,
        importance=pursuit.importance,
        motivation=pursuit.motivation,
        quality=pursuit.quality,
        valid_time=at,
        rev=rev,
        changed_at_rev=pursuit.rev_from,
        reason=pursuit.reason,
        apart=None,
    )


def _inactive_reason(derived: GoalDerivation, reason: Reason) -> str | None:
    """Why a reason from another goal does not count now; None if it does."""
    if reason.flows or reason.goal is None:
        return None
    title, status = derived.title(reason.goal), derived.status(reason.goal)
    return f"“{title}” is {status}" if reason.kind == "whole" or status != "active" else f"“{title}” does not wait"


def _sentence(state: GoalState, reasons: Sequence[MotivationReason], waits: Sequence[GoalState]) -> str:
    """One sentence that explains a goal's motivation."""
    if state.status in ENDED:
        return f"“{state.title}” is {state.status}; no work is left."
    weightiest = sorted((r for r in reasons if r.strength > 0), key=lambda r: -r.strength)
    because = ", ".join(_named(reason) for reason in weightiest[:MOST_REASONS]) or "nothing known"
    if waits:
        them = "it" if len(waits) == 1 else "them"
        passed = f"passes its importance of {state.importance:.0%} to {them}"
        return f"“{state.title}” waits for {_titles(waits)} and {passed}."
    if state.status == "blocked":
        return f"“{state.title}” is blocked; none of its importance of {state.importance:.0%} counts now."
    done = f"{state.progress:.0%} is done"
    return f"“{state.title}” has a motivation of {state.motivation:.0%} because of {because}; {done}."


def _named(reason: MotivationReason) -> str:
    if reason.belief is not None:
        return f"the belief “{reason.belief.statement}” ({reason.strength:.0%})"
    if reason.goal is not None:
        what = "the goal it is part of" if reason.kind == "whole" else "a goal that waits for it"
        return f"“{reason.goal.title}”, {what} ({reason.strength:.0%})"
    return f"its own priority ({reason.strength:.0%})"


def _titles(goals: Sequence[GoalState]) -> str:
    return " and ".join(f"“{goal.title}”" for goal in goals)
