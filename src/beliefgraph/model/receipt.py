"""What became of a command or an event: where the twin is now, and what moved."""

from __future__ import annotations

from typing import Literal

from beliefgraph.model.commit import BeliefChange
from beliefgraph.model.decision import DecisionChange
from beliefgraph.model.goal import GoalChange
from beliefgraph.model.metric import MetricChange
from beliefgraph.model.record import Record
from beliefgraph.model.time import Rev

Outcome = Literal["accepted", "duplicate", "quarantined", "conflict"]


class Receipt(Record):
    """The answer to whoever sent something: accepted, already known, set aside with a reason, or refused.

    `rev` is the twin's rev after it; None where no twin was found. `code` and `reason` say why it was not accepted.
    """

    id: str
    status: Outcome
    twin: str | None = None
    rev: Rev | None = None
    beliefs: tuple[BeliefChange, ...] = ()
    goals: tuple[GoalChange, ...] = ()
    metrics: tuple[MetricChange, ...] = ()
    decisions: tuple[DecisionChange, ...] = ()
    code: str | None = None
    reason: str | None = None
