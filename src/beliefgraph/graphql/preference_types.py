"""Preferences as they are answered."""

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
    """Hard constraints on one feature, each likelier than not, that no option can meet together. All of them stand."""

    @field(list[Belief], "The beliefs that they hold.")
    @staticmethod
    def constraints(conflict: strawberry.Parent[constraint.Conflict]) -> list[question.BeliefRow]:
        return [question.BeliefRow(state=state) for state in conflict.constraints]


@expose(
    preferred.Preference,
    within={"definition": preference.PreferenceDefinition},
    hide={"explanation", "history", "definition.inherits", "definition.scores"},
)
class Preference:
    """What is wanted, liked or refused, as it stands in the context asked about; unrounded.

    `belief` is that the likeliest of its `values` holds; without values, that it holds at all. `strength` is by how
    much the likeliest is likelier than the next, `beyondPrior` by how much it is likelier than before all evidence.
    `mean` and `deviation` are those of its scores. `heardIn` is the nearest context in which something was said of it
    itself; null where nothing was, and what it says comes from elsewhere."""

    @field(Explanation | None, "Why `belief` stands where it does, what came from broader contexts and states too.")
    @staticmethod
    def explanation(found: strawberry.Parent[preferred.Preference]) -> explanation.Explanation | None:
        return found.explanation

    @field(list[Holding], "What was published about `belief`, the newest 20 first; `history` has all.")
    @staticmethod
    def history(found: strawberry.Parent[preferred.Preference]) -> tuple[belief.Holding, ...]:
        return found.history or ()


PreferenceConnection = connection(Preference)


@dataclass(frozen=True)
class AroundPreferences:
    """Whether to say why each preference stands where it does, and what was published about it."""

    explained: bool
    with_history: bool


def around_preferences(page: Selection) -> AroundPreferences:
    """What is selected around the preferences of a page."""
    nodes = page.nodes()
    return AroundPreferences("explanation" in nodes, "history" in nodes)
