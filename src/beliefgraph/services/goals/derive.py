"""Goals as a function of (valid time, rev): progress, what is blocked, importance and motivation. Pure.

Computed after the beliefs, from what they say; nothing of it goes back into them.
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
from beliefgraph.services.definition_graph import DefinitionGraph
from beliefgraph.services.derive import Derivation
from beliefgraph.services.goals.stated import Resolved, StatedGoal, resolve
from beliefgraph.services.state import TwinState

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Reading:
    """How sure a belief is that a goal was derived from, and how good that number is."""

    confidence: float
    quality: Quality


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason why a goal matters: another goal by its place, or a belief; `flows` is false while it is silent."""

    kind: ReasonKind
    strength: float
    goal: int | None = None
    belief: Belief | None = None
    flows: bool = True


@dataclass(frozen=True)
class GoalDerivation:
    """Every goal that was spoken of by a moment, derived for it; arrays by place, in the order of the ids.

    `motives` are the relations from beliefs, each with what was read of its belief.
    """

    at: datetime
    resolved: Resolved
    goals: Sequence[Goal]
    stated: Sequence[StatedGoal]
    motives: Sequence[tuple[GoalRelation, Belief, Reading]]
    live: Bools
    blocked: Bools
    progress: Floats
    pursued: Sequence[Reading]
    urgency: Floats
    motivations: Motivations

    @property
    def graph(self) -> GoalGraph:
        """How the goals hang together."""
        return self.resolved.hanging.graph

    @property
    def place(self) -> Mapping[str, int]:
        """The place of every goal by its id."""
        return self.resolved.hanging.place

    def status(self, place: int) -> GoalStatus:
        """The status of a goal: as stated, but blocked where it is active and waits."""
        return "blocked" if self.blocked[place] else self.stated[place].status or "active"

    def title(self, place: int) -> str:
        """What a goal is called: its title, else its key."""
        return self.stated[place].title or self.goals[place].key

    def standing(self, place: int) -> GoalStanding:
        """How a goal stands; its numbers are not rounded."""
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
        """The goals whose numbers are not exact, because those of a belief that they were derived from are not."""
        read = [*enumerate(self.pursued), *((self.place[row.target], reading) for row, _, reading in self.motives)]
        return {place: reading.quality for place, reading in read if reading.quality != "exact"}

    def quality(self, place: int) -> Quality:
        """How good the numbers of a goal are: as good as those of the beliefs it was derived from."""
        return self.unsure.get(place, "exact")

    def reasons(self, place: int) -> Iterator[Reason]:
        """Every reason why a goal matters, its own priority first, the silent ones too."""
        priority = self.stated[place].priority
        if priority is not None:
            yield Reason("own", priority)
        for relation, belief, reading in self.motives:
            if relation.target == self.goals[place].id:
                yield Reason("belief", relation.weight * reading.confidence, belief=belief)
        graph, found = self.graph, self.motivations
        for edge in np.flatnonzero(graph.part == place).tolist():
            whole = int(graph.whole[edge])
            flows = bool(self.live[whole] and not self.blocked[whole])
            yield Reason("whole", float(found.part_strength[edge]), goal=whole, flows=flows)
        for edge in np.flatnonzero(graph.needed == place).tolist():
            waiting = int(graph.waiting[edge])
            flows = bool(self.live[waiting] and self.blocked[waiting])
            yield Reason("waiting", float(found.need_strength[edge]), goal=waiting, flows=flows)

    def blocked_by(self, place: int) -> list[int]:
        """The goals that a blocked one waits for, by their places."""
        if not self.blocked[place]:
            return []
        needed = [int(self.graph.needed[e]) for e in np.flatnonzero(self.graph.waiting == place)]
        return [other for other in needed if self.stated[other].status != "achieved"]


def derive_goals(
    state: TwinState, graph: DefinitionGraph, derived: Derivation, at: datetime, before: GoalDerivation | None = None
) -> GoalDerivation:
    """The goals of a twin at a valid time, by the rows that `state` sees and what is `derived` of its beliefs then.

    A belief that the definitions no longer name motivates nothing. `before` is what was derived at an earlier rev: it
    saves work and changes nothing.
    """
    resolved = resolve(state, at, None if before is None else before.resolved)
    hanging, stated = resolved.hanging, [resolved.stated[id_] for id_ in resolved.hanging.ids]
    goals = [state.goals[id_] for id_ in hanging.ids]
    status = np.array([_STATUS[one.status or "active"] for one in stated], dtype=np.int64)
    achieved, abandoned = status == _STATUS["achieved"], status == _STATUS["abandoned"]
    live = ~(achieved | abandoned)
    waits = numbers.blocked(hanging.graph, status == _STATUS["active"], status == _STATUS["blocked"], achieved)
    come = numbers.progress(hanging.graph, np.array([one.progress or 0.0 for one in stated]), achieved, abandoned)
    beliefs = _Beliefs(state, graph, derived)
    motives = [(row, *read) for row in hanging.motives if (read := beliefs.read(row.source)) is not None]
    pursued = beliefs.pursued(goals)
    urgency = _urgency(stated, graph, at)
    motivations = numbers.motivate(
        hanging.graph,
        own=_own(stated, motives, hanging.place),
        live=live,
        blocked=waits,
        pursued=np.array([reading.confidence for reading in pursued]),
        urgency=urgency,
        left=1.0 - come,
    )
    return GoalDerivation(at, resolved, goals, stated, motives, live, waits, come, pursued, urgency, motivations)


_STATUS: Mapping[GoalStatus, int] = {"proposed": 0, "active": 1, "blocked": 2, "achieved": 3, "abandoned": 4}

_SURE = Reading(1.0, "exact")


class _Beliefs:
    """What the goals read of the beliefs."""

    def __init__(self, state: TwinState, graph: DefinitionGraph, derived: Derivation) -> None:
        self._state = state
        self._definitions = graph.definitions
        self._derived = derived

    def read(self, id_: str) -> tuple[Belief, Reading] | None:
        """A stored belief with its confidence; None where no definition names it."""
        belief = self._state.beliefs[id_]
        attribute = self._definitions.attributes.get(belief.attribute)
        if attribute is None:
            return None
        return belief, self._at(self._derived.layout.position.get(id_), attribute.prior_of(belief.value))

    def pursued(self, goals: Sequence[Goal]) -> list[Reading]:
        """How sure it is of every goal that it is really pursued; certain where no definition asks."""
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

    def _at(self, position: int | None, prior: float | None) -> Reading:
        """What is derived at a position; the prior where nothing is, and 0 for a value that nothing names."""
        if position is None:
            return Reading(0.0, "unavailable") if prior is None else Reading(prior, "exact")
        log_odds, quality = self._derived.value(position), self._derived.quality(position)
        return Reading((prior or 0.0) if log_odds is None else probability(log_odds), quality)


def pursued_belief(graph: DefinitionGraph, goal: Goal) -> BeliefKey | None:
    """The belief that says whether a goal is really pursued; None where no definition asks."""
    definition = graph.definitions.goals
    return None if definition is None else BeliefKey.of(attribute=definition.pursued, subject=goal.key)


def _own(
    stated: Sequence[StatedGoal], motives: Sequence[tuple[GoalRelation, Belief, Reading]], place: Mapping[str, int]
) -> Floats:
    """The force of every goal's own reasons: its priority, and the beliefs that motivate it."""
    own = numbers.force(np.array([one.priority or 0.0 for one in stated]))
    if motives:
        strength = np.array([row.weight * reading.confidence for row, _, reading in motives])
        np.add.at(own, [place[row.target] for row, _, _ in motives], numbers.force(strength))
    return own


def _urgency(stated: Sequence[StatedGoal], graph: DefinitionGraph, at: datetime) -> Floats:
    """How near every deadline is: 1 when it is there or past, half as much each `urgency` before, 0 without one."""
    definition = graph.definitions.goals
    half = seconds(URGENCY if definition is None else definition.urgency)
    urgency = np.zeros(len(stated))
    for i, one in enumerate(stated):
        if one.deadline is not None:
            urgency[i] = 2.0 ** (-max(0.0, seconds(one.deadline - at)) / half)
    return urgency
