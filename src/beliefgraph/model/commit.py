"""A commit: one numbered change of a twin, who made it, why, and what it moved."""

from __future__ import annotations

from typing import Literal

from beliefgraph.model.belief import Belief, Holding, Quality
from beliefgraph.model.decision import DecisionChange
from beliefgraph.model.goal import GoalChange, GoalDifference
from beliefgraph.model.metric import MetricChange
from beliefgraph.model.record import Key, LogOdds, Record
from beliefgraph.model.status import Status
from beliefgraph.model.time import Instant, Rev

Cause = Literal[
    "observed",
    "asserted",
    "corrected",
    "retracted",
    "withdrawn",
    "related",
    "pursued",
    "decided",
    "identified",
    "refreshed",
    "adopted",
]


class Commit(Record):
    """One commit of a twin: `at` never runs backwards; `definitions` is the numbered set it was derived under."""

    twin: str
    rev: Rev
    at: Instant
    head_time: Instant
    actor: Key
    purpose: Key
    cause: Cause
    definitions: int


class BeliefChange(Record):
    """One belief before and after a commit; `before` is None where it was not held."""

    belief: Belief
    before: Holding | None
    after: Holding


class Change(Record):
    """The numbered notice that revisions were stored: a commit, and all that it moved."""

    commit: Commit
    beliefs: tuple[BeliefChange, ...]
    goals: tuple[GoalChange, ...] = ()
    metrics: tuple[MetricChange, ...] = ()
    decisions: tuple[DecisionChange, ...] = ()


class Comparison(Record):
    """What differs between two moments of a twin, or between a twin and a hypothetical one; the biggest move first."""

    beliefs: tuple[BeliefDifference, ...]
    goals: tuple[GoalDifference, ...]


class BeliefDifference(Record):
    """One belief at two moments: what `compare` answers, unrounded."""

    belief: Belief
    before: LogOdds | None
    after: LogOdds | None
    before_status: Status | None
    after_status: Status | None
    quality: Quality
