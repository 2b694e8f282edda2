"""Trajectories: ordered stages of a twin, its current stage, and when it reaches a later one.

A `TrajectoryDefinition` names a categorical attribute whose values are the stages, with the typical duration of each.
The stage of a twin follows from the evidence on these values; it is not stored. `LearnedStages` describe how the
tenant's twins moved, and which evidence was seen in which stage.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from beliefgraph.errors import Incorrect
from beliefgraph.model.belief import AttributeName
from beliefgraph.model.evidence import LogLikelihoodRatio
from beliefgraph.model.record import Key, Name, Probability, Record, Sentence, TwinId
from beliefgraph.model.time import Instant, ReadRev, ReadTime

MOST_STAGES = 12
MOST_PHASES = 6

LONGEST_STAY = timedelta(days=3_660)
"""Ten years: with longer typical stays there are no stages to pass through."""

SHORTEST_STAY = timedelta(hours=1)

MOST_SIGNALS = 400
"""Maximum number of signals of one trajectory: 12 stages, evidence for and against each, in steps of half a nat."""

LEARNING = 1
"""Version of how stages are learned; sets of other versions are not used."""

PERIOD = timedelta(days=30)
"""The time unit of a velocity."""


class StageDefinition(Record):
    """One stage: a value of the attribute, and how long a twin typically stays there."""

    value: Key = Field(description="Value of the attribute that means a twin is in this stage.")
    stay: Annotated[timedelta, Field(ge=SHORTEST_STAY, le=LONGEST_STAY)] = Field(
        description="Mean time in the stage, from one hour to ten years. The last stage is left only if `returns` is "
        "true.",
    )
    back: Probability = Field(
        0.0, description="Probability, in [0, 1], that leaving the stage leads back by one instead of on by one."
    )


class TrajectoryDefinition(Record):
    """Stages in their order, and how a twin moves through them before anything is learned."""

    key: Name = Field(description="Dotted lower-case name of the trajectory, permanent.")
    title: Sentence = Field(description="Name shown to people.")
    attribute: AttributeName
    stages: tuple[StageDefinition, ...] = Field(
        min_length=2,
        max_length=MOST_STAGES,
        description=f"Stages in the order in which they are reached, 2 to {MOST_STAGES}.",
    )
    phases: int = Field(
        3,
        ge=1,
        le=MOST_PHASES,
        description=(
            "Number of phases of a stay: with k phases the coefficient of variation of its length is 1 / √k; 1 is "
            "memoryless."
        ),
    )
    returns: bool = Field(False, description="Whether a twin can leave the last stage again, back to the one before.")

    def model_post_init(self, _context: object) -> None:
        """Refuse a duplicate stage, and a way back from the first."""
        values = [stage.value for stage in self.stages]
        if len(set(values)) < len(values):
            twice = next(value for i, value in enumerate(values) if value in values[:i])
            self._refuse(f"the stage {twice} comes twice, so the stages have no order")
        if self.stages[0].back:
            self._refuse(f"nothing comes before {values[0]}, so no way leads back from it")
        if self.stages[-1].back:
            self._refuse(f"whether {values[-1]} is left again is said by returns")

    @property
    def values(self) -> tuple[str, ...]:
        """The stages in order, by the values that name them."""
        return tuple(stage.value for stage in self.stages)

    @property
    def learned_on(self) -> str:
        """What parameters are learned for, as text; parameters learned for anything else are not used."""
        return f"version {LEARNING}: {self.model_dump_json(exclude={'key', 'title'})}"

    def _refuse(self, why: str) -> None:
        raise Incorrect("invalid-definition", f"{self.key}: {why}.", attribute=self.attribute)


class LearnedStage(Record):
    """How the tenant's twins moved through one stage, as observed."""

    value: Key = Field(description="The stage, a value of the attribute.")
    stay: timedelta = Field(gt=timedelta(0), description="Mean time in the stage; the stated one if it is never left.")
    back: Probability = Field(
        description="Probability, in [0, 1], that leaving the stage leads back by one instead of on by one."
    )
    start: Probability = Field(
        description="Probability that a twin is in this stage when it is first observed, in [0, 1]."
    )
    velocity: float = Field(
        allow_inf_nan=False, description="Mean number of stages that twins in it were expected to advance in 30 days."
    )


class LearnedSignal(Record):
    """Evidence of one strength on one stage, and how often it is observed in each stage."""

    stage: Key = Field(description="Stage that the evidence bears on.")
    log_likelihood_ratio: LogLikelihoodRatio = Field(
        description="Strength that the evidence states, natural log, rounded to half a nat."
    )
    shares: tuple[Probability, ...] = Field(
        description="Its share among all evidence observed in a stage, for each stage in order, in [0, 1]."
    )
    pieces: int = Field(ge=0, description="Number of pieces of evidence that it was learned from.")


class LearnedStages(Record):
    """How the tenant's twins move through the stages of a trajectory, as learned from what was observed of them.

    It applies as long as the trajectory is defined as it was then.
    """

    trajectory: Name = Field(description="Key of the trajectory.")
    learned_on: str = Field(description="Definition of the trajectory at the time of learning.")
    phases: int = Field(
        ge=1,
        le=MOST_PHASES,
        description=(
            "Number of phases of a stay, chosen on held-out twins: with k phases the coefficient of variation of its "
            "length is 1 / √k."
        ),
    )
    stages: tuple[LearnedStage, ...] = Field(
        min_length=2, max_length=MOST_STAGES, description="Stages in the order in which they are reached."
    )
    signals: tuple[LearnedSignal, ...] = Field(
        default=(),
        max_length=MOST_SIGNALS,
        description="Emission probabilities of evidence under the stages; evidence that is not listed counts with "
        "its stated strength.",
    )
    until: Instant = Field(description="End of what it was learned from.")
    twins: int = Field(ge=0, description="Number of twins that it was learned from.")
    pieces: int = Field(ge=0, description="Number of pieces of evidence that it was learned from.")
    gain: float = Field(
        description="Improvement over what was in force on the evidence of held-out twins, in nats per piece."
    )
    error: float = Field(ge=0.0, description="Standard error of the gain.")


class StageShare(Record):
    """The probability that a twin is in a stage."""

    stage: Key = Field(description="The stage.")
    probability: Probability = Field(description="Probability that the twin is in this stage, in [0, 1].")


class TrajectoryPoint(Record):
    """The position of a twin at a moment, as known at the rev that is read, or its expected position."""

    time: Instant = Field(description="The moment.")
    stages: tuple[StageShare, ...] = Field(description="Every stage with its probability, in order.")
    position: float = Field(description="Expected number of stages passed: 0 in the first stage.")
    rev: int | None = Field(
        None,
        description="Rev that wrote the latest evidence by this moment; null if there is none, or for a moment in "
        "the future.",
    )


class TimeToStage(Record):
    """When a twin reaches a later stage, unless it has reached it already."""

    stage: Key = Field(description="The stage.")
    reached: Probability = Field(description="Probability that the twin is in this stage or a later one, in [0, 1].")
    within_period: Probability = Field(
        description="Probability that it is reached within 30 days, given that it has not been reached yet."
    )
    median: timedelta | None = Field(description="Median time until it is reached; null beyond ten years.")
    low: timedelta = Field(description="Lower bound of the central 90 % interval of the time until it is reached.")
    high: timedelta | None = Field(description="Upper bound of the interval; null beyond ten years.")


class Reversal(Record):
    """A piece of evidence after which the most likely stage is an earlier one than before it."""

    time: Instant = Field(description="Valid time of the evidence.")
    before: Key = Field(description="Most likely stage before.")
    after: Key = Field(description="Most likely stage after.")


class StageEvidence(Record):
    """One piece of evidence on a stage, and by how much it changed the position of the twin."""

    id: str = Field(description="Id of the evidence.")
    twin: TwinId
    summary: str = Field(description="What was observed, in plain words.")
    source: str = Field(description="Name of the source.")
    time: Instant = Field(description="Valid time of the evidence.")
    rev: int = Field(description="Rev that wrote it.")
    stage: Key = Field(description="Stage that it bears on.")
    log_likelihood_ratio: LogLikelihoodRatio = Field(
        description="Natural log of how much more likely it is in this stage than in any other, in [-30, 30]."
    )
    moved: float = Field(description="Change of the position by this evidence, in stages.")


class Trajectory(Record):
    """Where a twin is among the stages of a trajectory, and where it is heading.

    The position at the beginning, what all evidence moved and what the time between moved sum to the position.
    """

    key: Name = Field(description="Name of the trajectory.")
    title: Sentence = Field(description="Name shown to people.")
    attribute: AttributeName
    stages: tuple[StageShare, ...] = Field(description="Every stage with its probability, in order.")
    stage: Key = Field(description="The most likely stage.")
    position: float = Field(description="Expected number of stages passed: 0 in the first stage.")
    velocity: float = Field(description="Number of stages that the twin is expected to advance in the next 30 days.")
    recent_velocity: float | None = Field(
        description="Number of stages that it advanced in the last 30 days; null if its evidence is more recent."
    )
    typical_velocity: float | None = Field(
        description="Typical velocity of the tenant's twins in the same stages, from the parameter set in force, "
        "weighted by the probabilities of the stages; null if nothing was learned."
    )
    typical_velocity_missing: str | None = Field(
        None, description="Why there is no typical velocity; null if there is one."
    )
    in_stage_since: Instant | None = Field(
        description="Time since which this stage has been the most likely, according to the evidence; null without "
        "evidence."
    )
    stalled: bool = Field(
        description="Whether it has been in its stage for longer than 90 % of stays in that stage last."
    )
    longer_than: Probability = Field(
        description="Share of stays in this stage that are shorter than the present one so far, in [0, 1]."
    )
    times: tuple[TimeToStage, ...] = Field(description="When each stage after the most likely one is reached.")
    reversals: tuple[Reversal, ...] = Field(description="When it moved back to an earlier stage, oldest first.")
    history: tuple[TrajectoryPoint, ...] = Field(description="Its position since its first evidence, oldest first.")
    ahead: tuple[TrajectoryPoint, ...] = Field(description="Its expected position in the next 90 days.")
    began_at: float = Field(description="Position before the first evidence, from the priors of the stages.")
    waited: float = Field(
        description="Change of the position by the passage of time between pieces of evidence, in stages."
    )
    why: tuple[StageEvidence, ...] = Field(
        description="The evidence that changed the position most, greatest change first."
    )
    pieces: int = Field(description="Number of pieces of evidence on its stages, listed in `why` or not.")
    parameters: str = Field(description="Source of the dynamics: `stated`, or the number of the learned parameter set.")
    valid_time: ReadTime
    rev: ReadRev
