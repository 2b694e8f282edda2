"""Log scores of statements and of known truth under given rates, by which competing rates are compared."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.special import expit

from beliefgraph.inference.arrays import Floats
from beliefgraph.inference.evidence import apply_rates
from beliefgraph.inference.reliability.statements import UNKNOWN, Answers, Statements, sums


def predicted(
    answers: Answers, statements: Statements, a: Floats, b: Floats, log_prior: Floats
) -> tuple[Floats, Floats]:
    """ln P of each statement given the other votes, and of each question's truth given all votes; 0 if unknown."""
    effective = apply_rates(
        np.where(statements.direct, statements.log_likelihood_ratio, 0.0),
        a[statements.rate_pair],
        b[statements.rate_pair],
    )
    weighted = np.where(statements.direct, statements.shares * effective, 0.0)
    total = sums(statements.answer, weighted, len(answers.question))
    priors = replace(answers, log_prior=log_prior)
    holds = priors.without(priors.posterior(total), statements.answer, statements.of_vote(weighted))
    sure = expit(statements.log_likelihood_ratio)
    says, not_so = (p[statements.rate_pair] * sure + (1.0 - p[statements.rate_pair]) * (1.0 - sure) for p in (a, b))
    likely = np.log(np.maximum(holds * says + (1.0 - holds) * not_so, np.finfo(np.float64).tiny))
    free = replace(priors, known=np.full(len(answers.known), UNKNOWN)).posterior(total)
    right = np.where(answers.known == 1, free, np.where(answers.known == 0, 1.0 - free, 1.0))
    truth = sums(answers.question, np.log(np.maximum(right, np.finfo(np.float64).tiny)), answers.questions)
    return likely * statements.weights, truth
