"""Goals: what a person or account pursues. A graph, not a list; a goal is an identity, what is said of it, revisions.

What was stated of a goal are `GoalStatement`s, kept whole and resolved when read; how goals hang together are
`GoalRelation`s; what follows from both, and from the beliefs that motivate them, is published as a `Pursuit`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from beliefgraph.model.belief import Belief, BeliefKey, Quality
from beliefgraph.model.evidence import Stance
from beliefgraph.model.record import Key, Probability, Record, Title
from beliefgraph.model.revision import Origin, Revision
from beliefgraph.model.time import Instant, Rev

GoalStatus = Literal["proposed", "active", "blocked", "achieved", "abandoned"]
"""Where a goal is in its life. An active goal that waits for another is blocked without anybody saying so."""

ENDED: frozenset[GoalStatus] = frozenset({"achieved", "abandoned"})
"""Statuses of goals that nobody pursues any more."""

GoalRelationKind = Literal["part_of", "depends_on", "competes_with", "motivates"]
"""How a goal hangs on another, or on a belief: `motivates` leads from a belief to a goal."""

GoalLinkKind = Literal["part_of", "depends_on", "competes_with"]
"""The relations between two goals."""

ReasonKind = Literal["own", "belief", "whole", "waiting"]
"""Why a goal matters: in itself, for a belief, for what it is part of, for what waits for it."""

GOAL_GRID = 0.01
"""Published motivations and importances are multiples of this, so that a change too small to matter is no revision."""

MAX_GOALS = 5_000
"""Goals of one twin; more are refused (`too-large`)."""

MAX_RELATED = 100
"""Goals that one statement names as wholes, as dependencies or as rivals."""

Weight = Annotated[float, Field(gt=0.0, le=1.0, allow_inf_nan=False)]
"""How much of the importance passes along a relation."""


class Stated(Record):
    """What can be stated of a goal; None leaves a field as it was. `progress` counts where the goal has no parts."""

    title: Title | None = None
    status: GoalStatus | None = None
    priority: Probability | None = None
    progress: Probability | None = None
    deadline: Instant | None = None


FIELDS: tuple[str, ...] = tuple(Stated.model_fields)
"""What can be stated of a goal."""


class Goal(Record):
    """Something that a twin may pursue. Immutable: an application's key, and nothing that changes."""

    id: str
    twin: str
    key: Key


class GoalStatement(Revision, Stated):
    """What one piece of evidence states of one goal, from its own moment on; fields that it does not name are None.

    Of several, the latest counts, field by field; what the person themselves states (`correction`) counts before all
    that others do.
    """

    evidence: str
    goal: str
    source: str
    stance: Stance


class GoalRelation(Revision):
    """A relation from a goal, or for `motivates` from a belief, to a goal while it holds; `source`, `target`: ids.

    A part is part_of its whole; a goal depends_on what must be achieved first; competes_with has no direction. Kept
    whole like statements: of several rows of one `key` that are valid, the latest counts. `speaker` is who said so.
    """

    kind: GoalRelationKind
    source: str
    target: str
    weight: Weight
    evidence: str
    speaker: str


class GoalStanding(Record):
    """How a goal stands: what is stated of it, and what follows; without a title it goes by its key.

    `importance` is how much it is expected to matter, `motivation` how much of that calls for work on it now. `quality`
    is that of the beliefs it was derived from; one without a confidence counts as its prior.
    """

    title: str
    status: GoalStatus
    priority: Probability | None
    progress: Probability
    deadline: Instant | None
    importance: Probability
    motivation: Probability
    quality: Quality


class Pursuit(GoalStanding, Revision):
    """What the twin published about a goal, from the rev that changed it to the rev that changed it again.

    `importance` and `motivation` are rounded to `GOAL_GRID`, derived at head time `valid_from`. `reason` says what
    changed it.
    """

    reason: str


class GoalState(GoalStanding):
    """A goal as it stands at one (valid time, rev): what a reader gets.

    `apart` is None of now; else what the answer supposes at the moment asked for, "" for nothing.
    """

    goal: Goal
    valid_time: Instant
    rev: Rev
    changed_at_rev: Rev | None = None
    reason: str | None = None
    apart: str | None = None


class GoalChange(Record):
    """One goal before and after a commit; None where it was not pursued."""

    goal: Goal
    before: Pursuit | None
    after: Pursuit | None


class GoalDifference(Record):
    """One goal at two moments, or as it is and as it would be, unrounded; None where nobody speaks of it there.

    `reason` says what moved it.
    """

    goal: Goal
    before: GoalStanding | None
    after: GoalStanding | None
    reason: str


class MotivationReason(Record):
    """One reason why a goal matters, with its share of the motivation; the shares of all reasons sum to it.

    `strength` is the probability that the goal matters for this reason: its own priority, a belief's confidence or the
    importance of another goal, times the weight of the relation. `silent` says why a reason does not count now.
    """

    kind: ReasonKind
    strength: Probability
    contribution: Probability
    goal: GoalState | None = None
    belief: Belief | None = None
    silent: str | None = None


class MotivationExplanation(Record):
    """How a motivation comes about: the reasons, and what then raises or lowers them.

    importance = share * pursued * (1 - product over reasons of (1 - strength)^(1 + urgency)); motivation is the part of
    it that is left to do, and 0 where the goal is blocked or ended. All unrounded.
    """

    state: GoalState
    reasons: tuple[MotivationReason, ...]
    pursued: Probability
    pursued_belief: BeliefKey | None
    urgency: Probability
    share: Probability
    left: Probability
    blocked_by: tuple[GoalState, ...]
    sentence: str


class GoalMotive(Record):
    """A belief that motivates a goal, with how sure it is."""

    id: str
    belief: Belief
    confidence: Probability
    weight: Weight


class GoalRow(Record):
    """A goal as it stands, with as much around it as was asked for; None where it was not asked for."""

    state: GoalState
    related: tuple[RelatedGoal, ...] | None = None
    motives: tuple[GoalMotive, ...] | None = None
    explanation: MotivationExplanation | None = None


class RelatedGoal(Record):
    """A relation of a goal, seen from it: `outgoing` if the goal is its source; `other` is at the far end."""

    id: str
    kind: GoalLinkKind
    weight: Weight
    origin: Origin
    outgoing: bool
    other: GoalRow


GoalRow.model_rebuild()
