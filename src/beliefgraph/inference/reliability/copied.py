"""One reliability per source for attributes with open values whose sources copy each other.

A source that reports a value of an object gives the true one with probability r and otherwise one of N false values,
unless it copies: with probability c it repeats another source's report about the same object. So P(v | v
true) = c·q + (1−c)·r and P(v | v false) = c·q + (1−c)·(1−r)/N, with q the share of the other sources that report v:
agreement of a source that often repeats others is weak evidence. r and c of one group of sources are drawn from two
Beta distributions, which are learned too. N is the mean number of competing values. After Dong, Berti-Equille and
Srivastava (2009); instead of searching for who copied whom, the model averages over it.

Objects with a single source carry no information about it and are left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from beliefgraph.inference.arrays import Bools, Floats, Ints, frozen
from beliefgraph.inference.reliability import beta
from beliefgraph.inference.reliability.source_rates import ALONE, STILL, TURNS
from beliefgraph.inference.reliability.statements import Answers, Statements, sums
from beliefgraph.inference.stop import check_stopped

HONEST = np.array([3.0, 1.0])
COPYING = np.array([1.0, 3.0])
"""Initial population: independent reports are more frequent than copies."""

SEVERAL = 1e-6
"""Number of other votes below which a source counts as alone; the weights of copies do not sum to exactly 1."""

FEW = 2.0
"""Weight, in statements, with which the share of a source's objects that others report too is shrunk to the overall
share."""


@dataclass(frozen=True)
class LearnedClaims:
    """Reliability and copying of each source, of each group, and the probability of each answer.

    Per source (shape [sources]): `says_if_holds` a and `says_if_not` b, averaged over its statements, its `reliability`
    r, `copying` c, and the number of statements behind them. Per group: the population means. Per answer: its
    probability. `false_values` is N, `turns` the number of iterations.
    """

    says_if_holds: Floats
    says_if_not: Floats
    reliability: Floats
    copying: Floats
    compared: Floats
    group_says_if_holds: Floats
    group_says_if_not: Floats
    posterior: Floats
    false_values: float
    turns: int


def learn_claims(answers: Answers, statements: Statements, group: Ints) -> LearnedClaims:
    """The reliability of every source of an attribute with open values; `group` is the population of each.

    Statements against a value are not used.
    """
    ordered = statements.sorted
    sources, groups = len(group), int(group.max(initial=-1)) + 1
    rate_pair, answer = ordered.rate_pair, ordered.answer
    question = answers.question[answer]
    whole = 1.0 / ordered.of_vote(np.ones(len(answer)))
    agreeing = sums(answer, whole, len(answers.question))[answer]
    voters = sums(question, whole, answers.questions)[question]
    company = (voters > 1.0 + SEVERAL) & (ordered.log_likelihood_ratio > 0)
    q = np.where(company, (agreeing - 1.0) / np.maximum(voters - 1.0, 1.0), 0.0)
    counts_for = ordered.counting(answers)
    false_values = _false_values(answers)
    compared = sums(rate_pair[company], counts_for[company], sources)
    typical = float(q[company].mean()) if company.any() else 0.0
    beside = (sums(rate_pair, counts_for * q, sources) + FEW * typical) / (compared + FEW)

    right, copies = np.tile(HONEST, (groups, 1)), np.tile(COPYING, (groups, 1))
    r, c = beta.mean(right)[group], beta.mean(copies)[group]
    posterior = answers.posterior(np.zeros(len(answers.question)))
    turn = 0
    for turn in range(1, TURNS + 1):
        check_stopped()
        last = posterior
        a, b = _likelihoods(r, c, beside, false_values)
        effective = np.where(ordered.log_likelihood_ratio > 0, ordered.shares * np.log(a / b)[rate_pair], 0.0)
        posterior = answers.posterior(sums(answer, effective, len(answers.question)))
        if_true, if_false = _likelihoods(r[rate_pair], c[rate_pair], q, false_values)
        p = posterior[answer]
        copied_true, copied_false = p * c[rate_pair] * q / if_true, (1.0 - p) * c[rate_pair] * q / if_false
        hits, misses, copied = (
            sums(rate_pair[company], (counts_for * weight)[company], sources)
            for weight in (p - copied_true, 1.0 - p - copied_false, copied_true + copied_false)
        )
        if turn > ALONE:
            spoke = hits + misses + copied > 0
            right = beta.fit(np.stack([hits, misses], axis=1)[spoke], group[spoke], right)
            copies = beta.fit(np.stack([copied, hits + misses], axis=1)[spoke], group[spoke], copies)
        r = _posterior_mean(hits, misses, right[group])
        c = _posterior_mean(copied, hits + misses, copies[group])
        if turn > ALONE and np.abs(posterior - last).max(initial=0.0) < STILL:
            break

    a, b = _likelihoods(r, c, beside, false_values)
    group_a, group_b = _likelihoods(beta.mean(right), beta.mean(copies), typical, false_values)
    return LearnedClaims(
        says_if_holds=frozen(a),
        says_if_not=frozen(b),
        reliability=frozen(r),
        copying=frozen(c),
        compared=frozen(compared),
        group_says_if_holds=frozen(group_a),
        group_says_if_not=frozen(group_b),
        posterior=frozen(posterior),
        false_values=false_values,
        turns=turn,
    )


def _likelihoods(r: Floats, c: Floats, q: Floats | float, false_values: float) -> tuple[Floats, Floats]:
    """P(reports the value | it is true) and P(reports it | it is false)."""
    return c * q + (1.0 - c) * r, c * q + (1.0 - c) * (1.0 - r) / false_values


def _posterior_mean(heads: Floats, tails: Floats, population: Floats) -> Floats:
    share: Floats = (heads + population[:, 0]) / (heads + tails + population.sum(axis=1))
    return share


def _false_values(answers: Answers) -> float:
    """The mean number of competing values, over the questions that have several."""
    claimed = np.bincount(answers.question, minlength=answers.questions)
    contested: Bools = claimed > 1
    return float((claimed[contested] - 1).mean()) if contested.any() else 1.0
