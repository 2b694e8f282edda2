"""Explanations of beliefs: the contribution of every piece of evidence, and the path by which it acts."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from beliefgraph.model.belief import Belief, BeliefState
from beliefgraph.model.change_point import ChangedDomain
from beliefgraph.model.evidence import Bearing, ByThePerson, Evidence
from beliefgraph.model.metric import MetricState
from beliefgraph.model.question import EvidenceIn
from beliefgraph.model.record import Key, LogOdds, Probability, Record
from beliefgraph.model.relation import Strength
from beliefgraph.model.segment import SegmentPrior
from beliefgraph.model.vocabulary import vocabulary

ContributionsBy = Annotated[
    Literal["evidence", "source"],
    vocabulary(
        "What the contributions of an explanation are merged by.",
        {
            "evidence": "One contribution for each piece of evidence, even if it bears on several beliefs.",
            "source": "One contribution for each source.",
        },
    ),
]


class ContributionPart(Record):
    """One bearing of a contribution."""

    bearing: Bearing = Field(description="How the evidence bears on the belief it is about.")
    on: Belief = Field(description="Belief that the evidence bears on directly.")
    said: Key | None = Field(
        None,
        description="Value that the evidence is about, if that is another one of the attribute: what it says of this "
        "one follows from the source's confusion matrix. Else null.",
    )
    log_likelihood_ratio: LogOdds = Field(
        description="Effective log-likelihood ratio: after ageing, changes, source reliability and shared origin.",
    )
    contribution: LogOdds = Field(description="Its share of the contribution, in log-odds.")
    kept: Probability = Field(
        1.0,
        description="Share of it that counts, in [0, 1]: the probability that its domain has not changed since; 1 "
        "where changes are not followed.",
    )


class Contribution(Record):
    """What one piece of evidence, or all evidence of one source, does to the belief explained."""

    evidence: Evidence = Field(description="The evidence; of several pieces, the one with the greatest share.")
    source: str = Field(description="Name of the source.")
    bearing: Bearing = Field(description="How the evidence bears on the belief it is about; the first of `parts`.")
    on: Belief = Field(description="Belief that the evidence bears on directly; that of the first of `parts`.")
    said: Key | None = Field(
        None,
        description="Value that the evidence is about, if that is another one of the attribute than `on`; that of the "
        "first of `parts`. Else null.",
    )
    log_likelihood_ratio: LogOdds = Field(
        description="Effective log-likelihood ratio of the first of `parts`: after ageing, source reliability and "
        "shared origin.",
    )
    contribution: LogOdds = Field(
        description="Share of the change from prior to posterior, in log-odds (Aumann-Shapley value).",
    )
    without: Probability = Field(
        description="Confidence the belief would have had the evidence never been given, in [0, 1].",
    )
    parts: tuple[ContributionPart, ...] = Field(
        (), description="Bearings of the evidence that reach the belief, greatest share first."
    )
    pieces: int = Field(1, description="Number of pieces of evidence that are merged: 1 unless merged by source.")
    metric: MetricState | None = Field(
        None,
        description="State of the metric, if the evidence is derived from one; else null.",
    )
    events: tuple[EvidenceIn, ...] = Field((), description="Newest events behind the metric.")
    contested: ByThePerson = False


class RestOfContributions(Record):
    """The contributions that are not listed."""

    count: int = Field(description="Number of contributions that are not listed.")
    pieces: int = Field(description="Number of pieces of evidence in them.")
    contribution: LogOdds = Field(description="Their sum, in log-odds.")


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
    """Where a belief started, where it is, and what moved it.

    The contributions listed, the rest and `residual` sum to the change.
    """

    state: BeliefState = Field(description="The belief.")
    prior_log_odds: LogOdds = Field(description="Log-odds before any evidence.")
    contributions: tuple[Contribution, ...] = Field(
        description="What each piece of evidence, or each source, contributed, greatest first.",
    )
    rest: RestOfContributions = Field(description="Sum of the contributions that are not listed.")
    total: int = Field(description="Number of contributions, listed or not.")
    has_next: bool = Field(description="True if contributions of at least `minShare` follow the last one listed.")
    end_cursor: str | None = Field(description="Cursor for `after`, to list those that follow; null if none is listed.")
    links: tuple[ExplanationLink, ...] = Field(description="Tree of the beliefs through which the evidence acts.")
    residual: LogOdds = Field(description="Change that the contributions do not account for, in log-odds.")
    sentence: str = Field(description="The explanation in a sentence.")
    segment: SegmentPrior | None = Field(
        None, description="The segment whose base rate is the prior; null where the prior is that of all twins."
    )
    changes: tuple[ChangedDomain, ...] = Field(
        (), description="Changes that make earlier evidence count less, in domains whose evidence moves the belief."
    )
