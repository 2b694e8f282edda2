"""What is learned from: statements of sources about answers, and questions of which one answer at most is right."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import expit

from beliefgraph.inference.arrays import Bools, Floats, Ints, frozen

UNKNOWN = -1
"""In the column of what is known of an answer: nothing. 1 is right, 0 is wrong."""

KEPT = -1
"""In the column of base rates: the stated prior is kept."""

STATED = 4.0
"""Beliefs that a stated prior is worth where a base rate is learned."""


def sums(at: Ints, weights: Floats, size: int) -> Floats:
    """The weights summed by what they are at; shape [size]."""
    return np.bincount(at, weights, size).astype(np.float64, copy=False)


@dataclass(frozen=True)
class Answers:
    """Everything that can be right: a belief that holds or does not, or one of several values.

    Per answer (shape [answers]): `question`, the number of the question it answers, and `log_prior`, natural log of its
    prior over the prior of none of its question's answers (for a belief that holds or does not, its prior log-odds);
    `known` is 1, 0 or UNKNOWN. `column` numbers what has one base rate, beliefs that hold or do not about one
    attribute, KEPT for others; without it, the stated priors are kept.
    """

    question: Ints
    log_prior: Floats
    known: Ints
    column: Ints | None = None

    @cached_property
    def questions(self) -> int:
        """How many questions there are."""
        return int(self.question.max(initial=-1)) + 1

    @cached_property
    def anything_known(self) -> Bools:
        """Of every answer, whether what is known settles its question."""
        settled = np.zeros(self.questions, dtype=np.bool_)
        settled[self.question[self.known == 1]] = True
        open_ = np.zeros(self.questions, dtype=np.bool_)
        open_[self.question[self.known == UNKNOWN]] = True
        return frozen((settled | ~open_)[self.question])

    def posterior(self, log_likelihood: Floats) -> Floats:
        """The probability of every answer, given the log-likelihood ratio of what was said for it; shape [answers].

        What is known of a question settles it.
        """
        score = self.log_prior + log_likelihood
        top = np.zeros(self.questions)
        np.maximum.at(top, self.question, score)
        weight = np.exp(score - top[self.question])
        whole = sums(self.question, weight, self.questions) + np.exp(-top)
        free = weight / whole[self.question]
        return np.where(self.anything_known, self.known == 1, np.where(self.known == 0, 0.0, free))

    def base_rates(self, posterior: Floats) -> Floats:
        """What the log-priors become at the base rates that these probabilities come to; shape [answers].

        The mean probability of a column, shrunk to its stated prior as if that were `STATED` more beliefs.
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
        """The probability of each row's answer, had its own log-likelihood ratio not been there; shape [rows]."""
        p = posterior[answer]
        odds = np.exp(np.minimum(-log_likelihood, 700.0))
        return np.where(self.anything_known[answer], p, p * odds / (p * odds + 1.0 - p))


@dataclass(frozen=True)
class Statements:
    """What sources said: one row for a source and an answer, in any order, which changes no bit of what is learned.

    `answer` is what it is about, `coin` the pair of coins that spoke (a source, or a source as it speaks about one
    value), `log_likelihood_ratio` λ what was heard, above 0 for and below 0 against. −inf: the source named another
    answer of the question, which tells of its coins and is no word on this one.

    Statements of one `vote` on an answer have one origin and count as one: each has a `share` of it, in (0, 1].
    `weight` is how many statements a row counts for; less than 1 where one statement stands in several questions.
    """

    answer: Ints
    coin: Ints
    log_likelihood_ratio: Floats
    vote: Ints | None = None
    share: Floats | None = None
    weight: Floats | None = None

    @cached_property
    def sorted(self) -> Statements:
        """The same rows in their canonical order."""
        order = np.lexsort((self.weights, self.shares, self.log_likelihood_ratio, self.coin, self.answer))
        return self.part(order)

    def part(self, rows: Bools | Ints) -> Statements:
        """Some of the rows, or all in another order."""
        return Statements(
            frozen(self.answer[rows]),
            frozen(self.coin[rows]),
            frozen(self.log_likelihood_ratio[rows]),
            frozen(self.votes[rows]),
            frozen(self.shares[rows]),
            frozen(self.weights[rows]),
        )

    @cached_property
    def spoken(self) -> Bools:
        """The rows that are words on their answer."""
        return frozen(np.isfinite(self.log_likelihood_ratio))

    @cached_property
    def votes(self) -> Ints:
        """The vote of every row; without votes, each row is one."""
        return frozen(np.arange(len(self.answer)) if self.vote is None else self.vote)

    @cached_property
    def shares(self) -> Floats:
        """The share of every row in its vote."""
        return frozen(np.ones(len(self.answer)) if self.share is None else self.share)

    @cached_property
    def weights(self) -> Floats:
        """How many statements every row counts for."""
        return frozen(np.ones(len(self.answer)) if self.weight is None else self.weight)

    def of_vote(self, words: Floats) -> Floats:
        """For every row, the sum of the words of its vote."""
        if self.vote is None:
            return words
        return np.asarray(sums(self.vote, words, int(self.vote.max(initial=-1)) + 1)[self.vote])

    def counting(self, answers: Answers) -> Floats:
        """How much every row counts for its coin: copies count in full only where the truth is known."""
        return np.where(answers.anything_known[self.answer], self.weights, self.shares * self.weights)
