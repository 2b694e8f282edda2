"""What a commit publishes of goals: a pursuit for every goal that stands otherwise than published, with the reason."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from beliefgraph.model.goal import GOAL_GRID, Pursuit
from beliefgraph.model.timeline import inferred
from beliefgraph.services.definition_graph import DefinitionGraph
from beliefgraph.services.goals.derive import GoalDerivation
from beliefgraph.services.goals.why import why
from beliefgraph.services.state import TwinState


def publish_goals(
    state: TwinState,
    graph: DefinitionGraph,
    before: Callable[[], GoalDerivation | None],
    derived: GoalDerivation,
    rev: int,
) -> tuple[tuple[Pursuit, ...], tuple[Pursuit, ...]]:
    """The pursuits that `rev` closes and opens, given the twin with its new rows and what is derived from them.

    `before` gives what was derived when they were last published, from which the reasons are told; it is asked only if
    a goal moved. A goal of which all was withdrawn is closed and not opened again.
    """
    found = derived.motivations
    importance, motivation = _rounded(found.importance), _rounded(found.motivation)
    progress: list[float] = derived.progress.tolist()
    ref = _ref(graph)
    closed, opened = [], []
    for i, goal in enumerate(derived.goals):
        said, known = derived.stated[i], state.pursuits.get(goal.id)
        stands = {
            "title": derived.title(i),
            "status": derived.status(i),
            "priority": said.priority,
            "progress": progress[i],
            "deadline": said.deadline,
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
    return (*closed, *gone), tuple(opened)


def _rounded(values: np.typing.NDArray[np.float64]) -> list[float]:
    """The nearest multiples of the grid."""
    rounded: list[float] = np.round(np.rint(values / GOAL_GRID) * GOAL_GRID, 2).tolist()
    return rounded


def _ref(graph: DefinitionGraph) -> str:
    """The catalog that says how goals are read, "" where none does."""
    return next((c.ref for c in graph.definitions.catalogs if c.goals is not None), "")
