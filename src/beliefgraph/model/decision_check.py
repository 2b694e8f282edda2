"""How options sit with all that is known of a person: point by point, with the evidence, and in one number."""

from __future__ import annotations

from typing import Literal

from beliefgraph.model.belief import ANYWHERE, BeliefKey, Quality
from beliefgraph.model.constraint import Conflict
from beliefgraph.model.decision import EvidenceBehind, Option, Options, refuse_twins
from beliefgraph.model.preference import Score
from beliefgraph.model.record import Key, LogOdds, Name, Probability, Record
from beliefgraph.model.time import Instant, Rev

PointKind = Literal["constraint", "value", "preference", "goal", "past_decision"]
"""What a point comes from."""

PointStance = Literal["for", "against", "forbids", "neutral"]
"""What a point says of the option."""


class CheckDecision(Record):
    """How do these options sit with what is known of the person, in a context? Nothing is stored."""

    twin: Key
    options: Options
    context: Key = ANYWHERE

    def model_post_init(self, _context: object) -> None:
        """Refuse two options of one key."""
        refuse_twins(self.options)


class Point(Record):
    """One thing that speaks for or against an option.

    `weight` in [-1, 1] is how much it speaks for it, or against it, and `log_odds` what it adds to those of the option
    being right, 0 where it forbids. `confidence` is how sure the belief is that it rests on, None where it rests on
    none. A past decision brings what was expected of it, and what came of it.
    """

    kind: PointKind
    stance: PointStance
    weight: Score
    log_odds: LogOdds
    confidence: Probability | None
    sentence: str
    belief: BeliefKey | None = None
    goal: Key | None = None
    decision: Key | None = None
    expected: Score | None = None
    actual: Score | None = None
    evidence: tuple[EvidenceBehind, ...] = ()


class Unknown(Record):
    """Something about an option that could not be checked, and why."""

    attribute: Name
    feature: Name
    reason: str


class OptionCheck(Record):
    """One option with all that speaks for and against it, the weightiest first.

    `allowed` is false where a hard constraint that is more likely than not forbids it; `violation` is the probability
    that it violates a hard constraint, at the least. `score` in [-1, 1] balances the points that may be traded.
    """

    option: Option
    allowed: bool
    violation: Probability
    score: Score
    points: tuple[Point, ...]
    unknown: tuple[Unknown, ...]


class DecisionCheck(Record):
    """The options, what is allowed first and the best first among these.

    `conflicts` are hard constraints, each more likely than not, that no option can meet together: all of them stand.
    `mean_surprise` is by how much the `judged` past decisions came out better than expected, on average; None where
    none was judged. `quality` is the least of the beliefs that points rest on.
    """

    context: Key
    options: tuple[OptionCheck, ...]
    conflicts: tuple[Conflict, ...]
    judged: int
    mean_surprise: float | None
    quality: Quality
    valid_time: Instant
    rev: Rev
