"""The queries about trajectories."""

from __future__ import annotations

import strawberry

from beliefgraph.graphql.arguments import argument
from beliefgraph.graphql.roots import question
from beliefgraph.graphql.trajectory_types import Trajectory
from beliefgraph.services.trajectories.questions import MOST_POINTS, POINTS

SHOWN = {"points": argument(int | None, f"Points of the history, 2 to {MOST_POINTS}; default: {POINTS}.")}


@strawberry.type
class TrajectoryQueries:
    """The queries about trajectories."""

    trajectory = question(
        Trajectory,
        "The position of a twin among the stages of a trajectory, and where it is heading.",
        lambda services: services.trajectories.trajectory,
        key=argument(str, "Name of the trajectory."),
        matching=SHOWN,
    )
    trajectories = question(
        list[Trajectory],
        "All defined trajectories, each with the position of the twin.",
        lambda services: services.trajectories.trajectories,
        matching=SHOWN,
    )
