"""Output types of preferences."""

from __future__ import annotations

from dataclasses import dataclass

import strawberry

from beliefgraph.graphql.belief_types import Belief, Holding
from beliefgraph.graphql.connections import connection
from beliefgraph.graphql.explanation_types import Explanation
from beliefgraph.graphql.expose import expose, field
from beliefgraph.graphql.lookahead import Selection
from beliefgraph.model import belief, constraint, explanation, preference, preferred, question


@expose(constraint.Conflict, hide={"constraints"})
class ConstraintConflict:
    """Hard constraints on one feature, each more likely than not, that no option can meet together."""

    @field(list[Belief], "The conflicting constraints, as beliefs.")
    @staticmethod
    def constraints(conflict: strawberry.Parent[constraint.Conflict]) -> list[question.BeliefRow]:
        return [question.BeliefRow(state=state) for state in conflict.constraints]


@expose(
    preferred.Preference,
    within={"definition": preference.PreferenceDefinition},
    hide={"explanation", "history", "definition.inherits", "definition.scores"},
)
class Preference:
    """A preference in the requested context, unrounded."""

    @field(Explanation | None, "Explanation of `belief`, including broader contexts; null if unavailable.")
    @staticmethod
    def explanation(found: strawberry.Parent[preferred.Preference]) -> explanation.Explanation | None:
        return found.explanation

    @field(
        list[Holding], "The newest 20 revisions published about `belief`, newest first; the query `history` has all."
    )
    @staticmethod
    def history(found: strawberry.Parent[preferred.Preference]) -> tuple[belief.Holding, ...]:
        return found.history or ()


PreferenceConnection = connection(Preference)


@dataclass(frozen=True)
class AroundPreferences:
    """Whether explanations and the published history of each preference are selected."""

    explained: bool
    with_history: bool


def around_preferences(page: Selection) -> AroundPreferences:
    """What is selected around the preferences of a page."""
    nodes = page.nodes()
    return AroundPreferences("explanation" in nodes, "history" in nodes)
