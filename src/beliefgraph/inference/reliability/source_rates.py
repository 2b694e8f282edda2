"""True-positive and false-positive rates of every source, by variational Bayes: a hierarchical Dawid-Skene model.

A source says yes with probability a where the answer is true, and with b where it is false. The rates of one group of
sources are drawn from two Beta distributions, which are learned too (empirical Bayes), so a source with few statements
is estimated close to its group. Unknown truth is integrated out (Simpson, Roberts, Psorakis and Smith 2013); known
truth is counted. A statement may be soft: with log-likelihood ratio λ it is a yes with odds e^λ.

Votes on one answer share errors that rates per source cannot express (the answer may be a hard one), so their sum is
overconfident. `discount` is the effective weight of one vote among several: the largest of a few values whose
predictions of each vote from the others are within one standard error of the best. That needs no known truth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit

from beliefgraph.inference.arrays import Floats, Ints, frozen
from beliefgraph.inference.reliability import beta
from beliefgraph.inference.reliability.statements import KEPT, Answers, Statements, sums
from beliefgraph.inference.stop import check_stopped

HONEST = np.array([[2.0, 1.0], [1.0, 2.0]])
"""Initial populations: sources are more often right than wrong. Without this assumption the solution and its mirror
image explain the votes equally well."""

DISCOUNTS = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3)

TURNS = 100
ALONE = 5
"""Iterations before the populations are learned as well."""

TIED = 20
"""Iterations before the two rates of a source are fitted separately where a base rate is learned. Votes alone identify
one error rate and a base rate well, two error rates and a base rate poorly."""

NEAR = 0.3
"""Least significant difference of log-odds, in nats: around a prior of .5 that is .43 to .57."""

STILL = 1e-6
"""Convergence: the largest change of a probability between iterations."""


@dataclass(frozen=True)
class LearnedRates:
    """The rates of each source, of each group, and the probability of each answer.

    Per source (shape [sources]): `says_if_holds` a and `says_if_not` b, chosen so that their log-ratios are the
    posterior means, discounted; `if_holds` and `if_not` are the counts of yes and no behind them (shape [sources, 2]).
    Per group: the two population means. Per answer: its probability, and the `log_prior` it was computed with, which is
    the stated one unless base rates are learned. `turns` is the number of iterations.
    """

    says_if_holds: Floats
    says_if_not: Floats
    if_holds: Floats
    if_not: Floats
    group_says_if_holds: Floats
    group_says_if_not: Floats
    posterior: Floats
    log_prior: Floats
    discount: float
    turns: int


@dataclass(frozen=True)
class _Run:
    if_holds: Floats
    if_not: Floats
    populations: Floats
    posterior: Floats
    log_prior: Floats
    predicted: Floats
    turns: int


def learn_source_rates(
    answers: Answers,
    statements: Statements,
    group: Ints,
    *,
    discounts: tuple[float, ...] = DISCOUNTS,
) -> LearnedRates:
    """The rates of every source; `group` is the population of each (shape [sources]).

    Where the truth of every question is known, the counts are exact and no vote is discounted. Base rates are learned
    where answers have columns and every statement is a yes or a no; one that is within `NEAR` or two standard errors of
    the stated prior is not significant, and the stated prior is kept.
    """
    ordered = statements.sorted
    if bool(answers.anything_known[ordered.answer].all()):
        discounts = (1.0,)
    stated = replace(answers, column=None)
    best, discount = _mildest([_run(stated, ordered, group, each) for each in discounts], discounts)
    if answers.column is not None and bool(ordered.direct.all()):
        renewed, milder = _mildest([_run(answers, ordered, group, each) for each in discounts], discounts)
        if _apart(answers, renewed.log_prior):
            best, discount = renewed, milder
    yes, no = _ratios(best.if_holds, best.if_not, discount)
    a, b = rates_of(yes, no)
    return LearnedRates(
        says_if_holds=frozen(a),
        says_if_not=frozen(b),
        if_holds=frozen(best.if_holds),
        if_not=frozen(best.if_not),
        group_says_if_holds=frozen(beta.mean(best.populations[0])),
        group_says_if_not=frozen(beta.mean(best.populations[1])),
        posterior=frozen(best.posterior),
        log_prior=frozen(best.log_prior),
        discount=discount,
        turns=best.turns,
    )


def rates_of(yes: Floats, no: Floats) -> tuple[Floats, Floats]:
    """The rates whose statements have these log-likelihood ratios: yes = ln(a/b) and no = ln((1−a)/(1−b)).

    Such rates exist only if one is above 0 and the other below; otherwise a statement carries no information.
    """
    says = yes * no < 0
    up, down = np.exp(np.where(says, yes, 1.0)), np.exp(np.where(says, no, -1.0))
    b = (1.0 - down) / (up - down)
    return np.where(says, np.clip(b * up, 0.0, 1.0), 0.5), np.where(says, np.clip(b, 0.0, 1.0), 0.5)


def _run(answers: Answers, ordered: Statements, group: Ints, discount: float) -> _Run:
    sources, groups = len(group), int(group.max(initial=-1)) + 1
    populations = np.repeat(HONEST[:, None, :], groups, axis=1)
    if_holds, if_not = populations[0][group], populations[1][group]
    llr, rate_pair, answer = ordered.log_likelihood_ratio, ordered.rate_pair, ordered.answer
    none, counts_for = np.zeros(len(answers.question)), ordered.counting(answers)
    posterior, shift = answers.posterior(none), none
    tied = TIED if answers.column is not None else 0
    turn = 0
    for turn in range(1, TURNS + 1):
        check_stopped()
        last = posterior
        log_a, log_no_a = beta.mean_logs(if_holds)
        log_b, log_no_b = beta.mean_logs(if_not)
        one = _soft(llr, log_a[rate_pair], log_no_a[rate_pair])
        other = _soft(llr, log_b[rate_pair], log_no_b[rate_pair])
        effective = np.where(ordered.direct, discount * ordered.shares * (one - other), 0.0)
        posterior = answers.posterior(shift + sums(answer, effective, len(answers.question)))
        holds = posterior[answer]
        yes_if_holds = holds * expit(llr + log_a[rate_pair] - log_no_a[rate_pair])
        yes_if_not = (1.0 - holds) * expit(llr + log_b[rate_pair] - log_no_b[rate_pair])
        counted = (
            _counts(rate_pair, sources, counts_for * yes_if_holds, counts_for * holds),
            _counts(rate_pair, sources, counts_for * yes_if_not, counts_for * (1.0 - holds)),
        )
        shift = answers.base_rates(posterior) - answers.log_prior
        if turn <= tied:
            right = counted[0] + counted[1][:, ::-1]
            counted = right, right[:, ::-1]
        if turn > ALONE:
            fitted = [beta.fit(counts, group, before) for counts, before in zip(counted, populations, strict=True)]
            populations = _without_inverted(np.stack(fitted), populations)
        if_holds, if_not = (counts + drawn[group] for counts, drawn in zip(counted, populations, strict=True))
        if turn > max(ALONE, tied) and np.abs(posterior - last).max(initial=0.0) < STILL:
            break
    predicted = _predicted(answers, ordered, posterior, effective, if_holds, if_not)
    return _Run(if_holds, if_not, populations, posterior, answers.log_prior + shift, predicted, turn)


def _apart(answers: Answers, log_prior: Floats) -> bool:
    """Whether any base rate differs from the stated prior by more than `NEAR` and by more than two standard errors."""
    assert answers.column is not None
    seen = np.bincount(answers.column[answers.column != KEPT])[answers.column]
    share = expit(log_prior)
    error = 1.0 / np.sqrt(np.maximum(seen, 1) * share * (1.0 - share))
    return bool((np.abs(log_prior - answers.log_prior) > np.maximum(NEAR, 2.0 * error)).any())


def _counts(rate_pair: Ints, sources: int, yes: Floats, of: Floats) -> Floats:
    """Expected numbers of yes and no of each source; shape [sources, 2]."""
    return np.stack([sums(rate_pair, yes, sources), sums(rate_pair, of - yes, sources)], axis=1)


def _without_inverted(found: Floats, before: Floats) -> Floats:
    """The fitted populations; one that is wrong more often than not keeps its earlier values."""
    lying = beta.mean(found[0]) <= beta.mean(found[1])
    return np.where(lying[None, :, None], before, found)


def _soft(llr: Floats, log_yes: Floats, log_no: Floats) -> Floats:
    """ln(p·e^λ + q) from ln p and ln q."""
    return np.asarray(np.logaddexp(log_yes + llr, log_no))


def _ratios(if_holds: Floats, if_not: Floats, discount: float) -> tuple[Floats, Floats]:
    log_a, log_no_a = beta.mean_logs(if_holds)
    log_b, log_no_b = beta.mean_logs(if_not)
    return discount * (log_a - log_b), discount * (log_no_a - log_no_b)


def _mildest(runs: Sequence[_Run], discounts: Sequence[float]) -> tuple[_Run, float]:
    """The first fit whose predictions of the statements are within one standard error of the best."""
    if not len(runs[0].predicted):
        return runs[0], discounts[0]
    best = max(runs, key=lambda run: float(run.predicted.sum()))
    for run, discount in zip(runs, discounts, strict=True):
        worse = best.predicted - run.predicted
        if worse.sum() <= worse.std() * np.sqrt(len(worse)):
            return run, discount
    raise AssertionError("the best run is as good as itself")


def _predicted(
    answers: Answers, ordered: Statements, posterior: Floats, effective: Floats, if_holds: Floats, if_not: Floats
) -> Floats:
    """Leave-one-out log-probability of each statement, its own share of the counts removed; shape [rows]."""
    at = ordered.rate_pair
    holds = answers.without(posterior, ordered.answer, ordered.of_vote(effective))
    sure = expit(ordered.log_likelihood_ratio)
    counts_for = ordered.counting(answers)
    own = counts_for * posterior[ordered.answer]
    predicted = np.zeros(len(at))
    for counts, share, part in ((if_holds, holds, own), (if_not, 1.0 - holds, counts_for - own)):
        yes, no = counts[at, 0] - part * sure, counts[at, 1] - part * (1.0 - sure)
        p = np.clip(yes, beta.LEAST, None) / (np.clip(yes, beta.LEAST, None) + np.clip(no, beta.LEAST, None))
        predicted += share * (p * sure + (1.0 - p) * (1.0 - sure))
    return ordered.weights * np.log(np.maximum(predicted, np.finfo(np.float64).tiny))
