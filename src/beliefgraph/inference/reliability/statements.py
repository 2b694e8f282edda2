"""What is learned from: statements of sources about answers, and questions of which one answer at most is right."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from beliefgraph.inference.arrays import Bools, Floats, Ints, frozen

UNKNOWN = -1
"""In the column of what is known of an answer: nothing. 1 is right, 0 is wrong."""


def sums(at: Ints, weights: Floats, size: int) -> Floats:
    """The weights summed by what they are at; shape [size]."""
    return np.bincount(at, weights, size).astype(np.float64, copy=False)


@dataclass(frozen=True)
class Answers:
    """Everything that can be right: a belief that holds or does not, or one of several values.

    Per answer (shape [answers]): `question`, the number of the question it answers, and `log_prior`, natural log of its
    prior over the prior of none of its question's answers (for a belief that holds or does not, its prior log-odds);
    `known` is 1, 0 or UNKNOWN.
    """

    question: Ints
    log_prior: Floats
    known: Ints

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
    """

    answer: Ints
    coin: Ints
    log_likelihood_ratio: Floats

    @cached_property
    def sorted(self) -> Statements:
        """The same rows in their canonical order."""
        order = np.lexsort((self.log_likelihood_ratio, self.coin, self.answer))
        return Statements(
            frozen(self.answer[order]), frozen(self.coin[order]), frozen(self.log_likelihood_ratio[order])
        )

    @cached_property
    def spoken(self) -> Bools:
        """The rows that are words on their answer."""
        return frozen(np.isfinite(self.log_likelihood_ratio))
