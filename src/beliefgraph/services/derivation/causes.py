"""Goals as causes of beliefs. Pure.

Definitions name goals whose pursuit causes something. The relation holds for a twin while the goal is stated and has
not ended, by its statements alone, never by what was derived about it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from beliefgraph.model.goal import ENDED
from beliefgraph.model.identity import goal_id
from beliefgraph.services.definitions.graph import DefinitionGraph, PersonalRelation
from beliefgraph.services.derivation.goal_statements import stated_goals
from beliefgraph.services.twin.state import TwinState


def goal_causes(state: TwinState, graph: DefinitionGraph, at: datetime) -> list[PersonalRelation]:
    """The causal relations from goals that hold for a twin at a moment."""
    ids = _goals(state, graph)
    stated = stated_goals(state, at, set(ids.values()))
    return [r for r, id_ in ids.items() if id_ in stated and stated[id_].status not in ENDED]


def pursuit_evidence(state: TwinState, graph: DefinitionGraph) -> frozenset[str]:
    """The evidence that states something about goals that can be causes."""
    goals = set(_goals(state, graph).values())
    return frozenset(row.evidence for row in state.statements if row.goal in goals) if goals else frozenset()


def _goals(state: TwinState, graph: DefinitionGraph) -> Mapping[PersonalRelation, str]:
    return {relation: goal_id(state.id, relation.source.subject) for relation in graph.goal_causes}
