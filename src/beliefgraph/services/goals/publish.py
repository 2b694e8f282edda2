"""What a commit publishes of goals: a pursuit for every goal that stands otherwise than published, with the reason."""

from __future__ import annotations

import numpy as np

from beliefgraph.model.goal import GOAL_GRID, Pursuit
from beliefgraph.model.timeline import revision_id
from beliefgraph.services.goals.derive import GoalDerivation
from beliefgraph.services.goals.why import why
from beliefgraph.services.layout import DefinitionGraph
from beliefgraph.services.state import TwinState


def publish_goals(
    state: TwinState, graph: DefinitionGraph, before: GoalDerivation | None, derived: GoalDerivation, rev: int
) -> tuple[tuple[Pursuit, ...], tuple[Pursuit, ...]]:
    """The pursuits that `rev` closes and opens, given the twin with its new rows and what is derived from them.

    `before` is what was derived when they were last published, from which the reasons are told. A goal of which all was
    withdrawn is closed and not opened again.
    """
    found = derived.motivations
    importance, motivation = _rounded(found.importance), _rounded(found.motivation)
    progress: list[float] = derived.progress.tolist()
    ref = _ref(graph)
    closed, opened = [], []
    for i, goal in enumerate(derived.goals):
        said, known = derived.stated[i], state.pursuits.get(goal.id)
        title, status, quality = derived.title(i), derived.status(i), derived.quality(i)
        if known is not None:
            same = known.progress == progress[i] and known.importance == importance[i]
            same = same and known.motivation == motivation[i] and known.status == status
            same = same and (known.title, known.priority, known.deadline) == (title, said.priority, said.deadline)
            if same and known.quality == quality:
                continue
            closed.append(known)
        opened.append(
            Pursuit.trusted(
                revision_id=revision_id("Pursuit", goal.id, rev, derived.at),
                twin=state.id,
                key=goal.id,
                valid_from=derived.at,
                valid_to=None,
                rev_from=rev,
                rev_to=None,
                definition=ref,
                origin="inferred",
                title=title,
                status=status,
                priority=said.priority,
                progress=progress[i],
                deadline=said.deadline,
                importance=importance[i],
                motivation=motivation[i],
                quality=quality,
                reason=why(None if known is None else before, derived, i),
            )
        )
    gone = [pursuit for key, pursuit in state.pursuits.items() if key not in derived.place]
    return (*closed, *gone), tuple(opened)


def _rounded(values: np.typing.NDArray[np.float64]) -> list[float]:
    """The nearest multiples of the grid."""
    rounded: list[float] = np.round(np.rint(values / GOAL_GRID) * GOAL_GRID, 2).tolist()
    return rounded


def _ref(graph: DefinitionGraph) -> str:
    """The catalog that says how goals are read, "" where none does."""
    return next((c.ref for c in graph.definitions.catalogs if c.goals is not None), "")
