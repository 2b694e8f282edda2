"""The expected information gain of questions, exact from the engine.

A question is about one belief b, and each answer is more or less likely if b holds. For a target t, with h the entropy
of a binary belief in bits,

    gain(t) = h(P(t)) − Σ_answers P(answer) · h(P(t | answer)),

and the gain of a question is the sum over the targets: the expected reduction of their log loss. For every answer P(t |
answer) is linear in P(b | answer), so one run of the model per question, with other evidence on b, gives it for all
answers and targets.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from beliefgraph.errors import Incorrect
from beliefgraph.inference.arrays import Floats, Ints
from beliefgraph.inference.evidence import LOG_LIKELIHOOD_BOUND
from beliefgraph.inference.kernels.gains import LEAST, gain
from beliefgraph.inference.model import Model
from beliefgraph.inference.session import Session
from beliefgraph.model.belief import probability

PAST = 2.0
"""The other evidence on b moves its log-odds to the other side of even, and this much further: the line is then
determined by two distant points."""

UNFELT = 1e-5
"""Targets whose probability changes by less than this with b are left out: their gain is of the order of the square."""


@dataclass(frozen=True, eq=False)
class Question:
    """A question about one belief.

    The probability of each answer if it does not hold and if it does, shape [answers, 2], columns that sum to 1; and
    its cost.
    """

    belief: int
    likelihood: Floats
    cost: float = 1.0

    def __post_init__(self) -> None:
        shown = self.likelihood
        if shown.ndim != 2 or shown.shape[1] != 2 or len(shown) < 2:
            raise Incorrect("invalid-input", "A question has at least two answers, each with its likelihoods.")
        if not ((shown > 0).all() and np.allclose(shown.sum(axis=0), 1.0)):
            raise Incorrect("invalid-input", "The answers' likelihoods are positive, and sum to 1 each way.")
        if not self.cost > 0:
            raise Incorrect("invalid-input", "A question has a positive cost.", cost=self.cost)

    def about(self, belief: int) -> Question:
        """The same question about another belief."""
        other = copy(self)
        object.__setattr__(other, "belief", belief)
        return other

    @property
    def ratios(self) -> Floats:
        """The log-likelihood ratio of each answer as evidence."""
        return np.asarray(np.log(self.likelihood[:, 1] / self.likelihood[:, 0]))


def yes_or_no(belief: int, yes: float, no: float, cost: float = 1.0) -> Question:
    """A question with two answers that are evidence of these log-likelihood ratios, one positive and one negative."""
    if not (yes > 0 > no):
        raise Incorrect("invalid-input", "Yes is evidence for the belief and no is evidence against it.")
    without = -np.expm1(no) / (np.exp(yes) - np.exp(no))
    shown = np.array([[without, without * np.exp(yes)], [1 - without, (1 - without) * np.exp(no)]])
    return Question(belief, shown, cost)


def gains(model: Model, evidence: Floats, questions: Sequence[Question], targets: Ints | None = None) -> Floats:
    """The expected gain of each question in bits about the targets (default: all beliefs with an answer).

    `evidence` is that so far, shape [n]. Exact if the model is; in an approximated part the gain is that of the
    approximation.
    """
    return gains_of(model.session(evidence), evidence, questions, _targets(model, targets))


def gains_of(session: Session, evidence: Floats, questions: Sequence[Question], targets: Ints) -> Floats:
    """The same in a session with this evidence, which is restored on return."""
    now = session.log_odds()
    own, p = expit(now[targets]), expit(now[[question.belief for question in questions]])
    found = np.zeros(len(questions))
    for at, question in enumerate(questions):
        b, before = question.belief, float(p[at])
        stated, here = float(evidence[b]), float(now[b])
        elsewhere = stated - here - math.copysign(PAST, here)
        session.set_evidence(b, min(max(elsewhere, -LOG_LIKELIHOOD_BOUND), LOG_LIKELIHOOD_BOUND))
        other = session.log_odds()
        session.set_evidence(b, stated)
        span = probability(float(other[b])) - before
        if span != 0.0:  # otherwise it is so certain that no evidence moves it
            given = question.likelihood[:, 0] * (1.0 - before) + question.likelihood[:, 1] * before
            moved = question.likelihood[:, 1] * before / given - before
            found[at] = gain(now, other, own, targets, span, UNFELT, given, moved)
    return np.maximum(found, 0.0)


def ask_next(
    model: Model, evidence: Floats, questions: Sequence[Question], first: int, targets: Ints | None = None
) -> list[tuple[int, float]]:
    """The questions with the greatest gain per cost, each with its expected gain in bits; at most `first`."""
    if first < 1:
        raise Incorrect("invalid-input", "At least one question is asked for.", first=first)
    found = gains(model, evidence, questions, targets)
    worth = found / np.array([question.cost for question in questions])
    return [(int(at), float(found[at])) for at in np.argsort(-worth, kind="stable")[:first]]


def bits(p: Floats) -> Floats:
    """The entropy of a binary belief with this probability, in bits."""
    within = np.clip(p, LEAST, 1 - LEAST)
    return np.asarray(-(within * np.log2(within) + (1 - within) * np.log2(1 - within)))


@dataclass(frozen=True)
class Coverage:
    """The entropy of some beliefs in bits, under the priors and under the evidence."""

    asked: float
    open: float

    @property
    def known(self) -> float:
        """The share that is known; negative if the evidence made the beliefs less certain than the priors."""
        return 1.0 - self.open / self.asked if self.asked > 0 else 1.0


def coverage(prior_log_odds: Floats, log_odds: Floats, domains: Sequence[str]) -> dict[str, Coverage]:
    """The coverage of the beliefs of each domain; `domains` has one name per belief."""
    if not len(prior_log_odds) == len(log_odds) == len(domains):
        raise Incorrect("invalid-input", "Each belief has a prior, a posterior and a domain.")
    names = np.asarray(domains)
    asked, left = bits(expit(prior_log_odds)), bits(expit(log_odds))
    return {
        str(name): Coverage(float(asked[names == name].sum()), float(left[names == name].sum()))
        for name in np.unique(names)
    }


def _targets(model: Model, targets: Ints | None) -> Ints:
    found = np.flatnonzero(model.available) if targets is None else targets
    if not len(found) or (found < 0).any() or (found >= len(model.priors)).any() or not model.available[found].all():
        raise Incorrect("invalid-input", "There is at least one target, and each is a belief with an answer.")
    return found
