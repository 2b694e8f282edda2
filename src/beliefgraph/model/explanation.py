"""Explanations of beliefs: the contribution of every piece of evidence, and the path by which it acts."""

from __future__ import annotations

from pydantic import Field

from beliefgraph.model.belief import Belief, BeliefState
from beliefgraph.model.evidence import Bearing, Evidence
from beliefgraph.model.metric import MetricState
from beliefgraph.model.question import EvidenceIn
from beliefgraph.model.record import LogOdds, Probability, Record
from beliefgraph.model.relation import Strength


class Contribution(Record):
    """What one piece of evidence does to the belief explained."""

    evidence: Evidence = Field(description="The evidence.")
    source: str = Field(description="Name of the source.")
    bearing: Bearing = Field(description="How the evidence bears on the belief it is about.")
    on: Belief = Field(description="Belief that the evidence is about directly.")
    log_likelihood_ratio: LogOdds = Field(
        description="Effective log-likelihood ratio: after ageing, source reliability and shared origin.",
    )
    contribution: LogOdds = Field(
        description="Share of the change from prior to posterior, in log-odds (Aumann-Shapley value).",
    )
    without: Probability = Field(
        description="Confidence the belief would have had the evidence never been given, in [0, 1].",
    )
    metric: MetricState | None = Field(
        None,
        description="State of the metric, if the evidence is derived from one; else null.",
    )
    events: tuple[EvidenceIn, ...] = Field((), description="Newest events behind the metric.")


class ExplanationLink(Record):
    """One belief in the explanation tree, and how it is connected to its parent.

    A child without a relation is another value of its parent's attribute: the two exclude each other.
    """

    belief: Belief = Field(description="The proposition.")
    parent: str | None = Field(description="Id of the parent belief; null for the belief explained.")
    relation: Strength | None = Field(
        description="Relation to the parent; null for the root and between values of one attribute.",
    )
    reversed: bool = Field(description="True if the relation runs from the parent to this belief.")
    contribution: LogOdds = Field(description="Sum of the contributions that arrive through this belief, in log-odds.")


class Explanation(Record):
    """Where a belief started, where it is, and what moved it; the contributions and `residual` sum to the change."""

    state: BeliefState = Field(description="The belief as it stands.")
    prior_log_odds: LogOdds = Field(description="Log-odds before any evidence.")
    contributions: tuple[Contribution, ...] = Field(
        description="What each piece of evidence contributed, greatest first.",
    )
    links: tuple[ExplanationLink, ...] = Field(description="Tree of the beliefs through which the evidence acts.")
    residual: LogOdds = Field(description="Change that the contributions do not account for, in log-odds.")
    sentence: str = Field(description="The explanation in a sentence.")
