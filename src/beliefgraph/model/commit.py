"""A commit: one numbered change of a twin, its author, its cause, and what it changed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from beliefgraph.model.belief import Belief, Holding, Quality
from beliefgraph.model.decision import DecisionChange
from beliefgraph.model.further import FURTHER, ChangesInLayers
from beliefgraph.model.goal import GoalChange, GoalDifference
from beliefgraph.model.metric import MetricChange
from beliefgraph.model.record import Key, LogOdds, Record, TwinId
from beliefgraph.model.status import Status
from beliefgraph.model.time import Instant, Rev
from beliefgraph.model.vocabulary import vocabulary

Cause = Annotated[
    Literal[
        "observed",
        "asserted",
        "corrected",
        "retracted",
        "withdrawn",
        "related",
        "pursued",
        "decided",
        "identified",
        "permitted",
        "contested",
        "refreshed",
        "adopted",
        "reinterpreted",
    ],
    vocabulary(
        "What caused a commit.",
        {
            "observed": "An event was processed.",
            "asserted": "A speaker stated how sure they are of a belief.",
            "corrected": "A belief was corrected.",
            "retracted": "A belief or a relation was retracted.",
            "withdrawn": "Evidence was withdrawn.",
            "related": "Two beliefs were related.",
            "pursued": "A goal was set, related or motivated by a belief.",
            "decided": "A decision was recorded.",
            "identified": "An identifier was linked to the twin, or unlinked.",
            "permitted": "A permission was stated, or the use of the twin restricted.",
            "contested": "The person contested evidence, or stopped contesting it.",
            "refreshed": "Only time advanced (a refresh).",
            "adopted": "The twin adopted newer definitions.",
            "reinterpreted": "Stored events were reinterpreted under newer rules.",
        },
    ),
]


class Commit(Record):
    """One numbered change of a twin."""

    twin: TwinId
    rev: Rev = Field(description="Rev of the twin that this commit made.")
    at: Instant = Field(description="When the commit was stored; never runs backwards within a twin.")
    head_time: Instant = Field(
        description="The twin's current time after the commit: the greatest valid time it has seen.",
    )
    actor: Key = Field(description="Who made the commit.")
    purpose: Key = Field(description="Purpose of the call that made it.")
    cause: Cause
    definitions: int = Field(description="Number of the definition set it was derived under.")


class BeliefChange(Record):
    """One belief before and after a commit."""

    belief: Belief = Field(description="The proposition.")
    before: Holding | None = Field(description="What was published before; null if nothing was published.")
    after: Holding | None = Field(
        description=(
            "What is published now; null if the belief is no longer published, because it is back at its prior and has "
            "no evidence."
        ),
    )


class Change(Record):
    """One commit of a twin with everything it changed."""

    commit: Commit = Field(description="The commit.")
    beliefs: tuple[BeliefChange, ...] = Field(description="Beliefs that changed.")
    goals: tuple[GoalChange, ...] = Field((), description="Goals that changed.")
    metrics: tuple[MetricChange, ...] = Field((), description="Metrics that changed.")
    decisions: tuple[DecisionChange, ...] = Field((), description="Decisions that changed.")
    layers: ChangesInLayers = FURTHER


class Comparison(Record):
    """What differs between two moments of a twin, or between a twin and a hypothetical one."""

    beliefs: tuple[BeliefDifference, ...] = Field(description="Beliefs that differ, greatest change first.")
    goals: tuple[GoalDifference, ...] = Field(description="Goals that differ.")


class BeliefDifference(Record):
    """One belief at two moments, unrounded."""

    belief: Belief = Field(description="The proposition.")
    before: LogOdds | None = Field(description="Log-odds at the first moment; null if unavailable.")
    after: LogOdds | None = Field(description="Log-odds at the second moment; null if unavailable.")
    before_status: Status | None = Field(description="Status at the first moment; null if it was unknown then.")
    after_status: Status | None = Field(description="Status at the second moment; null if it is unknown then.")
    quality: Quality
