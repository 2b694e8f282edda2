"""What the layers of a twin contribute to the derivation of its beliefs: evidence, and relations between beliefs. Pure.

Both follow from what was stated or counted, never from what was published, so that a derivation is a function of the
twin's evidence alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from beliefgraph.services.definitions.graph import DefinitionGraph, PersonalRelation
from beliefgraph.services.derivation.causes import goal_causes
from beliefgraph.services.derivation.measure import Measured, measure, with_metric_evidence
from beliefgraph.services.twin.state import TwinState

Relations = Callable[[TwinState, DefinitionGraph, datetime], Sequence[PersonalRelation]]

RELATIONS: Sequence[Relations] = (goal_causes,)
"""A layer that contributes relations at a moment because of what it holds."""


@dataclass(frozen=True)
class Contributions:
    """A twin with the evidence that its layers contribute at a moment, and the metrics behind that evidence."""

    state: TwinState
    measured: tuple[Measured, ...]


def contributed_evidence(state: TwinState, graph: DefinitionGraph, at: datetime) -> Contributions:
    """The evidence that layers derive from the twin's events at a moment."""
    measured = measure(state, graph.definitions, at)
    return Contributions(with_metric_evidence(state, graph, measured), measured)


def contributed_relations(state: TwinState, graph: DefinitionGraph, at: datetime) -> list[PersonalRelation]:
    """The relations between beliefs that follow from the layers at a moment."""
    return [relation for relations in RELATIONS for relation in relations(state, graph, at)]


def possible_relations(graph: DefinitionGraph) -> Sequence[PersonalRelation]:
    """The relations that layers may contribute at any moment, by the definitions."""
    return graph.goal_causes


def with_contributed(
    personal: Sequence[PersonalRelation], contributed: Iterable[PersonalRelation]
) -> list[PersonalRelation]:
    """Personal relations and those of layers; of two of one kind between the same beliefs, the personal one."""
    stated = {(relation.source, relation.strength.kind, relation.target) for relation in personal}
    return [*personal, *(r for r in contributed if (r.source, r.strength.kind, r.target) not in stated)]
