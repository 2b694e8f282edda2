"""Sources are learned from what they say: planted rates are recovered, with the truth and without it, in any order."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta as beta_distribution

from beliefgraph.inference import apply_rates, combine
from beliefgraph.inference.reliability import (
    Answers,
    Observed,
    Statements,
    learn_claims,
    learn_shared_errors,
    learn_source_rates,
)
from beliefgraph.inference.reliability.beta import fit
from beliefgraph.inference.reliability.source_rates import rates_of
from beliefgraph.inference.reliability.statements import UNKNOWN

SURE = 20.0

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def binary(items: int, known: Ints | None = None) -> Answers:
    """Beliefs with a prior of one half."""
    return Answers(np.arange(items), np.zeros(items), np.full(items, UNKNOWN) if known is None else known)


def votes(
    rng: np.random.Generator, holds: npt.NDArray[np.bool_], a: Floats, b: Floats, each: int
) -> tuple[Statements, npt.NDArray[np.bool_]]:
    """Every item put to so many sources, who err at their rates."""
    sources = np.array([rng.choice(len(a), each, replace=False) for _ in holds])
    answer, rate_pair = np.repeat(np.arange(len(holds)), each), sources.ravel()
    yes = rng.random(len(rate_pair)) < np.where(holds[answer], a[rate_pair], b[rate_pair])
    return Statements(answer, rate_pair, np.where(yes, SURE, -SURE)), yes


def planted(seed: int = 1, items: int = 1500) -> tuple[npt.NDArray[np.bool_], Floats, Floats, Statements]:
    """Thirty sources of all sorts, three of whom lie."""
    rng = np.random.default_rng(seed)
    holds = rng.random(items) < 0.5
    a, b = rng.beta(8, 2, 30), rng.beta(2, 8, 30)
    a[:3], b[:3] = [0.1, 0.2, 0.3], [0.8, 0.9, 0.7]
    return holds, a, b, votes(rng, holds, a, b, 12)[0]


def test_planted_rates_are_recovered_without_the_truth() -> None:
    holds, a, b, said = planted()
    found = learn_source_rates(binary(len(holds)), said, np.zeros(30, dtype=np.int64), discounts=(1.0,))
    np.testing.assert_allclose(found.says_if_holds, a, atol=0.08)
    np.testing.assert_allclose(found.says_if_not, b, atol=0.08)
    assert ((found.posterior > 0.5) == holds).mean() > 0.97
    assert found.group_says_if_holds[0] == pytest.approx(a.mean(), abs=0.05)


def test_most_sources_are_taken_to_be_rather_right_so_labels_do_not_switch() -> None:
    holds, _, _, said = planted(seed=2)
    mirrored = Statements(said.answer, said.rate_pair, -said.log_likelihood_ratio)
    found = learn_source_rates(binary(len(holds)), said, np.zeros(30, dtype=np.int64))
    switched = learn_source_rates(binary(len(holds)), mirrored, np.zeros(30, dtype=np.int64))
    assert found.group_says_if_holds[0] > found.group_says_if_not[0]
    assert switched.group_says_if_holds[0] > switched.group_says_if_not[0]  # the mirror's truth is the other one
    assert (found.says_if_holds[:3] < found.says_if_not[:3]).all()  # who lies is found out


def test_what_is_known_is_counted() -> None:
    holds = np.array([True] * 10 + [False] * 10)
    yes = np.array([True] * 8 + [False] * 2 + [True] * 1 + [False] * 9)
    answers = binary(20, holds.astype(np.int64))
    said = Statements(np.arange(20), np.zeros(20, dtype=np.int64), np.where(yes, SURE, -SURE))
    found = learn_source_rates(answers, said, np.zeros(1, dtype=np.int64))
    assert found.discount == 1.0
    # 8 yes and 2 no where it holds, 1 and 9 where it does not; what the population adds is the same to both ends.
    assert (found.if_holds[0] - [8, 2] > 0).all()
    assert (found.if_not[0] - [1, 9] > 0).all()
    assert found.group_says_if_holds[0] == pytest.approx(
        (found.if_holds[0] - [8, 2])[0] / (found.if_holds[0] - [8, 2]).sum()
    )


def test_some_truth_helps_where_the_votes_alone_mislead() -> None:
    rng = np.random.default_rng(5)
    holds = rng.random(400) < 0.5
    a, b = np.array([0.9, 0.9, 0.2, 0.2, 0.2]), np.array([0.1, 0.1, 0.8, 0.8, 0.8])
    said, _ = votes(rng, holds, a, b, 5)
    group = np.zeros(5, dtype=np.int64)
    alone = learn_source_rates(binary(400), said, group)
    known = np.where(np.arange(400) < 100, holds.astype(np.int64), UNKNOWN)
    told = learn_source_rates(binary(400, known), said, group)
    assert ((alone.posterior > 0.5) == holds).mean() < 0.1
    assert ((told.posterior > 0.5) == holds).mean() > 0.9
    assert (told.says_if_holds[2:] < told.says_if_not[2:]).all()


def test_a_source_of_which_little_was_heard_is_like_the_others() -> None:
    holds, _, _, said = planted()
    more = Statements(
        np.append(said.answer, 0), np.append(said.rate_pair, 30), np.append(said.log_likelihood_ratio, SURE)
    )
    found = learn_source_rates(binary(len(holds)), more, np.zeros(31, dtype=np.int64), discounts=(1.0,))
    new = found.if_holds[30] / found.if_holds[30].sum()
    assert new[0] == pytest.approx(found.group_says_if_holds[0], abs=0.15)
    assert found.if_holds[30].sum() < found.if_holds[:30].sum(axis=1).min()


def test_votes_that_err_together_are_discounted() -> None:
    group = np.zeros(20, dtype=np.int64)
    apart, together = [], []
    for seed in range(7, 10):
        rng = np.random.default_rng(seed)
        holds = rng.random(600) < 0.5
        said, _ = votes(rng, holds, np.full(20, 0.85), np.full(20, 0.15), 15)
        guessed, _ = votes(rng, holds, np.full(20, 0.5), np.full(20, 0.5), 15)
        hard = (rng.random(600) < 0.35)[said.answer]
        mixed = np.where(hard, guessed.log_likelihood_ratio, said.log_likelihood_ratio)
        apart.append(learn_source_rates(binary(600), said, group).discount)
        together.append(learn_source_rates(binary(600), Statements(said.answer, said.rate_pair, mixed), group).discount)
    assert np.mean(apart) >= 0.8
    assert max(together) <= 0.6


def test_one_of_several_values_is_learned_with_rates_for_each() -> None:
    rng = np.random.default_rng(3)
    items, values, workers, right = 500, 4, 12, 0.7
    truth = rng.integers(0, values, items)
    answers = Answers(np.repeat(np.arange(items), values), np.full(items * values, 4.0), np.full(items * values, -1))
    item, worker = np.repeat(np.arange(items), 8), rng.integers(0, workers, items * 8)
    slip = rng.integers(1, values, items * 8)
    label = np.where(rng.random(items * 8) < right, truth[item], (truth[item] + slip) % values)
    every = np.tile(np.arange(values), (items * 8, 1))
    llr = np.where(every == label[:, None], SURE, -np.inf)
    said = Statements((item[:, None] * values + every).ravel(), (worker[:, None] * values + every).ravel(), llr.ravel())
    found = learn_source_rates(answers, said, np.tile(np.arange(values), workers), discounts=(1.0,))
    assert (found.posterior.reshape(items, values).argmax(axis=1) == truth).mean() > 0.97
    np.testing.assert_allclose(found.group_says_if_holds, right, atol=0.03)
    np.testing.assert_allclose(found.group_says_if_not, (1 - right) / (values - 1), atol=0.03)


@settings(max_examples=15)
@given(st.integers(0, 1000), st.randoms(use_true_random=False))
def test_the_order_of_the_statements_changes_no_bit(seed: int, random: object) -> None:
    rng = np.random.default_rng(seed)
    holds = rng.random(40) < 0.5
    said, _ = votes(rng, holds, rng.random(8), rng.random(8), 5)
    order = rng.permutation(len(said.answer))
    again = Statements(said.answer[order], said.rate_pair[order], said.log_likelihood_ratio[order])
    group = rng.integers(0, 2, 8)
    for learn in (learn_source_rates, learn_claims):
        one, other = learn(binary(40), said, group), learn(binary(40), again, group)
        assert (one.says_if_holds == other.says_if_holds).all()
        assert (one.says_if_not == other.says_if_not).all()
        assert (one.posterior == other.posterior).all()


@given(st.floats(1e-3, 12), st.floats(-12, -1e-3))
def test_rates_are_found_from_statements_of_any_strength(yes: float, no: float) -> None:
    a, b = rates_of(np.array([yes]), np.array([no]))
    assert apply_rates(800.0, a[0], b[0]) == pytest.approx(yes, rel=1e-9, abs=1e-9)
    assert apply_rates(-800.0, a[0], b[0]) == pytest.approx(no, rel=1e-6, abs=1e-6)


def test_words_that_both_speak_for_it_are_worth_nothing() -> None:
    a, b = rates_of(np.array([0.4]), np.array([0.1]))
    assert apply_rates(5.0, a[0], b[0]) == 0.0


def test_a_population_is_found_from_its_members() -> None:
    rng = np.random.default_rng(11)
    share = beta_distribution(6, 2).rvs(4000, random_state=rng)
    heads = rng.binomial(40, share).astype(np.float64)
    found = np.array([[1.0, 1.0]])
    for _ in range(200):
        found = fit(np.stack([heads, 40 - heads], axis=1), np.zeros(4000, dtype=np.int64), found)
    np.testing.assert_allclose(found[0], [6, 2], rtol=0.08)


def claims(copying: float, seed: int = 1) -> tuple[Answers, Statements, npt.NDArray[np.bool_]]:
    """Objects of which two honest sources, five careless ones and one that copies speak; the copier is the last."""
    rng = np.random.default_rng(seed)
    objects, values = 1200, 6
    right = np.array([0.95, 0.9] + [0.4] * 5 + [0.5])
    said = np.zeros((objects, 8), dtype=np.int64)
    for source in range(8):
        slip = rng.integers(1, values, objects)
        said[:, source] = np.where(rng.random(objects) < right[source], 0, slip)
    whom = rng.integers(2, 7, objects)
    said[:, 7] = np.where(rng.random(objects) < copying, said[np.arange(objects), whom], said[:, 7])
    spoke = rng.random((objects, 8)) < 0.6
    cell, speaker = (np.arange(objects)[:, None] * values + said)[spoke], np.nonzero(spoke)[1]
    named, answer = np.unique(cell, return_inverse=True)
    question = np.unique(named // values, return_inverse=True)[1]
    prior = np.log(0.95 / np.bincount(question)[question] / 0.05)
    answers = Answers(question, prior, np.full(len(named), UNKNOWN))
    return answers, Statements(answer, speaker, np.full(len(answer), SURE)), np.asarray(named % values == 0)


def test_the_reliable_are_told_from_the_careless_where_values_are_open() -> None:
    answers, said, true = claims(copying=0.0)
    found = learn_claims(answers, said, np.zeros(8, dtype=np.int64))
    assert found.reliability[:2].min() > found.reliability[2:].max()
    word = np.log(found.says_if_holds / found.says_if_not)
    assert word[:2].min() > word[2:].max()
    best = np.zeros(answers.questions, dtype=np.int64)
    best[answers.question] = 0
    top = np.zeros(answers.questions)
    np.maximum.at(top, answers.question, found.posterior)
    chosen = found.posterior == top[answers.question]
    votes_for = np.bincount(said.answer, minlength=len(true))
    most = np.zeros(answers.questions)
    np.maximum.at(most, answers.question, votes_for)
    assert true[chosen].mean() > true[votes_for == most[answers.question]].mean()


def test_a_copier_says_less_by_agreeing() -> None:
    worth = []
    for copying in (0.0, 0.9):
        answers, said, _ = claims(copying)
        found = learn_claims(answers, said, np.zeros(8, dtype=np.int64))
        worth.append((found.copying[7], np.log(found.says_if_holds[7] / found.says_if_not[7])))
    assert worth[1][0] > worth[0][0]
    assert worth[1][1] < worth[0][1]


def test_who_speaks_alone_is_not_judged_by_it() -> None:
    answers = Answers(np.array([0]), np.array([3.0]), np.array([UNKNOWN]))
    found = learn_claims(answers, Statements(np.array([0]), np.array([0]), np.array([SURE])), np.zeros(1, np.int64))
    assert found.compared[0] == 0
    assert found.reliability[0] == pytest.approx(0.75)


@pytest.mark.parametrize("rho", [0.0, 0.35, 1.0])
def test_a_planted_correlation_comes_back(rho: float) -> None:
    # Margins with a common error: x = ±1 + shared + own, unit variance together; each alone says 2·x.
    rng = np.random.default_rng(9)
    races, polls = 30_000, rng.integers(1, 40, 30_000)
    holds = rng.random(races) < 0.5
    race = np.repeat(np.arange(races), polls)
    spread = 3.0
    x = np.where(holds[race], 1.0, -1.0) + spread * (
        np.sqrt(rho) * rng.normal(size=races)[race] + np.sqrt(1 - rho) * rng.normal(size=len(race))
    )
    llr = 2 * x / spread**2
    none = np.zeros(0, np.int64)
    learned = learn_shared_errors(
        Observed(
            question=np.arange(races), rated_sum=np.bincount(race, llr, races).astype(np.float64),
            count=polls.astype(np.float64), rest=np.zeros(races), holds=holds, row=none, group=none, size=np.zeros(0),
        )
    )  # fmt: skip
    found = learned.correlation
    assert found == pytest.approx(rho, abs=0.06)
    assert learned.scale == pytest.approx(1.0, abs=0.1)
    heard = combine(
        race, np.arange(len(race)), llr, np.zeros(len(race)), np.full(len(race), np.inf),
        beliefs=races, origin=race, correlation=found,
    )  # fmt: skip
    expected = np.bincount(race, llr, races) / (1 + (polls - 1) * found)
    np.testing.assert_allclose(heard.log_likelihood, np.clip(expected, -30, 30), atol=1e-8)
