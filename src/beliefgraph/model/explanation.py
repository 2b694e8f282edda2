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
        "How the contributions of an explanation are merged.",
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
        description="Value that the source stated, if it is not this value but another one of the same attribute: its "
        "effect on this value then follows from the source's confusion matrix. Otherwise null.",
    )
    log_likelihood_ratio: LogOdds = Field(
        description="Effective log-likelihood ratio: after ageing, changes, source reliability and shared origin.",
    )
    contribution: LogOdds = Field(description="Its share of the contribution, in log-odds.")
    kept: Probability = Field(
        1.0,
        description="Share of the evidence that still counts, in [0, 1]: the probability that its domain has not "
        "changed since; 1 if changes in the domain are not modelled.",
    )


class Contribution(Record):
    """What one piece of evidence, or all evidence of one source, contributes to the belief explained."""

    evidence: Evidence = Field(description="The evidence; of several pieces, the one with the greatest share.")
    source: str = Field(description="Name of the source.")
    bearing: Bearing = Field(description="How the evidence bears on the belief it is about; the first of `parts`.")
    on: Belief = Field(description="Belief that the evidence bears on directly; that of the first of `parts`.")
    said: Key | None = Field(
        None,
        description="Value that the source stated, of the first of `parts`, if it is not the value of `on` but another"
        " one of the same attribute; otherwise null.",
    )
    log_likelihood_ratio: LogOdds = Field(
        description="Effective log-likelihood ratio of the first of `parts`: after ageing, source reliability and "
        "shared origin.",
    )
    contribution: LogOdds = Field(
        description="Share of the change from prior to posterior, in log-odds (Aumann-Shapley value).",
    )
    without: Probability = Field(
        description="Confidence that the belief would have if the evidence had never been given, in [0, 1].",
    )
    parts: tuple[ContributionPart, ...] = Field(
        (), description="Bearings of the evidence that reach the belief, greatest share first."
    )
    pieces: int = Field(
        1,
        description="Number of pieces of evidence merged into this contribution: 1 unless contributions are merged by"
        " source.",
    )
    metric: MetricState | None = Field(
        None,
        description="State of the metric, if the evidence is derived from a metric; otherwise null.",
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
    """Why a belief has its confidence: its prior, and what each piece of evidence contributes.

    The contributions listed, the rest and `residual` sum to the change from the prior.
    """

    state: BeliefState = Field(description="The belief.")
    prior_log_odds: LogOdds = Field(description="Log-odds before any evidence.")
    contributions: tuple[Contribution, ...] = Field(
        description="What each piece of evidence, or each source, contributed, greatest first.",
    )
    rest: RestOfContributions = Field(description="Sum of the contributions that are not listed.")
    total: int = Field(description="Number of contributions, listed or not.")
    has_next: bool = Field(
        description="True if further contributions of at least `min_share` follow the last one listed."
    )
    end_cursor: str | None = Field(
        description="Cursor of the last contribution listed, to pass as `after`; null if none is listed."
    )
    links: tuple[ExplanationLink, ...] = Field(description="Tree of the beliefs through which the evidence acts.")
    residual: LogOdds = Field(description="Change that the contributions do not account for, in log-odds.")
    sentence: str = Field(description="The explanation in a sentence.")
    segment: SegmentPrior | None = Field(
        None, description="The segment whose base rate is the prior; null where the prior is that of all twins."
    )
    changes: tuple[ChangedDomain, ...] = Field(
        (), description="Changes because of which earlier evidence counts less, in domains whose evidence contributes."
    )
