"""What can be asked of decisions."""

from __future__ import annotations

import strawberry

from beliefgraph.graphql.decision_types import Decision, DecisionConnection, DeliberationConnection
from beliefgraph.graphql.roots import question
from beliefgraph.graphql.scalars import ENUMS
from beliefgraph.model.decision import DecisionStatus


@strawberry.type
class DecisionQueries:
    """The questions about decisions."""

    decision = question(
        Decision,
        "One decision; `unknown-decision` if nobody told of it.",
        lambda verbs: verbs.decisions.decision,
        key=str,
    )
    decisions = question(
        DecisionConnection,
        "The decisions, of all statuses or of those named; the one first told of last first.",
        lambda verbs: verbs.decisions.decisions,
        matching={"status": list[ENUMS[DecisionStatus]]},  # type: ignore[valid-type]
        paged=True,
    )
    decision_history = question(
        DeliberationConnection,
        "What was published about a decision, the newest first.",
        lambda verbs: verbs.decisions.history,
        key=str,
        paged=True,
    )
