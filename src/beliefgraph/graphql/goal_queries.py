"""The queries about goals."""

from __future__ import annotations

import strawberry

from beliefgraph.graphql.arguments import argument
from beliefgraph.graphql.goal_types import Goal, GoalConnection, PursuitConnection
from beliefgraph.graphql.lookahead import around_goals
from beliefgraph.graphql.roots import question
from beliefgraph.graphql.scalars import enum_of
from beliefgraph.model.goal import GoalStatus

GOAL = argument(str, "Key of the goal.")


@strawberry.type
class GoalQueries:
    """The queries about goals."""

    goal = question(
        Goal,
        "One goal; refused with `unknown-goal` if nothing was stated about it.",
        lambda services: services.goals.goal,
        key=GOAL,
        around=around_goals,
    )
    goals = question(
        GoalConnection,
        "The goals, highest motivation first.",
        lambda services: services.goals.goals,
        matching={"status": argument(list[enum_of(GoalStatus)] | None, "Statuses to list; default: all.")},  # type: ignore[misc]
        paged=True,
        around=lambda page: around_goals(page.nodes()),
    )
    goal_history = question(
        PursuitConnection,
        "What was published about a goal, newest first, with the reason for each change.",
        lambda services: services.goals.history,
        key=GOAL,
        paged=True,
    )
