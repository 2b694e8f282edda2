"""One reliability for every source where the values are open, and sources copy each other.

A source that speaks of an object says the true value with probability r, and otherwise one of N false ones, unless it
copies: with probability c it says what another source said of the same object, whichever that is. So what a source says
is P(v | v true) = c·q + (1−c)·r and P(v | v false) = c·q + (1−c)·(1−r)/N, with q the share of the others that say v: a
source that often repeats others, right or wrong, says little by agreeing with them. r and c of one group of sources are
drawn from two Beta distributions, which are learned too. N is counted: the values claimed beside one, where there are
several. After Dong, Berti-Equille and Srivastava (2009); who copied whom is averaged over instead of searched.

An object of which one source alone speaks says nothing about that source, and is not learned from.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from beliefgraph.inference.arrays import Bools, Floats, Ints, frozen
from beliefgraph.inference.reliability import beta
from beliefgraph.inference.reliability.coins import ALONE, STILL, TURNS
from beliefgraph.inference.reliability.statements import Answers, Statements, sums
from beliefgraph.inference.stop import check_stopped

HONEST = np.array([3.0, 1.0])
COPYING = np.array([1.0, 3.0])
"""Where learning begins: sources are rather right than wrong, and rather speak for themselves."""

SEVERAL = 1e-6
"""Votes beside one from which a source is not alone; what copies add to one is not exactly 1."""

FEW = 2.0
"""Statements by which a source's own share of company is drawn to that of all."""


@dataclass(frozen=True)
class LearnedClaims:
    """Per coin (shape [coins]): `says_if_holds` a and `says_if_not` b on average over what it said, its `reliability`
    r, `copying` c, and how many statements that rests on. Per group, the means of its population. Per answer, its
    probability. `false_values` is N, and `turns` is how many it took.
    """

    says_if_holds: Floats
    says_if_not: Floats
    reliability: Floats
    copying: Floats
    heard: Floats
    group_says_if_holds: Floats
    group_says_if_not: Floats
    posterior: Floats
    false_values: float
    turns: int


def learn_claims(answers: Answers, statements: Statements, group: Ints) -> LearnedClaims:
    """The reliability of every source that claims values; `group` says of each coin which population it is of.

    What speaks against a value is not learned from.
    """
    said = statements.sorted
    coins, groups = len(group), int(group.max(initial=-1)) + 1
    coin, answer = said.coin, said.answer
    question = answers.question[answer]
    whole = 1.0 / said.of_vote(np.ones(len(answer)))
    agreeing = sums(answer, whole, len(answers.question))[answer]
    speaking = sums(question, whole, answers.questions)[question]
    company = (speaking > 1.0 + SEVERAL) & (said.log_likelihood_ratio > 0)
    q = np.where(company, (agreeing - 1.0) / np.maximum(speaking - 1.0, 1.0), 0.0)
    counts_for = said.counting(answers)
    false_values = _false_values(answers)
    heard = sums(coin[company], counts_for[company], coins)
    typical = float(q[company].mean()) if company.any() else 0.0
    beside = (sums(coin, counts_for * q, coins) + FEW * typical) / (heard + FEW)

    right, copies = np.tile(HONEST, (groups, 1)), np.tile(COPYING, (groups, 1))
    r, c = beta.mean(right)[group], beta.mean(copies)[group]
    posterior = answers.posterior(np.zeros(len(answers.question)))
    turn = 0
    for turn in range(1, TURNS + 1):
        check_stopped()
        last = posterior
        a, b = _likelihoods(r, c, beside, false_values)
        words = np.where(said.log_likelihood_ratio > 0, said.shares * np.log(a / b)[coin], 0.0)
        posterior = answers.posterior(sums(answer, words, len(answers.question)))
        if_true, if_false = _likelihoods(r[coin], c[coin], q, false_values)
        p = posterior[answer]
        copied_true, copied_false = p * c[coin] * q / if_true, (1.0 - p) * c[coin] * q / if_false
        hits, misses, copied = (
            sums(coin[company], (counts_for * weight)[company], coins)
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
        heard=frozen(heard),
        group_says_if_holds=frozen(group_a),
        group_says_if_not=frozen(group_b),
        posterior=frozen(posterior),
        false_values=false_values,
        turns=turn,
    )


def _likelihoods(r: Floats, c: Floats, q: Floats | float, false_values: float) -> tuple[Floats, Floats]:
    """P(says the value | it is true) and P(says it | it is false)."""
    return c * q + (1.0 - c) * r, c * q + (1.0 - c) * (1.0 - r) / false_values


def _posterior_mean(heads: Floats, tails: Floats, population: Floats) -> Floats:
    share: Floats = (heads + population[:, 0]) / (heads + tails + population.sum(axis=1))
    return share


def _false_values(answers: Answers) -> float:
    """How many values are claimed beside one, on the average of the questions where several are."""
    claimed = np.bincount(answers.question, minlength=answers.questions)
    contested: Bools = claimed > 1
    return float((claimed[contested] - 1).mean()) if contested.any() else 1.0
