"""A confusion matrix for every source of an attribute with exclusive values, by expectation maximisation.

Dawid and Skene's model: if value k holds, a source reports value v with probability π_kv. Each row of a source's matrix
has a Dirichlet prior, centred on the row that its true-positive and false-positive rates imply (a_k on the diagonal,
b_v elsewhere, normalised), with the weight of α statements: π_k = (α·m_k + n_k) / (α + Σn_k). A source with few
statements keeps its two rates; one with many gets its own matrix. If none of the values holds, it reports v with b_v.

α is the largest of a few values whose leave-one-out predictions are within one standard error of the best. A statement
may be soft: with log-likelihood ratio λ it is for v with odds e^λ to 1 against each other value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from beliefgraph.inference.arrays import Bools, Floats, Ints
from beliefgraph.inference.reliability.statements import UNKNOWN, Answers, Statements, sums
from beliefgraph.inference.stop import check_stopped

STRENGTHS = (256.0, 64.0, 16.0, 4.0)
"""Weights of the prior of a row, in statements, largest first."""

TURNS = 50

STILL = 1e-5
"""Convergence: the largest change of a probability between iterations."""

LEAST = 1e-6
"""The least probability of a statement."""


@dataclass(frozen=True)
class Rates:
    """The true-positive and false-positive rate of every source for every value, undiscounted; shape [sources,
    values]."""

    says_if_holds: Floats
    says_if_not: Floats

    @property
    def stated(self) -> Floats:
        """The rates as matrices, shape [sources, values that hold, values reported]; rows need not sum to 1."""
        values = self.says_if_not.shape[1]
        found = np.repeat(self.says_if_not[:, None, :], values, axis=1)
        diagonal = np.arange(values)
        found[:, diagonal, diagonal] = self.says_if_holds
        return found

    @cached_property
    def rows(self) -> Floats:
        """The same matrices with rows normalised to 1."""
        return normalised(self.stated)


def normalised(matrices: Floats) -> Floats:
    """The matrices with rows that sum to 1 and no entry of 0."""
    found = np.clip(matrices, LEAST, None)
    return np.asarray(found / found.sum(axis=2, keepdims=True))


@dataclass(frozen=True)
class Claims:
    """Which source reported which value of which question: columns, one row per statement.

    Every question has the same values in the same order: the answers of question q are numbered from q·`values` on.
    `ratio` is the log-likelihood ratio of the statement.
    """

    values: int
    question: Ints
    source: Ints
    value: Ints
    ratio: Floats
    vote: Ints
    share: Floats
    weight: Floats

    @classmethod
    def of(cls, answers: Answers, statements: Statements, source: Ints, value: Ints, values: int) -> Claims:
        """The claims in some statements, given the source and the value of every pair of rates."""
        rows = np.flatnonzero(statements.direct)
        rate_pair = statements.rate_pair[rows]
        question = answers.question[statements.answer[rows]]
        _, vote = np.unique(statements.votes[rows], return_inverse=True)
        return cls(
            values, question, source[rate_pair], value[rate_pair], statements.log_likelihood_ratio[rows],
            vote, statements.shares[rows],
            statements.weights[rows],
        )  # fmt: skip

    def part(self, rows: Bools) -> Claims:
        """The claims in some of the rows."""
        _, vote = np.unique(self.vote[rows], return_inverse=True)
        return Claims(
            self.values, self.question[rows], self.source[rows], self.value[rows], self.ratio[rows], vote,
            self.share[rows], self.weight[rows],
        )  # fmt: skip

    def likelihood(self, matrices: Floats) -> Floats:
        """P(statement | value that holds), up to one factor for each statement; shape [claims, values]."""
        says = matrices[self.source, :, self.value]
        return np.asarray(says * np.expm1(np.minimum(self.ratio, 500.0))[:, None] + 1.0)

    def log_likelihoods(self, matrices: Floats, if_not: Floats, discount: float) -> Floats:
        """The log-likelihood ratio of every value against none of them; shape [claims, values]."""
        none = if_not[self.source, self.value] * np.expm1(np.minimum(self.ratio, 500.0)) + 1.0
        ratio = (
            np.log(np.maximum(self.likelihood(matrices), np.finfo(np.float64).tiny))
            - np.log(np.maximum(none, np.finfo(np.float64).tiny))[:, None]
        )
        return np.asarray(discount * self.share[:, None] * ratio)

    def total(self, log_likelihoods: Floats, questions: int) -> Floats:
        """The log-likelihood ratios summed by answer; shape [answers]."""
        answer = self.question[:, None] * self.values + np.arange(self.values)
        return sums(answer.ravel(), log_likelihoods.ravel(), questions * self.values)

    def without_own(self, answers: Answers, total: Floats, log_likelihoods: Floats) -> Floats:
        """The probability of every value given the other votes, or the truth; shape [claims, values]."""
        votes = int(self.vote.max(initial=-1)) + 1
        column = np.arange(self.values)
        at = (self.vote[:, None] * self.values + column).ravel()
        own = sums(at, log_likelihoods.ravel(), votes * self.values).reshape(votes, self.values)[self.vote]
        answer = self.question[:, None] * self.values + column
        score = (answers.log_prior + total)[answer] - own
        score = np.where(answers.known[answer] == 0, -np.inf, score)
        score = np.where(answers.anything_known[answer], np.where(answers.known[answer] == 1, 0.0, -np.inf), score)
        none = np.where(answers.anything_known[answer[:, :1]] & (answers.known[answer] == 1).any(axis=1)[:, None], 0, 1)
        top = np.maximum(score.max(axis=1, keepdims=True), 0.0)
        weight = np.exp(score - top)
        return np.asarray(weight / (weight.sum(axis=1, keepdims=True) + none * np.exp(-top)))


@dataclass(frozen=True)
class Confusions:
    """The matrix of every source, shape [sources, values that hold, values reported], and the weight of the prior."""

    matrices: Floats
    counts: Floats
    strength: float


def learn_confusions(
    answers: Answers, claims: Claims, rates: Rates, discount: float, strengths: Sequence[float] = STRENGTHS
) -> Confusions:
    """The confusion matrix of every source, shrunk to its two rates with the best of some weights."""
    fits = [_fit(answers, claims, rates, discount, strength) for strength in strengths]
    if len(fits) == 1 or not len(claims.question):
        return fits[0]
    predicted = [_predicted(answers, claims, rates, discount, found) for found in fits]
    most = max(predicted, key=lambda each: float(each.sum()))
    worse = [most - each for each in predicted]
    as_good = [float(each.sum()) <= float(each.std()) * np.sqrt(len(each)) for each in worse]
    return fits[as_good.index(True)]


def _fit(answers: Answers, claims: Claims, rates: Rates, discount: float, strength: float) -> Confusions:
    """Expectation maximisation, starting from the two rates."""
    centre = rates.rows
    matrices, counts = centre, np.zeros_like(centre)
    posterior = np.zeros(len(answers.question))
    for _ in range(TURNS):
        check_stopped()
        last = posterior
        total = claims.total(claims.log_likelihoods(matrices, rates.says_if_not, discount), answers.questions)
        posterior = answers.posterior(total)
        counts = _counts(claims, matrices, posterior)
        matrices = (strength * centre + counts) / (strength + counts.sum(axis=2, keepdims=True))
        if np.abs(posterior - last).max(initial=0.0) < STILL:
            break
    return Confusions(matrices, counts, strength)


def _counts(claims: Claims, matrices: Floats, posterior: Floats) -> Floats:
    """Expected number of times each source reported each value, by the value that holds."""
    sources, values = matrices.shape[:2]
    column = np.arange(values)
    holds = posterior[claims.question[:, None] * values + column] * (claims.share * claims.weight)[:, None]
    named, rest = _split(claims, matrices, holds)
    at = (claims.source[:, None] * values + column) * values
    found = sums((at + claims.value[:, None]).ravel(), named.ravel(), sources * values * values)
    others = np.repeat(rest[:, :, None], values, axis=2) if (rest > 0).any() else None
    if others is not None:
        says = matrices[claims.source].copy()
        says[np.arange(len(claims.value)), :, claims.value] = 0.0
        share = says / np.maximum(says.sum(axis=2, keepdims=True), LEAST)
        found = found + sums((at[:, :, None] + column).ravel(), (others * share).ravel(), sources * values * values)
    return found.reshape(sources, values, values)


def _split(claims: Claims, matrices: Floats, holds: Floats) -> tuple[Floats, Floats]:
    """The expected shares of each statement for its own and for another value, by the value that holds."""
    says = matrices[claims.source, :, claims.value]
    up = np.exp(np.clip(claims.ratio, -500.0, 500.0))[:, None] * says
    named = holds * up / (up + 1.0 - says)
    return named, holds - named


def _predicted(answers: Answers, claims: Claims, rates: Rates, discount: float, found: Confusions) -> Floats:
    """Leave-one-out ln P of each statement, its own share of the counts removed; shape [claims]."""
    log_likelihoods = claims.log_likelihoods(found.matrices, rates.says_if_not, discount)
    holds = claims.without_own(answers, claims.total(log_likelihoods, answers.questions), log_likelihoods)
    posterior = answers.posterior(claims.total(log_likelihoods, answers.questions))
    column = np.arange(claims.values)
    own = posterior[claims.question[:, None] * claims.values + column] * (claims.share * claims.weight)[:, None]
    named, _ = _split(claims, found.matrices, own)
    whole = found.strength + found.counts.sum(axis=2)[claims.source]
    prior = found.strength * rates.rows[claims.source, :, claims.value]
    says = (prior + found.counts[claims.source, :, claims.value] - named) / (whole - own)
    return _log(claims, holds, np.clip(says, LEAST, 1.0), rates)


def predicted_values(
    answers: Answers, claims: Claims, rates: Rates, discount: float, before: Floats, found: Floats
) -> tuple[Floats, Floats]:
    """ln P of each statement under the matrices `before` and under those `found`; each of shape [claims].

    The value that holds is known, or inferred from the other votes with the matrices found.
    """
    log_likelihoods = claims.log_likelihoods(found, rates.says_if_not, discount)
    holds = claims.without_own(answers, claims.total(log_likelihoods, answers.questions), log_likelihoods)
    one, other = (
        _log(claims, holds, np.clip(each[claims.source, :, claims.value], LEAST, 1.0), rates)
        for each in (before, found)
    )
    return one, other


def predicted_truth(answers: Answers, claims: Claims, rates: Rates, discount: float, matrices: Floats) -> Floats:
    """ln P of the known truth of each question, given all statements weighted by the matrices; shape [questions]."""
    total = claims.total(claims.log_likelihoods(matrices, rates.says_if_not, discount), answers.questions)
    free = replace(answers, known=np.full(len(answers.known), UNKNOWN)).posterior(total)
    right = np.where(answers.known == 1, free, np.where(answers.known == 0, 1.0 - free, 1.0))
    return sums(answers.question, np.log(np.maximum(right, np.finfo(np.float64).tiny)), answers.questions)


def _log(claims: Claims, holds: Floats, says: Floats, rates: Rates) -> Floats:
    """ln P of each statement, given the probability of every value and that of its reported value under each."""
    up = np.expm1(np.minimum(claims.ratio, 500.0))
    none = np.clip(rates.says_if_not[claims.source, claims.value], LEAST, 1.0)
    rest = np.maximum(1.0 - holds.sum(axis=1), 0.0)
    whole = (holds * (says * up[:, None] + 1.0)).sum(axis=1) + rest * (none * up + 1.0)
    return np.asarray(
        claims.weight * (np.log(whole) - np.log(np.exp(np.minimum(claims.ratio, 500.0)) + claims.values - 1))
    )
