"""What became of a command or an event: where the twin is now, and what moved."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from beliefgraph.model.commit import BeliefChange
from beliefgraph.model.decision import DecisionChange
from beliefgraph.model.goal import GoalChange
from beliefgraph.model.metric import MetricChange
from beliefgraph.model.record import Record
from beliefgraph.model.time import Rev
from beliefgraph.model.vocabulary import vocabulary

Outcome = Annotated[
    Literal["accepted", "duplicate", "quarantined", "conflict"],
    vocabulary(
        "What happened to an event or a command.",
        {
            "accepted": "Taken in and committed.",
            "duplicate": "Known already; nothing was changed.",
            "quarantined": "Set aside with a reason; it can be replayed.",
            "conflict": "Refused: its id was used before for different content.",
        },
    ),
]


class Receipt(Record):
    """Result of a command or an event: where the twin is now, and what changed."""

    id: str = Field(description="Id of the command or event.")
    status: Outcome
    twin: str | None = Field(None, description="Name of the twin; null if none was found.")
    rev: Rev | None = Field(None, description="Rev of the twin after it; null if no twin was found.")
    beliefs: tuple[BeliefChange, ...] = Field((), description="Beliefs that changed.")
    goals: tuple[GoalChange, ...] = Field((), description="Goals that changed.")
    metrics: tuple[MetricChange, ...] = Field((), description="Metrics that changed.")
    decisions: tuple[DecisionChange, ...] = Field((), description="Decisions that changed.")
    code: str | None = Field(None, description="Code of the reason why it was not accepted; null if it was.")
    reason: str | None = Field(None, description="Why it was not accepted, in a sentence; null if it was.")
