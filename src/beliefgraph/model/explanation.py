"""Why a belief stands where it stands: every piece of evidence with its share, and the path by which it reached it."""

from __future__ import annotations

from beliefgraph.model.belief import Belief, BeliefState
from beliefgraph.model.evidence import Bearing, Evidence
from beliefgraph.model.metric import MetricState
from beliefgraph.model.question import EvidenceIn
from beliefgraph.model.record import LogOdds, Probability, Record
from beliefgraph.model.relation import Strength


class Contribution(Record):
    """What one piece of evidence does to the belief explained.

    `contribution` is its Aumann-Shapley share of the change from prior to posterior, in log-odds; `without` is the
    confidence there would be had the evidence never been given, on this belief or any other. `log_likelihood_ratio` is
    its force as aged and heard. Where a metric speaks, `metric` says how it stands; `events` are the newest behind it.
    """

    evidence: Evidence
    source: str
    bearing: Bearing
    on: Belief
    log_likelihood_ratio: LogOdds
    contribution: LogOdds
    without: Probability
    metric: MetricState | None = None
    events: tuple[EvidenceIn, ...] = ()


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
    """The belief, where it started and is, and what moved it; the contributions sum to the move but for `residual`."""

    state: BeliefState
    prior_log_odds: LogOdds
    contributions: tuple[Contribution, ...]
    links: tuple[ExplanationLink, ...]
    residual: LogOdds
    sentence: str
