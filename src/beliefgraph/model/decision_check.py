"""How options fit what is known of a person: point by point, with the evidence, and as one score."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from beliefgraph.model.belief import ANYWHERE, AttributeName, BeliefKey, Context, Quality
from beliefgraph.model.constraint import Conflict
from beliefgraph.model.decision import EvidenceBehind, Option, Options, refuse_twins
from beliefgraph.model.preference import Score
from beliefgraph.model.record import Key, LogOdds, Name, Probability, Record, TwinName
from beliefgraph.model.time import ReadRev, ReadTime
from beliefgraph.model.vocabulary import vocabulary

PointKind = Annotated[
    Literal["constraint", "value", "preference", "goal", "past_decision"],
    vocabulary(
        "What a point about an option is derived from.",
        {
            "constraint": "A constraint: something the person refuses or insists on.",
            "value": "A commitment of the person that the option honours or breaks.",
            "preference": "Something the person likes or prefers.",
            "goal": "A goal that the option serves or hinders.",
            "past_decision": "A past decision for a similar option.",
        },
    ),
]

PointStance = Annotated[
    Literal["for", "against", "forbids", "neutral"],
    vocabulary(
        "Whether a point is for or against an option.",
        {
            "for": "Supports the option.",
            "against": "Speaks against the option.",
            "forbids": "A hard constraint that is more likely than not rules the option out.",
            "neutral": "Applies, but with negligible weight.",
        },
    ),
]


class CheckDecision(Record):
    """Check how well options fit what is known about the person in a context. Nothing is stored."""

    twin: TwinName
    options: Options = Field(description="Options to check, 1 to 50.")
    context: Context = ANYWHERE

    def model_post_init(self, _context: object) -> None:
        """Refuse two options of one key."""
        refuse_twins(self.options)


class Point(Record):
    """One point for or against an option."""

    kind: PointKind
    stance: PointStance
    weight: Score = Field(
        description="Its weight for the option (above 0) or against it (below 0), in [-1, 1].",
    )
    log_odds: LogOdds = Field(
        description="What the point adds to the log-odds that the option is right; 0 if it forbids the option.",
    )
    confidence: Probability | None = Field(
        description="Probability of the belief that the point is based on, in [0, 1]; null if it is based on none.",
    )
    sentence: str = Field(description="The point in a sentence.")
    belief: BeliefKey | None = Field(
        None, description="Belief that the point is based on; null if it is based on none."
    )
    goal: Key | None = Field(
        None, description="Key of the goal that the option serves or hinders; null if the point is not about a goal."
    )
    decision: Key | None = Field(
        None, description="Key of the past decision that the point is based on; null if it is based on none."
    )
    expected: Score | None = Field(
        None,
        description="Expected result of the past decision, in [-1, 1]; null if there is none.",
    )
    actual: Score | None = Field(
        None,
        description="Actual result of the past decision, in [-1, 1]; null if there is none.",
    )
    evidence: tuple[EvidenceBehind, ...] = Field((), description="Evidence behind the point.")


class Unknown(Record):
    """Something about an option that could not be checked."""

    attribute: AttributeName
    feature: Name = Field(description="Feature that it would be checked against.")
    reason: str = Field(description="Why it could not be checked, in words.")


class OptionCheck(Record):
    """One option with all points for and against it."""

    option: Option = Field(description="The option.")
    allowed: bool = Field(description="False if a hard constraint that is more likely than not rules the option out.")
    violation: Probability = Field(
        description="Lower bound on the probability that the option violates a hard constraint, in [0, 1].",
    )
    score: Score = Field(description="Balance of all points that can be weighed against each other, in [-1, 1].")
    points: tuple[Point, ...] = Field(description="Points for and against the option, greatest weight first.")
    unknown: tuple[Unknown, ...] = Field(description="What could not be checked.")


class DecisionCheck(Record):
    """The options, allowed ones first, and among these the best score first."""

    context: Context
    options: tuple[OptionCheck, ...] = Field(description="The options, allowed ones first, then by score.")
    conflicts: tuple[Conflict, ...] = Field(
        description="Hard constraints, each more likely than not, that no option can meet together.",
    )
    judged: int = Field(description="Number of past decisions whose expected and actual results are both known.")
    mean_surprise: float | None = Field(
        description="Mean of actual minus expected result over the `judged` past decisions, in [-2, 2]; null if "
        "there are none.",
    )
    quality: Quality = Field(description="Worst quality of the beliefs that the points are based on.")
    valid_time: ReadTime
    rev: ReadRev
