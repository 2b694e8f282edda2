"""A compiled structure answers the exact posterior: against every joint state listed, and against a second engine."""

from __future__ import annotations

import time
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyagrum as untyped_pyagrum
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.benchmarks.generators import evidence, hier, modular
from tests.inference.oracle import Enumeration, logit
from tests.inference.strategies import questions

from beliefgraph.errors import Incorrect
from beliefgraph.inference import (
    CERTAIN_LOG_ODDS,
    LOG_LIKELIHOOD_BOUND,
    Budget,
    Relation,
    RelationKind,
    Structure,
    compile_model,
)
from beliefgraph.inference.quality import EXACT

pyagrum: Any = untyped_pyagrum

UNDIRECTED: tuple[RelationKind, ...] = ("supports", "contradicts", "excludes", "implies")
CAUSAL: tuple[RelationKind, ...] = ("causes",)


def both_ways(structure: Structure, lam: np.ndarray[Any, Any], **more: Any) -> tuple[Any, Any]:
    return compile_model(structure).log_odds(lam, **more).log_odds, Enumeration.of(structure).log_odds(lam, **more)


@settings(max_examples=60)
@given(questions(UNDIRECTED))
def test_undirected_relations_answer_as_enumeration_does(question: Any) -> None:
    found, expected = both_ways(*question)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


@settings(max_examples=60)
@given(questions(CAUSAL))
def test_causes_answer_as_enumeration_does(question: Any) -> None:
    found, expected = both_ways(*question)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


@settings(max_examples=60)
@given(questions())
def test_mixed_relations_answer_as_enumeration_does(question: Any) -> None:
    found, expected = both_ways(*question)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


@settings(max_examples=40)
@given(questions(), st.booleans())
def test_assuming_is_conditioning_and_doing_leaves_the_causes_alone(question: Any, holds: bool) -> None:
    structure, lam = question
    last = len(structure.priors) - 1
    others = np.arange(last)
    found, expected = both_ways(structure, lam, assume={last: holds})
    np.testing.assert_allclose(found[others], expected[others], rtol=0, atol=1e-9)
    assert found[last] == (CERTAIN_LOG_ODDS if holds else -CERTAIN_LOG_ODDS)
    found, expected = both_ways(structure, lam, do={last: holds})
    np.testing.assert_allclose(found[others], expected[others], rtol=0, atol=1e-9)


def test_setting_an_effect_by_hand_says_nothing_about_its_cause_but_seeing_it_does() -> None:
    model = compile_model(Structure([0.3, 0.5], [Relation("causes", 0, 1, 9.0)]))
    nothing = np.zeros(2)
    assert model.log_odds(nothing, do={1: True}).log_odds[0] == pytest.approx(logit(0.3), abs=1e-10)
    # P(cause | effect): P(effect | cause) is 9 times the odds of P(effect | no cause), and they average to .5.
    with_cause = next(p for p in np.roots([0.8 * 0.3, -(0.3 * 0.9 + 0.7 * 0.1 + 0.5 * 0.8), 0.45]) if 0 < p < 1)
    assert 0.3 * with_cause + 0.7 * with_cause / (9 - 8 * with_cause) == pytest.approx(0.5)
    assert model.log_odds(nothing, assume={1: True}).log_odds[0] == pytest.approx(logit(0.3 * with_cause / 0.5))


def test_what_is_set_by_hand_is_cut_from_its_causes_wherever_their_table_lies() -> None:
    # The effect is also implied by another belief, and at home in that relation's table.
    structure = Structure([0.5, 0.25, 0.25], [Relation("causes", 0, 2, 2.0), Relation("implies", 1, 2, 0.5)])
    found = compile_model(structure).log_odds(np.zeros(3), do={2: False}).log_odds
    assert found[0] == pytest.approx(0.0, abs=1e-12)
    # P(1 | not 2) = (1/4 − 1/8) / (3/4)
    assert found[1] == pytest.approx(logit(1 / 6), abs=1e-12)


@settings(max_examples=40)
@given(questions())
def test_without_evidence_every_belief_answers_its_stated_prior(question: Any) -> None:
    structure, _ = question
    model = compile_model(structure)
    assert model.drift <= 1e-9
    assert (model.log_odds(np.zeros(len(structure.priors))).log_odds == model.prior_log_odds).all()
    # Also where the pass is really run: a belief with next to no evidence.
    nearly = np.full(len(structure.priors), 1e-13)
    np.testing.assert_allclose(model.log_odds(nearly).log_odds, logit(structure.priors), rtol=0, atol=1e-9)


@settings(max_examples=40)
@given(questions())
def test_an_odds_ratio_of_one_is_no_relation(question: Any) -> None:
    structure, lam = question
    free = [
        (i, j)
        for i, j in combinations(range(len(lam)), 2)
        if not any({r.source, r.target} == {i, j} for r in structure.relations)
    ]
    kinds: list[RelationKind] = ["supports", "contradicts", "excludes", "causes"]
    more = [Relation(kinds[at % 4], i, j, 1.0) for at, (i, j) in enumerate(free)]
    plain, with_more = (compile_model(Structure(structure.priors, [*structure.relations, *r])) for r in ([], more))
    assert (plain.log_odds(lam).log_odds == with_more.log_odds(lam).log_odds).all()


@settings(max_examples=40)
@given(questions())
def test_evidence_given_and_taken_back_leaves_no_trace(question: Any) -> None:
    structure, lam = question
    model = compile_model(structure)
    first = model.log_odds(lam).log_odds
    model.log_odds(lam + 1.0)
    model.log_odds(-lam)
    assert (model.log_odds(lam).log_odds == first).all()


def test_a_batch_gives_each_question_the_bits_it_gets_alone() -> None:
    structure = hier(n=300, edges=380, seed=5)
    model = compile_model(structure)
    rows = np.stack([evidence(300, seed) for seed in range(9)])
    rows[3, :] = 0.0
    rows[4, :200] = LOG_LIKELIHOOD_BOUND
    together = model.log_odds(rows).log_odds
    for row, found in zip(rows, together, strict=True):
        assert (model.log_odds(row).log_odds == found).all()


def test_relations_in_any_order_give_the_same_bits() -> None:
    structure = modular(n=60, edges=66, seed=3)
    lam = evidence(60, 3)
    shuffled = list(structure.relations)
    np.random.default_rng(0).shuffle(shuffled)
    again = Structure(structure.priors, [Relation(*relation) for relation in shuffled])
    assert again.content_hash == structure.content_hash
    assert (compile_model(again).log_odds(lam).log_odds == compile_model(structure).log_odds(lam).log_odds).all()


def test_a_part_without_evidence_answers_its_priors_whatever_happens_elsewhere() -> None:
    structure = Structure(
        [0.2, 0.7, 0.4, 0.6, 0.9],
        [Relation("supports", 0, 1, 4.0), Relation("supports", 2, 3, 4.0), Relation("contradicts", 2, 4, 0.2)],
    )
    model = compile_model(structure)
    found = model.log_odds([3.0, 0, 0, 0, 0]).log_odds
    assert (found[2:] == model.prior_log_odds[2:]).all()
    assert found[1] > model.prior_log_odds[1]


def test_a_belief_related_to_none_adds_its_evidence_to_its_prior() -> None:
    model = compile_model(Structure([0.2]))
    assert model.log_odds([1.5]).log_odds == pytest.approx(logit(0.2) + 1.5)


# --- the cases to keep for ever


def ten_paths(odds_ratio: float = 3.0) -> Structure:
    """One belief that supports another along ten separate paths."""
    relations = [Relation("supports", 0, 2 + path, odds_ratio) for path in range(10)]
    relations += [Relation("supports", 2 + path, 1, odds_ratio) for path in range(10)]
    return Structure([0.5] * 12, relations)


def test_ten_paths_between_two_beliefs_count_once_each() -> None:
    # One path multiplies t = tanh of the couplings; ten of them add up to one coupling K between the ends, exactly.
    r = np.sqrt(3.0)
    t = ((r - 1) / (r + 1)) ** 2
    coupling = 10 * np.arctanh(t)
    expected = 2 * np.arctanh(np.tanh(1.0) * np.tanh(coupling))
    found = compile_model(ten_paths()).log_odds([2.0, *[0.0] * 11]).log_odds
    assert found[1] == pytest.approx(expected, abs=1e-9)


def test_ten_paths_are_where_belief_propagation_is_far_off_and_the_answer_is_not() -> None:
    # On the ten-path diamond all middle beliefs are alike, so a message on each edge is one number, in half log-odds.
    strength = np.tanh(np.log(6.0) / 4)
    to_middle = on = back = home = 0.0
    for _ in range(2_000):
        to_middle = np.arctanh(strength * np.tanh(1.0 + 9 * home))
        on = np.arctanh(strength * np.tanh(to_middle))
        back = np.arctanh(strength * np.tanh(9 * on))
        home = np.arctanh(strength * np.tanh(back))
    assert 1 / (1 + np.exp(-2 * 10 * on)) == pytest.approx(0.971, abs=5e-4)
    found = compile_model(ten_paths(6.0)).log_odds([2.0, *[0.0] * 11]).log_odds[1]
    assert 1 / (1 + np.exp(-found)) == pytest.approx(0.860, abs=5e-4)
    expected = np.tanh(1.0) * np.tanh(10 * np.arctanh(strength**2))
    assert found == pytest.approx(2 * np.arctanh(expected), abs=1e-9)


@pytest.mark.parametrize("size", [3, 4, 5, 9, 30])
def test_a_ring_of_contradictions_is_exact_even_where_it_cannot_be_satisfied(size: int) -> None:
    structure = Structure([0.5] * size, [Relation("contradicts", i, (i + 1) % size, 0.05) for i in range(size)])
    lam = np.zeros(size)
    lam[0] = 3.0
    # Two ways around, by transfer matrices: u and v are the couplings' tanh along each way.
    r = np.sqrt(0.05)
    t = (r - 1) / (r + 1)
    found = compile_model(structure).log_odds(lam).log_odds
    for other in range(1, size):
        u, v = t**other, t ** (size - other)
        assert found[other] == pytest.approx(2 * np.arctanh(np.tanh(1.5) * (u + v) / (1 + u * v)), abs=1e-9)


@pytest.mark.parametrize("odds_ratio", [0.5, 0.1, 0.01])
def test_ten_beliefs_that_all_contradict_each_other_are_exact(odds_ratio: float) -> None:
    structure = Structure(
        np.linspace(0.1, 0.6, 10), [Relation("contradicts", i, j, odds_ratio) for i, j in combinations(range(10), 2)]
    )
    lam = np.array([5.0, 5.0, 5.0, -2.0, 0, 0, 1.0, 0, 0, 3.0])
    found, expected = both_ways(structure, lam)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-8)


@settings(max_examples=25)
@given(questions(size=LOG_LIKELIHOOD_BOUND))
def test_answers_stay_finite_and_exact_at_the_bound_of_evidence(question: Any) -> None:
    found, expected = both_ways(*question)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-8)


def test_thousands_of_nats_against_each_other_keep_their_digits() -> None:
    # A hub with 300 followers at full evidence on a strong relation: probabilities far below the smallest double.
    size = 300
    structure = Structure([0.5] * (size + 1), [Relation("supports", 0, i, 400.0) for i in range(1, size + 1)])
    lam = np.zeros(size + 1)
    lam[1 : 1 + size // 2] = 30.0
    lam[1 + size // 2 :] = -30.0
    lam[0] = 2.0
    model = compile_model(structure)
    # Opposite followers cancel: what is left is the hub's own evidence.
    assert model.log_odds(lam).log_odds[0] == pytest.approx(2.0, abs=1e-9)
    # All on one side: each brings at most ln of the greatest ratio of its table, (p11 + u·p10) / (p01 + u·p00).
    lam[1:] = 30.0
    high = 20.0 / 21.0  # P(follower | hub) at odds ratio 400 and even margins: odds √400
    each = np.log((high + np.exp(-30.0) * (1 - high)) / (1 - high + np.exp(-30.0) * high))
    assert model.log_odds(lam).log_odds[0] == pytest.approx(2.0 + size * each, rel=1e-12)


# --- too wide


def test_a_part_past_the_budget_is_not_exact_and_the_rest_is() -> None:
    clique = [Relation("supports", i, j, 1.5) for i, j in combinations(range(400), 2)]
    structure = Structure([0.5] * 402, [*clique, Relation("supports", 400, 401, 3.0)])
    began = time.thread_time()
    model = compile_model(structure)
    assert time.thread_time() - began < 20
    assert [(part.tier, len(part.beliefs)) for part in model.parts] == [("approximate", 400), ("exact", 2)]
    lam = np.zeros(402)
    lam[[0, 400]] = 2.0
    posterior = model.log_odds(lam)
    assert (posterior.quality[:400] != EXACT).all()
    assert (posterior.quality[400:] == EXACT).all()
    assert posterior.log_odds[401] == pytest.approx(2 * np.arctanh(np.tanh(1.0) * np.tanh(np.log(3.0) / 4)))


def test_a_large_grid_is_given_up_early_where_not_even_a_thin_tree_is_wanted() -> None:
    side = 30
    at = np.arange(side * side).reshape(side, side)
    steps = [
        *zip(at[:, :-1].ravel(), at[:, 1:].ravel(), strict=True),
        *zip(at[:-1].ravel(), at[1:].ravel(), strict=True),
    ]
    structure = Structure([0.5] * side**2, [Relation("supports", int(i), int(j), 2.0) for i, j in steps])
    began = time.thread_time()
    model = compile_model(structure, Budget(max_table_entries=2**10))
    assert time.thread_time() - began < 20
    assert not model.available.any()
    assert model.cost == 0


def test_the_cheapest_parts_come_first_when_the_tables_do_not_all_fit() -> None:
    triangle = [Relation("supports", i, j, 2.0) for i, j in combinations(range(3), 2)]
    structure = Structure([0.5] * 5, [*triangle, Relation("supports", 3, 4, 2.0)])
    model = compile_model(structure, Budget(max_width=5, max_table_entries=11))
    assert model.available.tolist() == [False, False, False, True, True]
    assert [part.tier for part in compile_model(structure, Budget(max_width=1)).parts] == ["approximate", "exact"]
    assert [part.tier for part in compile_model(structure, Budget(2, 12)).parts] == ["exact", "exact"]


# --- against a second engine


def second_engine(structure: Structure, lam: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The posterior by pyAgrum, for purely causal structures, from the definition of the logistic table."""
    causes: dict[int, list[tuple[int, float]]] = {}
    for relation in structure.relations:
        causes.setdefault(relation.target, []).append((relation.source, np.log(relation.parameter)))
    net = pyagrum.BayesNet()
    for belief in range(len(structure.priors)):
        net.add(pyagrum.LabelizedVariable(str(belief), "", 2))
    for relation in structure.relations:
        net.addArc(str(relation.source), str(relation.target))
    for belief in range(len(structure.priors)):  # lower indices first: causes before effects
        weights = causes.get(belief, [])
        if not weights:
            prior = structure.priors[belief]
            net.cpt(str(belief)).fillWith([1 - prior, prior])
            continue
        ancestors = pyagrum.LazyPropagation(net)
        parents = [str(cause) for cause, _ in weights]
        ancestors.addJointTarget(set(parents))
        ancestors.makeInference()
        joint = ancestors.jointPosterior(set(parents)) if len(parents) > 1 else ancestors.posterior(parents[0])
        states = pyagrum.Instantiation(joint)
        push, weight = [], []
        states.setFirst()
        while not states.end():
            push.append(sum(w for cause, w in weights if states[str(cause)]))
            weight.append(joint.get(states))
            states.inc()
        low, high = -60.0, 60.0
        for _ in range(200):
            middle = (low + high) / 2
            reached = np.dot(weight, 1 / (1 + np.exp(-middle - np.array(push))))
            low, high = (low, middle) if reached > structure.priors[belief] else (middle, high)
        states.setFirst()
        for total in push:
            chance = 1 / (1 + np.exp(-middle - total))
            at = {name: states[name] for name in parents}
            net.cpt(str(belief))[at] = [1 - chance, chance]
            states.inc()
    engine = pyagrum.ShaferShenoyInference(net)
    for belief in np.flatnonzero(lam).tolist():
        engine.addEvidence(str(belief), [1.0, float(np.exp(lam[belief]))])
    engine.makeInference()
    answers = [engine.posterior(str(belief)).toarray() for belief in range(len(lam))]
    return np.array([np.log(yes) - np.log(no) for no, yes in answers])


@pytest.mark.parametrize("seed", [0, 1])
def test_a_hierarchy_of_causes_answers_as_pyagrum_does(seed: int) -> None:
    structure = hier(n=240, edges=265, seed=seed, directed=True)
    lam = evidence(240, seed)
    np.testing.assert_allclose(
        compile_model(structure).log_odds(lam).log_odds, second_engine(structure, lam), rtol=0, atol=1e-9
    )


@pytest.mark.parametrize("directed", [False, True])
def test_a_twin_of_the_usual_size_is_calibrated(directed: bool) -> None:
    model = compile_model(hier(seed=2, directed=directed))
    assert model.available.all()
    assert model.drift <= 1e-9
    nearly = np.full(850, 1e-13)
    np.testing.assert_allclose(model.log_odds(nearly).log_odds, model.prior_log_odds, rtol=0, atol=1e-9)


# --- what is refused


@pytest.mark.parametrize(
    ("lam", "code"),
    [([0.0], "invalid-input"), ([0.0, np.nan], "invalid-input"), ([0.0, 31.0], "invalid-input")],
)
def test_evidence_that_is_none_is_refused(lam: list[float], code: str) -> None:
    model = compile_model(Structure([0.5, 0.5], [Relation("supports", 0, 1, 2.0)]))
    with pytest.raises(Incorrect) as refusal:
        model.log_odds(lam)
    assert refusal.value.code == code


def test_assumptions_that_contradict_are_refused() -> None:
    model = compile_model(Structure([0.5, 0.5], [Relation("supports", 0, 1, 2.0)]))
    with pytest.raises(Incorrect) as refusal:
        model.log_odds([0.0, 0.0], assume={0: True}, do={0: False})
    assert refusal.value.code == "impossible-evidence"
    with pytest.raises(Incorrect) as refusal:
        model.log_odds([0.0, 0.0], assume={2: True})
    assert refusal.value.code == "invalid-input"


def test_a_long_chain_is_a_chain_of_tanh() -> None:
    size, ratio = 200, 5.0
    structure = Structure([0.5] * size, [Relation("supports", i, j, ratio) for i, j in pairwise(range(size))])
    lam = np.zeros(size)
    lam[0] = 2.0
    t = np.tanh(np.log(ratio) / 4)
    found = compile_model(structure).log_odds(lam).log_odds
    np.testing.assert_allclose(found, 2 * np.arctanh(np.tanh(1.0) * t ** np.arange(size)), rtol=0, atol=1e-9)


def test_the_example_on_the_page_runs() -> None:
    page = (Path(__file__).parents[2] / "docs" / "inference.md").read_text()
    names: dict[str, Any] = {}
    exec(page.split("```python\n")[1].split("```")[0], names)
    contributions = names["why"].gradient[[1, 1, 2]] * names["combined"].contribution
    change = names["posterior"].log_odds[0] - names["model"].prior_log_odds[0]
    assert contributions.sum() == pytest.approx(change, abs=1e-4)
    for example in page.split("```python\n")[2:]:
        exec(example.split("```")[0], names)
    chance = {
        name: 1 / (1 + np.exp(-names[name].log_odds))
        for name in ("electric", "no_petrol", "evidence_of_alarm", "storm_too")
    }
    assert chance["electric"][[2, 4]] == pytest.approx([0.65, 0.57], abs=0.005)
    assert chance["no_petrol"][1:4] == pytest.approx(np.array([0.30, 0.20, 0.05]) / 0.55)
    assert chance["evidence_of_alarm"][:2] == pytest.approx([0.23, 0.33], abs=0.005)
    assert chance["storm_too"][0] == pytest.approx(0.14, abs=0.005)


def test_no_questions_and_no_beliefs_have_empty_answers() -> None:
    model = compile_model(Structure([0.5, 0.5], [Relation("supports", 0, 1, 2.0)]))
    assert model.log_odds(np.zeros((0, 2))).log_odds.shape == (0, 2)
    assert compile_model(Structure([])).log_odds([]).log_odds.shape == (0,)
