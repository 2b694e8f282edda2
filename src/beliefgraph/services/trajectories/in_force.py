"""How twins move through the stages of a trajectory, by the definitions of a moment: as learned or as stated. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from beliefgraph.inference.foresight.signals import HALVES, STRONGEST, Signal, signal_of
from beliefgraph.inference.foresight.stages import Stages, stated
from beliefgraph.model.definition import Definitions
from beliefgraph.model.trajectory import LearnedStage, LearnedStages, StageDefinition, TrajectoryDefinition
from beliefgraph.services.twin.blocks import Floats, Ints

STATED = "stated"

NOT_LEARNED = "Nothing was learned of this trajectory yet; `beliefgraph learn trajectories` does it."
OUTDATED = "What was learned of this trajectory was learned for another version of its definition."


@dataclass(frozen=True, eq=False)
class Parameters:
    """The stages, the learned likelihoods of evidence if any, and the number of the parameter set (None: stated).

    `velocities` are the mean velocities of twins by stage; if there are none, `missing` says why.
    """

    stages: Stages
    signals: Mapping[Signal, Floats]
    number: int | None = None
    velocities: Floats | None = None
    missing: str | None = None

    @property
    def name(self) -> str:
        """Where the parameters are from: `stated`, or the number of the parameter set."""
        return STATED if self.number is None else str(self.number)

    def typical_velocity(self, shares: Floats) -> float | None:
        """The mean velocity of twins in these stages."""
        return None if self.velocities is None else float(shares @ self.velocities)

    def likelihood(self, stage: Ints, ratio: Floats) -> Floats:
        """The likelihood of each piece of evidence in each stage, up to a factor per piece, shape [pieces, stages]."""
        found = np.ones((len(stage), self.stages.count))
        found[np.arange(len(stage)), stage] = np.exp(ratio)
        for place, (of, strength) in enumerate(zip(stage.tolist(), ratio.tolist(), strict=True)):
            if abs(strength) * HALVES < STRONGEST and (known := self.signals.get(signal_of(of, strength))) is not None:
                found[place] = known
        return found


def in_force(definitions: Definitions, definition: TrajectoryDefinition) -> Parameters:
    """The parameters of a trajectory under these definitions: as learned for it, else as stated."""
    learned = definitions.stages_of(definition)
    if learned is not None and definitions.parameters is not None:
        return by_learned(definition, learned, definitions.parameters.number)
    known = definitions.parameters is not None and definition.key in definitions.parameters.stages_of
    priors = definitions.attributes[definition.attribute].value_priors
    start = np.array([priors[value] for value in definition.values])
    stages = _stages(definition, definition.stages, definition.phases, start / start.sum())
    return Parameters(stages, {}, missing=OUTDATED if known else NOT_LEARNED)


def by_learned(definition: TrajectoryDefinition, learned: LearnedStages, number: int | None = None) -> Parameters:
    """The learned parameters of a trajectory."""
    start = np.array([stage.start for stage in learned.stages])
    place = {value: stage for stage, value in enumerate(definition.values)}
    return Parameters(
        stages=_stages(definition, learned.stages, learned.phases, start / start.sum()),
        signals={
            signal_of(place[each.stage], each.log_likelihood_ratio): np.array(each.shares) for each in learned.signals
        },
        number=number,
        velocities=np.array([stage.velocity for stage in learned.stages]),
    )


def _stages(
    definition: TrajectoryDefinition, each: Sequence[StageDefinition | LearnedStage], phases: int, start: Floats
) -> Stages:
    return stated(
        stay=np.array([days(stage.stay) for stage in each]),
        back=np.array([stage.back for stage in each]),
        seen=np.eye(len(each)),
        phases=phases,
        start=start,
        ends=not definition.returns,
    )


def days(span: timedelta) -> float:
    """A timedelta in days."""
    return span / timedelta(days=1)
