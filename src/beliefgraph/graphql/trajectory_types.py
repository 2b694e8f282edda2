"""Output types of trajectories."""

from __future__ import annotations

import strawberry

from beliefgraph.graphql.context import Request
from beliefgraph.graphql.expose import expose, field
from beliefgraph.graphql.ids import write_id
from beliefgraph.model import trajectory as trajectories


@expose(trajectories.StageDefinition)
class StageDefinition:
    """One stage: a value of the attribute, and how long a twin typically stays there."""


@expose(trajectories.TrajectoryDefinition)
class TrajectoryDefinition:
    """Stages in their order, and how a twin moves through them before anything is learned."""


@expose(trajectories.LearnedStage)
class LearnedStage:
    """How the tenant's twins moved through one stage, as observed."""


@expose(trajectories.LearnedSignal)
class LearnedSignal:
    """Evidence of one strength on one stage, and how often it is observed in each stage."""


@expose(trajectories.LearnedStages)
class LearnedStages:
    """How the tenant's twins move through the stages of a trajectory, as learned from their evidence."""


@expose(trajectories.StageShare)
class StageShare:
    """The probability that a twin is in a stage."""


@expose(trajectories.TrajectoryPoint)
class TrajectoryPoint:
    """The position of a twin at a moment, as known at the rev that is read, or its expected position."""


@expose(trajectories.TimeToStage)
class TimeToStage:
    """When a twin reaches a later stage, unless it has reached it already."""


@expose(trajectories.Reversal)
class StageReversal:
    """A piece of evidence after which the most likely stage is an earlier one than before it."""


@expose(trajectories.StageEvidence, hide={"id", "twin"})
class StageEvidence:
    """One piece of evidence on a stage, and by how much it changed the position of the twin."""

    @field(None, "Id of this evidence, which the query `node` accepts.")
    @staticmethod
    def id(found: strawberry.Parent[trajectories.StageEvidence], info: Request) -> strawberry.ID:
        moves = f"{found.stage}{found.moved!r}"
        return strawberry.ID(write_id("Evidence", info.context.names[found.twin], found.id, moves))


@expose(trajectories.Trajectory)
class Trajectory:
    """The position of a twin among the stages of a trajectory, and where it is heading."""
