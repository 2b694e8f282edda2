"""Goals: what a person or account pursues, as a graph. A goal is an identity; statements about it are revisions.

Statements about a goal are `GoalStatement`s, stored whole and resolved when read; relations between goals are
`GoalRelation`s; the result of both, and of the beliefs that motivate them, is published as a `Pursuit`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from beliefgraph.model.belief import Belief, BeliefKey, Quality
from beliefgraph.model.evidence import Stance
from beliefgraph.model.record import Key, Probability, Record, Title, TwinId
from beliefgraph.model.revision import Ended, Origin, Publication, Statement
from beliefgraph.model.time import ChangedAtRev, Instant, ReadRev, ReadTime
from beliefgraph.model.vocabulary import vocabulary

GoalStatus = Annotated[
    Literal["proposed", "active", "blocked", "achieved", "abandoned"],
    vocabulary(
        "State of a goal in its life cycle.",
        {
            "proposed": "Suggested, not taken up yet.",
            "active": "Being pursued; the default.",
            "blocked": "Cannot be worked on: either stated so, or active and dependent on a goal that is not achieved.",
            "achieved": "Reached.",
            "abandoned": "Given up.",
        },
    ),
]

ENDED: frozenset[GoalStatus] = frozenset({"achieved", "abandoned"})
"""Statuses of goals that are no longer pursued."""

GoalRelationKind = Annotated[
    Literal["part_of", "depends_on", "competes_with", "motivates"],
    vocabulary(
        "How a goal is related to another goal, or to a belief.",
        {
            "part_of": "The first goal is part of the second.",
            "depends_on": "The first goal cannot be achieved before the second.",
            "competes_with": "The goals compete for effort: effort for one is lost to the other.",
            "motivates": "A belief makes the goal matter.",
        },
    ),
]

GoalLinkKind = Annotated[
    Literal["part_of", "depends_on", "competes_with"],
    vocabulary(
        "How two goals are related.",
        {
            "part_of": "The first goal is part of the second.",
            "depends_on": "The first goal cannot be achieved before the second.",
            "competes_with": "The goals compete for effort: effort for one is lost to the other.",
        },
    ),
]

ReasonKind = Annotated[
    Literal["own", "belief", "whole", "waiting"],
    vocabulary(
        "Why a goal matters.",
        {
            "own": "The goal's own stated priority.",
            "belief": "A belief that motivates it.",
            "whole": "A goal that it is part of.",
            "waiting": "A blocked goal that depends on it.",
        },
    ),
]

GOAL_GRID = 0.01
"""Published motivations and importances are multiples of this, so that insignificant changes create no revision."""

MAX_GOALS = 5_000
"""Maximum number of goals of one twin; more are refused (`too-large`)."""

MAX_RELATED = 100
"""Maximum number of goals that one statement names as wholes, as dependencies or as competitors."""

Weight = Annotated[float, Field(gt=0.0, le=1.0, allow_inf_nan=False)]
"""Share of the importance that passes along a relation."""


class GoalFields(Record):
    """What can be stated about a goal; a field left out stays as it was."""

    title: Title | None = Field(None, description="Name of the goal shown to people.")
    status: GoalStatus | None = Field(None, description="State of the goal in its life cycle.")
    priority: Probability | None = Field(
        None,
        description=(
            "How much the goal matters in itself, in [0, 1]; null: only other goals and beliefs make it matter."
        ),
    )
    progress: Probability | None = Field(
        None,
        description="Progress of the goal, in [0, 1]; used only if the goal has no parts.",
    )
    deadline: Instant | None = Field(None, description="When the goal is due.")


FIELDS: tuple[str, ...] = tuple(GoalFields.model_fields)
"""The fields that can be stated about a goal."""


class Goal(Record):
    """Something that a twin may pursue. Immutable: an application's key, and nothing that changes."""

    id: str = Field(description="Id of the goal (UUIDv5 of twin and key).")
    twin: TwinId
    key: Key = Field(description="Key of the goal, as the application chose it.")


class GoalStatement(Statement, GoalFields):
    """What one piece of evidence states about one goal; fields it does not state are null.

    For each field the statement with the latest valid time wins; statements by the person themselves (`correction`)
    take precedence over all others.
    """

    goal: str = Field(description="Id of the goal.")
    stance: Stance

    @property
    def about(self) -> tuple[str, ...]:
        """The goal."""
        return (self.goal,)


class GoalRelation(Statement):
    """A relation from a goal, or for motivates from a belief, to a goal, while it holds.

    A part is part_of its whole; a goal depends_on what must be achieved first; competes_with has no direction. Of
    several valid revisions of one `key` the latest counts.
    """

    kind: GoalRelationKind
    source: str = Field(description="Id of the goal or belief that the relation starts from.")
    target: str = Field(description="Id of the goal that the relation leads to.")
    weight: Weight = Field(description="Share of the importance that passes along the relation, in (0, 1].")
    speaker: str = Field(description="Id of the source that stated it.")
    ended: Ended = None

    @property
    def about(self) -> tuple[str, ...]:
        """The two ends."""
        return self.source, self.target

    @property
    def stated_by(self) -> str:
        """The source that stated it."""
        return self.speaker


class GoalStanding(Record):
    """How a goal stands: what was stated, and what is derived from it."""

    title: str = Field(description="Name of the goal; its key if no title was stated.")
    status: GoalStatus
    priority: Probability | None = Field(
        description=(
            "How much the goal matters in itself, in [0, 1], as stated; null: only goals and beliefs make it matter."
        ),
    )
    progress: Probability = Field(
        description="Progress of the goal, in [0, 1]; derived from its parts if it has any.",
    )
    deadline: Instant | None = Field(description="When the goal is due; null if it has no deadline.")
    importance: Probability = Field(
        description="How much the goal is expected to matter, in [0, 1]; published values are rounded to 0.01.",
    )
    motivation: Probability = Field(
        description="Part of the importance that needs work now, in [0, 1]; 0 if the goal is blocked or ended. "
        "Published values are rounded to 0.01.",
    )
    quality: Quality = Field(
        description="Worst quality of the beliefs that it was derived from; a belief without a confidence counts with "
        "its prior.",
    )


class Pursuit(GoalStanding, Publication):
    """What a twin published about a goal, from the rev that changed it to the rev that changed it again."""

    reason: str = Field(description="Why it changed, in a sentence.")
    valid_from: Instant = Field(description="Head time of the twin at which it was derived.")
    key: str = Field(description="Id of the goal.")


class GoalState(GoalStanding):
    """A goal as it stands at one valid time and rev."""

    goal: Goal = Field(description="The goal.")
    valid_time: ReadTime
    rev: ReadRev
    changed_at_rev: ChangedAtRev = None
    reason: str | None = Field(None, description="Why it last changed, in a sentence; null if nothing is published.")
    apart: str | None = Field(
        None,
        description="Null for a current answer; otherwise the hypotheses of the answer at the requested moment, "
        "empty if none.",
    )


class GoalChange(Record):
    """One goal before and after a commit."""

    goal: Goal = Field(description="The goal.")
    before: Pursuit | None = Field(description="What was published before; null if nothing was published.")
    after: Pursuit | None = Field(description="What is published now; null if nothing is published.")


class GoalDifference(Record):
    """One goal at two moments, or without and with hypothetical changes; unrounded."""

    goal: Goal = Field(description="The goal.")
    before: GoalStanding | None = Field(description="State at the first moment; null if it is unknown then.")
    after: GoalStanding | None = Field(description="State at the second moment; null if it is unknown then.")
    reason: str = Field(description="Why it changed, in a sentence.")


class MotivationReason(Record):
    """One reason why a goal matters. The contributions of all reasons sum to the motivation."""

    kind: ReasonKind
    strength: Probability = Field(
        description="Probability that the goal matters for this reason, in [0, 1]: its priority, a belief's "
        "confidence or another goal's importance, times the weight of the relation.",
    )
    contribution: Probability = Field(description="Share of the motivation, in [0, 1].")
    goal: GoalState | None = Field(None, description="The other goal, if a goal is the reason; otherwise null.")
    belief: Belief | None = Field(None, description="The belief, if a belief is the reason; otherwise null.")
    silent: str | None = Field(None, description="Why the reason does not count now; null if it counts.")


class MotivationExplanation(Record):
    """How a motivation is computed from its reasons; unrounded.

    importance = share * pursued * (1 - product over reasons of (1 - strength)^(1 + urgency)); motivation = importance
    * left, and 0 if the goal is blocked or ended.
    """

    state: GoalState = Field(description="The goal.")
    reasons: tuple[MotivationReason, ...] = Field(description="Why the goal matters.")
    pursued: Probability = Field(description="Probability that the person really pursues the goal, in [0, 1].")
    pursued_belief: BeliefKey | None = Field(
        description="Belief that says whether the goal is really pursued; null if no definition names one.",
    )
    urgency: Probability = Field(
        description="How near the deadline is, in [0, 1]: 1 at the deadline, halved for each `urgency` (as defined) "
        "before it; 0 without a deadline.",
    )
    share: Probability = Field(description="Share of the importance that competing goals leave, in [0, 1].")
    left: Probability = Field(description="Share of the work that remains, in [0, 1]: 1 - progress.")
    blocked_by: tuple[GoalState, ...] = Field(description="Goals that it is waiting for.")
    sentence: str = Field(description="The explanation in a sentence.")


class GoalMotive(Record):
    """A belief that motivates a goal."""

    id: str = Field(description="Id of the relation, for retract.")
    belief: Belief = Field(description="The proposition.")
    confidence: Probability = Field(description="Probability of the belief, in [0, 1].")
    weight: Weight = Field(description="Share of the confidence that passes to the goal, in (0, 1].")


class GoalRow(Record):
    """A goal in its current state, with its loaded neighbourhood; None for parts that were not requested."""

    state: GoalState = Field(description="The goal.")
    related: tuple[RelatedGoal, ...] | None = Field(None, description="Relations to other goals.")
    motives: tuple[GoalMotive, ...] | None = Field(None, description="Beliefs that motivate it.")
    explanation: MotivationExplanation | None = Field(None, description="How its motivation is computed.")


class RelatedGoal(Record):
    """A relation of a goal, seen from that goal."""

    id: str = Field(description="Id of the relation, for retract.")
    kind: GoalLinkKind
    weight: Weight = Field(description="Share of the importance that passes along the relation, in (0, 1].")
    origin: Origin
    outgoing: bool = Field(description="True if the relation starts from this goal.")
    other: GoalRow = Field(description="The goal at the other end.")


GoalRow.model_rebuild()
