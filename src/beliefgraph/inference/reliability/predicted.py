"""Log scores of statements and of known truth under given rates, by which competing rates are compared."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.special import expit

from beliefgraph.inference.arrays import Floats
from beliefgraph.inference.evidence import two_coin
from beliefgraph.inference.reliability.statements import UNKNOWN, Answers, Statements, sums


def predicted(answers: Answers, said: Statements, a: Floats, b: Floats, log_prior: Floats) -> tuple[Floats, Floats]:
    """ln P of each statement given the other votes, and of each question's truth given all votes; 0 if unknown."""
    word = two_coin(np.where(said.spoken, said.log_likelihood_ratio, 0.0), a[said.rate_pair], b[said.rate_pair])
    words = np.where(said.spoken, said.shares * word, 0.0)
    total = sums(said.answer, words, len(answers.question))
    priors = replace(answers, log_prior=log_prior)
    holds = priors.without(priors.posterior(total), said.answer, said.of_vote(words))
    sure = expit(said.log_likelihood_ratio)
    says, not_so = (p[said.rate_pair] * sure + (1.0 - p[said.rate_pair]) * (1.0 - sure) for p in (a, b))
    likely = np.log(np.maximum(holds * says + (1.0 - holds) * not_so, np.finfo(np.float64).tiny))
    free = replace(priors, known=np.full(len(answers.known), UNKNOWN)).posterior(total)
    right = np.where(answers.known == 1, free, np.where(answers.known == 0, 1.0 - free, 1.0))
    truth = sums(answers.question, np.log(np.maximum(right, np.finfo(np.float64).tiny)), answers.questions)
    return likely * said.weights, truth
