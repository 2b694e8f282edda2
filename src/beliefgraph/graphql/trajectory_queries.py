"""The queries about trajectories."""

from __future__ import annotations

import strawberry

from beliefgraph.graphql.arguments import argument
from beliefgraph.graphql.roots import question
from beliefgraph.graphql.trajectory_types import Trajectory
from beliefgraph.services.trajectories.questions import MOST_POINTS, POINTS

SHOWN = {"points": argument(int | None, f"Points of the history, 2 to {MOST_POINTS}; left out: {POINTS}.")}


@strawberry.type
class TrajectoryQueries:
    """The queries about trajectories."""

    trajectory = question(
        Trajectory,
        "Where a twin is among the stages of a trajectory, and where it is heading.",
        lambda verbs: verbs.trajectories.trajectory,
        key=argument(str, "Name of the trajectory."),
        matching=SHOWN,
    )
    trajectories = question(
        list[Trajectory],
        "Every trajectory that is defined, with where the twin is on it.",
        lambda verbs: verbs.trajectories.trajectories,
        matching=SHOWN,
    )
