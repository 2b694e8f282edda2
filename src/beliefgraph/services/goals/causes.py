"""Goals as causes: what is pursued may be why somebody does something. Pure.

What a goal's pursuit brings about is stated by the definitions, for the goals they name; it is so for a twin while the
goal is spoken of and has not ended. That is read from what was stated of the goal, never from what was derived of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from beliefgraph.model.goal import ENDED
from beliefgraph.model.identity import goal_id
from beliefgraph.services.definition_graph import DefinitionGraph, PersonalRelation
from beliefgraph.services.goals.stated import stated_goals
from beliefgraph.services.state import TwinState


def goal_causes(state: TwinState, graph: DefinitionGraph, at: datetime) -> list[PersonalRelation]:
    """What the pursuit of the twin's goals may bring about at a moment."""
    ids = _goals(state, graph)
    stated = stated_goals(state, at, set(ids.values()))
    return [r for r, id_ in ids.items() if id_ in stated and stated[id_].status not in ENDED]


def saying_what_is_pursued(state: TwinState, graph: DefinitionGraph) -> frozenset[str]:
    """The evidence that states anything of the goals whose pursuit may bring something about."""
    goals = set(_goals(state, graph).values())
    return frozenset(row.evidence for row in state.statements if row.goal in goals) if goals else frozenset()


def _goals(state: TwinState, graph: DefinitionGraph) -> Mapping[PersonalRelation, str]:
    return {relation: goal_id(state.id, relation.source.subject) for relation in graph.goal_causes}
