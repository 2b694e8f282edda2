"""Goals as a function of (valid time, rev): progress, blocking, importance and motivation. Pure.

Goals are derived from beliefs, never the other way round.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
import numpy.typing as npt

from beliefgraph.inference import goals as numbers
from beliefgraph.inference.goals import Floats, GoalGraph, Motivations
from beliefgraph.model.belief import ANYWHERE, Belief, BeliefKey, Quality, probability
from beliefgraph.model.catalog import URGENCY
from beliefgraph.model.goal import Goal, GoalRelation, GoalStanding, GoalStatus, ReasonKind
from beliefgraph.model.time import seconds
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.derivation.derive import Derivation
from beliefgraph.services.derivation.goal_statements import ResolvedGoals, StatedGoal, resolve
from beliefgraph.services.twin.state import TwinState

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class BeliefInput:
    """Confidence of a belief that a goal is derived from, and its quality."""

    confidence: float
    quality: Quality


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason why a goal matters: another goal (by index) or a belief. `flows` is false while it does not count."""

    kind: ReasonKind
    strength: float
    goal: int | None = None
    belief: Belief | None = None
    flows: bool = True


@dataclass(frozen=True)
class GoalDerivation:
    """All goals stated by a moment, derived at it; arrays are by index, in the order of the ids.

    `motives` are the relations from beliefs, each with its belief and the belief's reading.
    """

    at: datetime
    resolved: ResolvedGoals
    goals: Sequence[Goal]
    stated: Sequence[StatedGoal]
    motives: Sequence[tuple[GoalRelation, Belief, BeliefInput]]
    open: Bools
    blocked: Bools
    progress: Floats
    pursued: Sequence[BeliefInput]
    urgency: Floats
    motivations: Motivations

    @property
    def graph(self) -> GoalGraph:
        """The relations between the goals, as arrays."""
        return self.resolved.structure.graph

    @property
    def place(self) -> Mapping[str, int]:
        """Index of every goal, by its id."""
        return self.resolved.structure.place

    def status(self, place: int) -> GoalStatus:
        """Status of a goal: as stated, but blocked if it is active and depends on a goal that is not achieved."""
        return "blocked" if self.blocked[place] else self.stated[place].status or "active"

    def title(self, place: int) -> str:
        """Title of a goal; its key if none was stated."""
        return self.stated[place].title or self.goals[place].key

    def standing(self, place: int) -> GoalStanding:
        """All fields of a goal, unrounded."""
        stated = self.stated[place]
        return GoalStanding(
            title=self.title(place),
            status=self.status(place),
            priority=stated.priority,
            progress=float(self.progress[place]),
            deadline=stated.deadline,
            importance=float(self.motivations.importance[place]),
            motivation=float(self.motivations.motivation[place]),
            quality=self.quality(place),
        )

    @cached_property
    def unsure(self) -> Mapping[int, Quality]:
        """Quality of the goals that are derived from a belief that is not exact, by index."""
        read = [*enumerate(self.pursued), *((self.place[row.target], reading) for row, _, reading in self.motives)]
        return {place: reading.quality for place, reading in read if reading.quality != "exact"}

    def quality(self, place: int) -> Quality:
        """Quality of a goal's numbers: that of the beliefs it is derived from."""
        return self.unsure.get(place, "exact")

    def reasons(self, place: int) -> Iterator[Reason]:
        """Every reason why a goal matters, its own priority first, including those that do not count now."""
        priority = self.stated[place].priority
        if priority is not None:
            yield Reason("own", priority)
        for relation, belief, reading in self.motives:
            if relation.target == self.goals[place].id:
                yield Reason("belief", relation.weight * reading.confidence, belief=belief)
        graph, found = self.graph, self.motivations
        for edge in np.flatnonzero(graph.part == place).tolist():
            whole = int(graph.whole[edge])
            flows = bool(self.open[whole] and not self.blocked[whole])
            yield Reason("whole", float(found.part_strength[edge]), goal=whole, flows=flows)
        for edge in np.flatnonzero(graph.needed == place).tolist():
            waiting = int(graph.waiting[edge])
            flows = bool(self.open[waiting] and self.blocked[waiting])
            yield Reason("waiting", float(found.need_strength[edge]), goal=waiting, flows=flows)

    def blocked_by(self, place: int) -> list[int]:
        """Indexes of the goals that a blocked goal depends on and that are not achieved."""
        if not self.blocked[place]:
            return []
        needed = [int(self.graph.needed[e]) for e in np.flatnonzero(self.graph.waiting == place)]
        return [other for other in needed if self.stated[other].status != "achieved"]


def derive_goals(
    state: TwinState, graph: DefinitionGraph, derived: Derivation, at: datetime, before: GoalDerivation | None = None
) -> GoalDerivation:
    """The goals of a twin at a valid time, from the rows of `state` and the derivation of its beliefs at that time.

    A belief whose attribute is no longer defined motivates nothing. `before`, the derivation of an earlier rev, saves
    work and does not change the result.
    """
    resolved = resolve(state, at, None if before is None else before.resolved)
    structure, stated = resolved.structure, [resolved.stated[id_] for id_ in resolved.structure.ids]
    goals = [state.goals[id_] for id_ in structure.ids]
    status = np.array([_STATUS[one.status or "active"] for one in stated], dtype=np.int64)
    achieved, abandoned = status == _STATUS["achieved"], status == _STATUS["abandoned"]
    is_open = ~(achieved | abandoned)
    blocked = numbers.blocked(structure.graph, status == _STATUS["active"], status == _STATUS["blocked"], achieved)
    progress = numbers.progress(structure.graph, np.array([one.progress or 0.0 for one in stated]), achieved, abandoned)
    beliefs = _Beliefs(state, graph, derived)
    motives = [(row, *read) for row in structure.motives if (read := beliefs.read(row.source)) is not None]
    pursued = beliefs.pursued(goals)
    urgency = _urgency(stated, graph, at)
    motivations = numbers.motivate(
        structure.graph,
        own=_own(stated, motives, structure.place),
        is_open=is_open,
        blocked=blocked,
        pursued=np.array([reading.confidence for reading in pursued]),
        urgency=urgency,
        remaining=1.0 - progress,
    )
    return GoalDerivation(
        at, resolved, goals, stated, motives, is_open, blocked, progress, pursued, urgency, motivations
    )


_STATUS: Mapping[GoalStatus, int] = {"proposed": 0, "active": 1, "blocked": 2, "achieved": 3, "abandoned": 4}

_SURE = BeliefInput(1.0, "exact")


class _Beliefs:
    """Reads the confidences of beliefs that goals are derived from."""

    def __init__(self, state: TwinState, graph: DefinitionGraph, derived: Derivation) -> None:
        self._state = state
        self._definitions = graph.definitions
        self._derived = derived

    def read(self, id_: str) -> tuple[Belief, BeliefInput] | None:
        """A stored belief with its confidence; None if its attribute is not defined."""
        belief = self._state.beliefs[id_]
        attribute = self._definitions.attributes.get(belief.attribute)
        if attribute is None:
            return None
        return belief, self._at(self._derived.layout.position.get(id_), attribute.prior_of(belief.value))

    def pursued(self, goals: Sequence[Goal]) -> list[BeliefInput]:
        """Confidence that each goal is really pursued; 1 if the definitions have no attribute for that."""
        definition = self._definitions.goals
        if definition is None:
            return [_SURE] * len(goals)
        prior = self._at(None, self._definitions.attribute(definition.pursued).prior)
        keys = self._derived.layout.keys
        places = {
            key.subject: i
            for i, key in enumerate(keys)
            if key.attribute == definition.pursued and key.context == ANYWHERE
        }
        known = {subject: self._at(place, prior.confidence) for subject, place in places.items()}
        return [known.get(goal.key, prior) for goal in goals]

    def _at(self, position: int | None, prior: float | None) -> BeliefInput:
        """Confidence at a position; the prior if there is none, and 0 for a value that nothing names."""
        if position is None:
            return BeliefInput(0.0, "unavailable") if prior is None else BeliefInput(prior, "exact")
        log_odds, quality = self._derived.value(position), self._derived.quality(position)
        return BeliefInput((prior or 0.0) if log_odds is None else probability(log_odds), quality)


def pursued_belief(graph: DefinitionGraph, goal: Goal) -> BeliefKey | None:
    """The belief that a goal is really pursued; None if the definitions have no attribute for that."""
    definition = graph.definitions.goals
    return None if definition is None else BeliefKey.of(attribute=definition.pursued, subject=goal.key)


def _own(
    stated: Sequence[StatedGoal], motives: Sequence[tuple[GoalRelation, Belief, BeliefInput]], place: Mapping[str, int]
) -> Floats:
    """Force of each goal's own reasons: its priority and the beliefs that motivate it."""
    own = numbers.force(np.array([one.priority or 0.0 for one in stated]))
    if motives:
        strength = np.array([row.weight * reading.confidence for row, _, reading in motives])
        np.add.at(own, [place[row.target] for row, _, _ in motives], numbers.force(strength))
    return own


def _urgency(stated: Sequence[StatedGoal], graph: DefinitionGraph, at: datetime) -> Floats:
    """Urgency of each goal: 1 at or after the deadline, halved for each `urgency` before it, 0 without a deadline."""
    definition = graph.definitions.goals
    half = seconds(URGENCY if definition is None else definition.urgency)
    urgency = np.zeros(len(stated))
    for i, one in enumerate(stated):
        if one.deadline is not None:
            urgency[i] = 2.0 ** (-max(0.0, seconds(one.deadline - at)) / half)
    return urgency
