"""The training data: statements of sources about answers, and questions of which at most one answer is true."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import expit

from beliefgraph.inference.arrays import Bools, Floats, Ints, frozen

UNKNOWN = -1
"""In `known`: the truth is not known. 1 is true, 0 is false."""

KEPT = -1
"""In `column`: the stated prior is kept."""

STATED = 4.0
"""Weight of the stated prior where a base rate is learned, in beliefs."""


def sums(at: Ints, weights: Floats, size: int) -> Floats:
    """Weights summed by index; shape [size]."""
    return np.bincount(at, weights, size).astype(np.float64, copy=False)


@dataclass(frozen=True)
class Answers:
    """All possible answers: a belief that is true or false, or one of several values.

    Per answer (shape [answers]): `question`, the number of its question, and `log_prior`, the natural log of its prior
    over the prior of no answer (for a belief that is true or false, its prior log-odds); `known` is 1, 0 or UNKNOWN.
    `column` numbers the answers that share a base rate (those of one attribute that is true or false), KEPT for the
    others; without it the stated priors are kept.
    """

    question: Ints
    log_prior: Floats
    known: Ints
    column: Ints | None = None

    @cached_property
    def questions(self) -> int:
        """The number of questions."""
        return int(self.question.max(initial=-1)) + 1

    @cached_property
    def anything_known(self) -> Bools:
        """For every answer, whether the truth of its question is known."""
        settled = np.zeros(self.questions, dtype=np.bool_)
        settled[self.question[self.known == 1]] = True
        open_ = np.zeros(self.questions, dtype=np.bool_)
        open_[self.question[self.known == UNKNOWN]] = True
        return frozen((settled | ~open_)[self.question])

    def posterior(self, log_likelihood: Floats) -> Floats:
        """The probability of every answer, given the sum of its log-likelihood ratios; shape [answers].

        If the truth of a question is known, it is used instead.
        """
        score = self.log_prior + log_likelihood
        top = np.zeros(self.questions)
        np.maximum.at(top, self.question, score)
        weight = np.exp(score - top[self.question])
        whole = sums(self.question, weight, self.questions) + np.exp(-top)
        free = weight / whole[self.question]
        return np.where(self.anything_known, self.known == 1, np.where(self.known == 0, 0.0, free))

    def base_rates(self, posterior: Floats) -> Floats:
        """The log-priors at the base rates that these probabilities imply; shape [answers].

        The base rate is the mean probability of a column, shrunk to the stated prior with the weight of `STATED`
        beliefs.
        """
        if self.column is None:
            return self.log_prior
        learned = self.column != KEPT
        columns = int(self.column.max(initial=KEPT)) + 1
        at = self.column[learned]
        seen = np.bincount(at, minlength=columns)
        stated = sums(at, expit(self.log_prior[learned]), columns) / np.maximum(seen, 1)
        share = (sums(at, posterior[learned], columns) + STATED * stated) / (seen + STATED)
        found = self.log_prior.copy()
        found[learned] = (np.log(share) - np.log1p(-share))[at]
        return found

    def without(self, posterior: Floats, answer: Ints, log_likelihood: Floats) -> Floats:
        """The probability of each row's answer without the row's own log-likelihood ratio; shape [rows]."""
        p = posterior[answer]
        odds = np.exp(np.minimum(-log_likelihood, 700.0))
        return np.where(self.anything_known[answer], p, p * odds / (p * odds + 1.0 - p))


@dataclass(frozen=True)
class Statements:
    """Statements of sources: one row per source and answer. The result does not depend on their order.

    `answer` is the answer it is about, `rate_pair` the pair of rates that weights it (of a source, or of a source and a
    value), `log_likelihood_ratio` λ its strength, positive for and negative against. −inf: the source named another
    answer of the question, which is used for its rates but is no statement about this answer. Rows of one `vote` on an
    answer have one origin and count as one: each has a `share` of it, in (0, 1]. `weight` is the number of statements a
    row counts for; below 1 if one statement belongs to several questions.
    """

    answer: Ints
    rate_pair: Ints
    log_likelihood_ratio: Floats
    vote: Ints | None = None
    share: Floats | None = None
    weight: Floats | None = None

    @cached_property
    def sorted(self) -> Statements:
        """The same rows in their canonical order."""
        order = np.lexsort((self.weights, self.shares, self.log_likelihood_ratio, self.rate_pair, self.answer))
        return self.part(order)

    def part(self, rows: Bools | Ints) -> Statements:
        """Some of the rows, or all in another order."""
        return Statements(
            frozen(self.answer[rows]),
            frozen(self.rate_pair[rows]),
            frozen(self.log_likelihood_ratio[rows]),
            frozen(self.votes[rows]),
            frozen(self.shares[rows]),
            frozen(self.weights[rows]),
        )

    @cached_property
    def direct(self) -> Bools:
        """The rows that are statements about their answer."""
        return frozen(np.isfinite(self.log_likelihood_ratio))

    @cached_property
    def votes(self) -> Ints:
        """The vote of every row; by default each row is one."""
        return frozen(np.arange(len(self.answer)) if self.vote is None else self.vote)

    @cached_property
    def shares(self) -> Floats:
        """The share of every row in its vote."""
        return frozen(np.ones(len(self.answer)) if self.share is None else self.share)

    @cached_property
    def weights(self) -> Floats:
        """The number of statements every row counts for."""
        return frozen(np.ones(len(self.answer)) if self.weight is None else self.weight)

    def of_vote(self, values: Floats) -> Floats:
        """For every row, the sum over its vote."""
        if self.vote is None:
            return values
        return np.asarray(sums(self.vote, values, int(self.vote.max(initial=-1)) + 1)[self.vote])

    def counting(self, answers: Answers) -> Floats:
        """The weight of every row for its rates: copies have full weight only if the truth is known."""
        return np.where(answers.anything_known[self.answer], self.weights, self.shares * self.weights)
