"""Captions for Neo4j Browser: the newest published value of a node in words, and the strength of evidence."""

from __future__ import annotations

from beliefgraph.model.belief import Holding, probability
from beliefgraph.model.decision import Deliberation
from beliefgraph.model.evidence import Bearing
from beliefgraph.model.goal import Pursuit
from beliefgraph.model.metric import Reading


def displayed_confidence(holding: Holding) -> float | None:
    """The confidence of a belief, rounded for display; None if it is unavailable."""
    return None if holding.log_odds is None else round(probability(holding.log_odds), 3)


def belief_caption(holding: Holding, statement: str) -> str:
    """The statement of a belief with its confidence."""
    confidence = displayed_confidence(holding)
    shown = "?" if confidence is None else f"{confidence:.0%}"
    return f"{statement} · {shown}" if statement else shown


def bearing_caption(bearing: Bearing) -> str:
    """The log-likelihood ratio of evidence with its sign, rounded to hundredths."""
    return f"{round(bearing.log_likelihood_ratio, 2):+g}"


def goal_caption(pursuit: Pursuit) -> str:
    """The title of a goal with its motivation."""
    return f"{pursuit.title} · {pursuit.motivation:.0%}"


def reading_caption(reading: Reading) -> str:
    """The value of a metric, to be shown after its statement."""
    value = "?" if reading.value is None else f"{reading.value:g}"
    return value if reading.label is None else f"{reading.label} ({value})"


def decision_caption(deliberation: Deliberation) -> str:
    """The title of a decision with the chosen option, or its status."""
    return f"{deliberation.title} · {deliberation.chosen or deliberation.status}"
