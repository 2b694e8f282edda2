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
    """How the tenant's twins were seen to move through one stage."""


@expose(trajectories.LearnedSignal)
class LearnedSignal:
    """Evidence of one strength on one stage, and how often it is seen in every stage."""


@expose(trajectories.LearnedStages)
class LearnedStages:
    """How the tenant's twins move through the stages of a trajectory, as learned from what was observed of them."""


@expose(trajectories.StageShare)
class StageShare:
    """How likely a twin is in a stage."""


@expose(trajectories.TrajectoryPoint)
class TrajectoryPoint:
    """Where a twin was at a moment, as known at the rev that is read; or where it is expected to be."""


@expose(trajectories.TimeToStage)
class TimeToStage:
    """When a twin reaches a later stage, if it has not yet."""


@expose(trajectories.Reversal)
class StageReversal:
    """A piece of evidence after which the most likely stage is an earlier one than before it."""


@expose(trajectories.StageEvidence, hide={"id", "twin"})
class StageEvidence:
    """One piece of evidence on a stage, and by how much it moved the twin when it came."""

    @field(None, "Id of the evidence with this move; `node` takes it.")
    @staticmethod
    def id(found: strawberry.Parent[trajectories.StageEvidence], info: Request) -> strawberry.ID:
        moves = f"{found.stage}{found.moved!r}"
        return strawberry.ID(write_id("Evidence", info.context.names[found.twin], found.id, moves))


@expose(trajectories.Trajectory)
class Trajectory:
    """Where a twin is among the stages of a trajectory, and where it is heading."""
