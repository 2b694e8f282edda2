"""Why a belief stands where it stands: every piece of evidence with its share, and the path by which it reached it."""

from __future__ import annotations

from typing import Literal

from beliefgraph.model.belief import Belief, BeliefState
from beliefgraph.model.evidence import Bearing, Evidence
from beliefgraph.model.metric import MetricState
from beliefgraph.model.question import EvidenceIn
from beliefgraph.model.record import LogOdds, Probability, Record
from beliefgraph.model.relation import Strength

ContributionsBy = Literal["evidence", "source"]
"""What contributions are merged by: each piece of evidence by itself, or all that one source says."""


class ContributionPart(Record):
    """One bearing of a contribution: on which belief it speaks, with what force, and its share in log-odds.

    `log_likelihood_ratio` is its force as aged and heard.
    """

    bearing: Bearing
    on: Belief
    log_likelihood_ratio: LogOdds
    contribution: LogOdds


class Contribution(Record):
    """What one piece of evidence, or one source, does to the belief explained.

    `contribution` is its Aumann-Shapley share of the change from prior to posterior, in log-odds; `without` is the
    confidence there would be had the evidence never been given, on this belief or any other. `parts` are its bearings,
    the weightiest first; `bearing`, `on` and `log_likelihood_ratio` are those of the first. `pieces` is how many pieces
    of evidence are merged; where it is more than one, `evidence` is the weightiest of them, and `parts` are its own.
    Where a metric speaks, `metric` says how it stands; `events` are the newest behind it.
    """

    evidence: Evidence
    source: str
    bearing: Bearing
    on: Belief
    log_likelihood_ratio: LogOdds
    contribution: LogOdds
    without: Probability
    parts: tuple[ContributionPart, ...] = ()
    pieces: int = 1
    metric: MetricState | None = None
    events: tuple[EvidenceIn, ...] = ()


class RestOfContributions(Record):
    """The contributions that are not listed: their number, their pieces of evidence, and their sum in log-odds."""

    count: int
    pieces: int
    contribution: LogOdds


class ExplanationLink(Record):
    """One belief of the tree: how it hangs on its parent, and the signed sum of what arrives through it.

    The root is the belief explained and has no parent; `reversed` says that a relation runs from the parent. A child
    without a relation is another value of its parent's attribute: they exclude each other. The root's `contribution` is
    the sum of all; a child's, of its branch.
    """

    belief: Belief
    parent: str | None
    relation: Strength | None
    reversed: bool
    contribution: LogOdds


class Explanation(Record):
    """The belief, where it started and is, and what moved it.

    The contributions listed and the rest sum to the move but for `residual`. `total` is how many contributions there
    are; `end_cursor` leads to those that follow the last one listed.
    """

    state: BeliefState
    prior_log_odds: LogOdds
    contributions: tuple[Contribution, ...]
    rest: RestOfContributions
    total: int
    has_next: bool
    end_cursor: str | None
    links: tuple[ExplanationLink, ...]
    residual: LogOdds
    sentence: str
