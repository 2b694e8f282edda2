"""The layer of goals: publishes a pursuit, with its reason, for every goal that differs from the published one."""

from __future__ import annotations

from functools import cache, partial

import numpy as np

from beliefgraph.model.delta import Delta
from beliefgraph.model.goal import GOAL_GRID, Goal, GoalChange, Pursuit
from beliefgraph.model.timeline import inferred
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.derivation.derive import derive
from beliefgraph.services.goals.derive import GoalDerivation, derive_goals
from beliefgraph.services.goals.draft import GoalDraft, end_relation
from beliefgraph.services.goals.why import why
from beliefgraph.services.layer.protocol import Layer, PublishContext, Published
from beliefgraph.services.twin.state import TwinState

NAME = "goals"


def publish(context: PublishContext) -> Published:
    """The pursuits that a commit closes and opens.

    Reasons compare with the derivation at the last publication, which is derived again only if a goal changed and this
    process does not have it. A goal whose statements were all withdrawn is closed and not opened again.
    """
    state, graph, rev = context.after, context.graph, context.rev
    if not state.goals:
        return Published()
    before = cache(partial(_before, context))
    derived = derive_goals(state, graph, context.derivation, context.derivation.at, _known(context.before))
    found = derived.motivations
    importance, motivation = _rounded(found.importance), _rounded(found.motivation)
    progress: list[float] = derived.progress.tolist()
    ref = _ref(graph)
    closed, opened = [], []
    for i, goal in enumerate(derived.goals):
        statement, known = derived.stated[i], state.pursuits.get(goal.id)
        stands = {
            "title": derived.title(i),
            "status": derived.status(i),
            "priority": statement.priority,
            "progress": progress[i],
            "deadline": statement.deadline,
            "importance": importance[i],
            "motivation": motivation[i],
            "quality": derived.quality(i),
        }
        if known is not None:
            if all(getattr(known, name) == value for name, value in stands.items()):
                continue
            closed.append(known)
        reason = why(None if known is None else before(), derived, i)
        opened.append(inferred(Pursuit, state.id, goal.id, derived.at, rev, ref, **stands, reason=reason))
    gone = [pursuit for key, pursuit in state.pursuits.items() if key not in derived.place]
    return Published(Delta.of(opened=opened, closed=(*closed, *gone)), derived)


def _known(state: TwinState) -> GoalDerivation | None:
    found = state.derived.get(NAME)
    return found if isinstance(found, GoalDerivation) else None


def _before(context: PublishContext) -> GoalDerivation | None:
    """The derivation at the last publication: cached with the twin, or derived again."""
    state, known = context.before, _known(context.before)
    if known is not None or not state.pursuits or state.head_time is None:
        return known
    return derive_goals(state, context.graph, derive(state, context.graph, state.head_time), state.head_time)


def _rounded(values: np.typing.NDArray[np.float64]) -> list[float]:
    """Values rounded to the grid."""
    rounded: list[float] = np.round(np.rint(values / GOAL_GRID) * GOAL_GRID, 2).tolist()
    return rounded


def _ref(graph: DefinitionGraph) -> str:
    """Reference of the catalog that configures goals; "" if none does."""
    return next((c.ref for c in graph.definitions.catalogs if c.goals is not None), "")


def _draft(state: TwinState, _: DefinitionGraph) -> GoalDraft:
    return GoalDraft(state)


def _change(goal: Goal, before: Pursuit | None, after: Pursuit | None) -> GoalChange:
    return GoalChange(goal=goal, before=before, after=after)


GOALS = Layer(NAME, Goal, Pursuit, _change, publish, _draft, end_relation)
"""The goals of a twin."""
