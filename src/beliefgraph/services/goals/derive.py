"""Goals as a function of (valid time, rev): progress, what is blocked, importance and motivation. Pure.

Computed after the beliefs, from what they say; nothing of it goes back into them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
import numpy.typing as npt

from beliefgraph.inference import goals as numbers
from beliefgraph.inference.goals import Floats, GoalGraph, Motivations
from beliefgraph.model.belief import ANYWHERE, Belief, BeliefKey, Quality, probability
from beliefgraph.model.definition import URGENCY
from beliefgraph.model.goal import Goal, GoalRelation, GoalStatus, ReasonKind
from beliefgraph.model.time import seconds
from beliefgraph.services.derive import Derivation
from beliefgraph.services.goals.stated import StatedGoal, standing_relations, stated_goals
from beliefgraph.services.layout import DefinitionGraph
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

    `parts`, `needs` and `rivals` are the relations behind the edges of `graph`, `motives` those from beliefs, each with
    what was read of its belief.
    """

    at: datetime
    goals: Sequence[Goal]
    stated: Sequence[StatedGoal]
    graph: GoalGraph
    parts: Sequence[GoalRelation]
    needs: Sequence[GoalRelation]
    rivals: Sequence[GoalRelation]
    motives: Sequence[tuple[GoalRelation, Belief, Reading]]
    live: Bools
    blocked: Bools
    progress: Floats
    pursued: Sequence[Reading]
    urgency: Floats
    motivations: Motivations

    @cached_property
    def place(self) -> Mapping[str, int]:
        """The place of every goal by its id."""
        return {goal.id: i for i, goal in enumerate(self.goals)}

    def status(self, place: int) -> GoalStatus:
        """The status of a goal: as stated, but blocked where it is active and waits."""
        return "blocked" if self.blocked[place] else self.stated[place].status or "active"

    def title(self, place: int) -> str:
        """What a goal is called: its title, else its key."""
        return self.stated[place].title or self.goals[place].key

    def quality(self, place: int) -> Quality:
        """How good the numbers of a goal are: as good as those of the beliefs it was derived from."""
        read = (self.pursued[place], *(reading for _, reading in self._motives_of.get(place, ())))
        return next((reading.quality for reading in read if reading.quality != "exact"), "exact")

    def reasons(self, place: int) -> Iterator[Reason]:
        """Every reason why a goal matters, its own priority first, the silent ones too."""
        priority = self.stated[place].priority
        if priority is not None:
            yield Reason("own", priority)
        for relation, reading in self._motives_of.get(place, ()):
            belief = self._beliefs[relation.source]
            yield Reason("belief", relation.weight * reading.confidence, belief=belief)
        found = self.motivations
        for edge in self._parts_into.get(place, ()):
            whole = int(self.graph.whole[edge])
            flows = bool(self.live[whole] and not self.blocked[whole])
            yield Reason("whole", float(found.part_strength[edge]), goal=whole, flows=flows)
        for edge in self._needs_into.get(place, ()):
            waiting = int(self.graph.waiting[edge])
            yield Reason(
                "waiting",
                float(found.need_strength[edge]),
                goal=waiting,
                flows=bool(self.live[waiting] and self.blocked[waiting]),
            )

    def blocked_by(self, place: int) -> list[int]:
        """The goals that a blocked one waits for, by their places."""
        if not self.blocked[place]:
            return []
        needed = [int(self.graph.needed[e]) for e in np.flatnonzero(self.graph.waiting == place)]
        return [other for other in needed if self.stated[other].status != "achieved"]

    @cached_property
    def _beliefs(self) -> dict[str, Belief]:
        return {belief.id: belief for _, belief, _ in self.motives}

    @cached_property
    def _motives_of(self) -> dict[int, list[tuple[GoalRelation, Reading]]]:
        found = defaultdict(list)
        for relation, _, reading in self.motives:
            found[self.place[relation.target]].append((relation, reading))
        return found

    @cached_property
    def _parts_into(self) -> dict[int, list[int]]:
        return _by_place(self.graph.part)

    @cached_property
    def _needs_into(self) -> dict[int, list[int]]:
        return _by_place(self.graph.needed)


def derive_goals(state: TwinState, graph: DefinitionGraph, derived: Derivation, at: datetime) -> GoalDerivation:
    """The goals of a twin at a valid time, by the rows that `state` sees and what is `derived` of its beliefs then.

    A relation counts where both its ends are spoken of; a belief that the definitions no longer name motivates nothing.
    """
    said = stated_goals(state, at)
    ids = sorted(said)
    place = {id_: i for i, id_ in enumerate(ids)}
    goals, stated = [state.goals[id_] for id_ in ids], [said[id_] for id_ in ids]
    by_kind: dict[str, list[GoalRelation]] = defaultdict(list)
    for row in standing_relations(state.goal_relations, at):
        if row.target in place and (row.source in place or row.kind == "motivates"):
            by_kind[row.kind].append(row)
    parts, needs, rivals = (by_kind[kind] for kind in ("part_of", "depends_on", "competes_with"))
    hanging = _graph(place, parts, needs, rivals)
    status = np.array([_STATUS[one.status or "active"] for one in stated], dtype=np.int64)
    achieved, abandoned = status == _STATUS["achieved"], status == _STATUS["abandoned"]
    live = ~(achieved | abandoned)
    waits = numbers.blocked(hanging, status == _STATUS["active"], status == _STATUS["blocked"], achieved)
    come = numbers.progress(hanging, np.array([one.progress or 0.0 for one in stated]), achieved, abandoned)
    beliefs = _Beliefs(state, graph, derived)
    motives = [(row, *read) for row in by_kind["motivates"] if (read := beliefs.read(row.source)) is not None]
    pursued = beliefs.pursued(goals)
    urgency = _urgency(stated, graph, at)
    motivations = numbers.motivate(
        hanging,
        own=_own(stated, motives, place),
        live=live,
        blocked=waits,
        pursued=np.array([reading.confidence for reading in pursued]),
        urgency=urgency,
        left=1.0 - come,
    )
    return GoalDerivation(
        at, goals, stated, hanging, parts, needs, rivals, motives, live, waits, come, pursued, urgency, motivations
    )


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
        prior = self._definitions.attribute(definition.pursued).prior
        keys = self._derived.layout.keys
        places = {
            key.subject: i
            for i, key in enumerate(keys)
            if key.attribute == definition.pursued and key.context == ANYWHERE
        }
        return [self._at(places.get(goal.key), prior) for goal in goals]

    def _at(self, position: int | None, prior: float | None) -> Reading:
        """What is derived at a position; the prior where nothing is, and 0 for a value that nothing names."""
        if position is None:
            return Reading(0.0, "unavailable") if prior is None else Reading(prior, "exact")
        log_odds, quality = self._derived.value(position), self._derived.quality(position)
        return Reading((prior or 0.0) if log_odds is None else probability(log_odds), quality)


def pursued_belief(graph: DefinitionGraph, goal: Goal) -> BeliefKey | None:
    """The belief that says whether a goal is really pursued; None where no definition asks."""
    definition = graph.definitions.goals
    return None if definition is None else BeliefKey(attribute=definition.pursued, subject=goal.key)


def _graph(
    place: Mapping[str, int],
    parts: Sequence[GoalRelation],
    needs: Sequence[GoalRelation],
    rivals: Sequence[GoalRelation],
) -> GoalGraph:
    return GoalGraph(
        goals=len(place),
        whole=_ints(place[row.target] for row in parts),
        part=_ints(place[row.source] for row in parts),
        part_weight=np.array([row.weight for row in parts], dtype=np.float64),
        waiting=_ints(place[row.source] for row in needs),
        needed=_ints(place[row.target] for row in needs),
        need_weight=np.array([row.weight for row in needs], dtype=np.float64),
        rival=_ints(place[row.source] for row in rivals),
        other=_ints(place[row.target] for row in rivals),
        rival_weight=np.array([row.weight for row in rivals], dtype=np.float64),
    )


def _own(
    stated: Sequence[StatedGoal], motives: Sequence[tuple[GoalRelation, Belief, Reading]], place: Mapping[str, int]
) -> Floats:
    """The force of every goal's own reasons: its priority, and the beliefs that motivate it."""
    own = numbers.force(np.array([one.priority or 0.0 for one in stated]))
    if motives:
        strength = np.array([row.weight * reading.confidence for row, _, reading in motives])
        np.add.at(own, _ints(place[row.target] for row, _, _ in motives), numbers.force(strength))
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


def _ints(values: Iterator[int]) -> npt.NDArray[np.int64]:
    return np.fromiter(values, dtype=np.int64)


def _by_place(ends: npt.NDArray[np.int64]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for edge, place in enumerate(ends.tolist()):
        found[place].append(edge)
    return found
