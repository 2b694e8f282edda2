"""The values of a categorical variable are beliefs of which exactly one holds: against every joint state listed, and
against a second engine."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pyagrum as untyped_pyagrum
import pytest
from hypothesis import assume as given_that
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.inference.oracle import Enumeration, joint_of, logit
from tests.inference.strategies import categorical, categorical_questions, evidence_for

from beliefgraph.errors import Incorrect
from beliefgraph.inference import (
    CERTAIN_LOG_ODDS,
    LOG_LIKELIHOOD_BOUND,
    Budget,
    Relation,
    RelationKind,
    Structure,
    combine,
    compile_model,
)
from beliefgraph.inference.arrays import Floats
from beliefgraph.inference.influence import RESIDUAL_BOUND
from beliefgraph.inference.structure import MAX_STATES

pyagrum: Any = untyped_pyagrum

UNDIRECTED: tuple[RelationKind, ...] = ("supports", "contradicts", "excludes", "implies")
Question = tuple[Structure, Floats]


def probability(log_odds: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-log_odds)))


# --- by hand


def test_evidence_for_one_value_multiplies_its_weight() -> None:
    model = compile_model(Structure([0.5, 0.3, 0.2], exclusive=[(0, 1, 2)]))
    found = probability(model.log_odds([0.0, np.log(4.0), 0.0]).log_odds)
    np.testing.assert_allclose(found, np.array([0.5, 1.2, 0.2]) / 1.9, rtol=0, atol=1e-15)


def test_a_relation_with_one_value_moves_the_others_in_their_proportions() -> None:
    # A belief that supports the first value: by Plackett P(value 0 | belief) = p11 / .4, and 3:2 for the rest.
    structure = Structure([0.5, 0.3, 0.2, 0.4], [Relation("supports", 0, 3, 5.0)], [(0, 1, 2)])
    known = probability(compile_model(structure).log_odds(np.zeros(4), assume={3: True}).log_odds)
    first = joint_of(0.5, 0.4, 5.0)[1, 1] / 0.4
    np.testing.assert_allclose(known[:3], [first, 0.6 * (1 - first), 0.4 * (1 - first)], rtol=0, atol=1e-12)


def test_knowing_one_value_is_knowing_that_the_others_do_not_hold() -> None:
    structure = Structure([0.5, 0.3, 0.2, 0.4], [Relation("supports", 0, 3, 5.0)], [(0, 1, 2)])
    model = compile_model(structure)
    for fixed in ({"assume": {1: True}}, {"do": {1: True}}, {"assume": {0: False, 2: False}}):
        found = model.log_odds([9.0, -1.0, 2.0, 0.0], **fixed).log_odds
        assert found[:3].tolist() == [-CERTAIN_LOG_ODDS, CERTAIN_LOG_ODDS, -CERTAIN_LOG_ODDS]
        assert probability(found)[3] == pytest.approx(joint_of(0.5, 0.4, 5.0)[0, 1] / 0.5, abs=1e-12)


def test_a_value_ruled_out_leaves_the_others_in_their_proportions() -> None:
    model = compile_model(Structure([0.5, 0.3, 0.2], exclusive=[(0, 1, 2)]))
    found = model.log_odds(np.zeros(3), assume={0: False}).log_odds
    assert found[0] == -CERTAIN_LOG_ODDS
    np.testing.assert_allclose(probability(found)[1:], [0.6, 0.4], rtol=0, atol=1e-15)


# --- against enumeration


def both_ways(question: Question, **more: Any) -> tuple[Floats, Floats]:
    structure, lam = question
    return compile_model(structure).log_odds(lam, **more).log_odds, Enumeration.of(structure).log_odds(lam, **more)


@settings(max_examples=60)
@given(categorical_questions(UNDIRECTED))
def test_undirected_relations_with_values_answer_as_enumeration_does(question: Question) -> None:
    found, expected = both_ways(question)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


@settings(max_examples=60)
@given(categorical_questions(("causes",)))
def test_values_that_cause_answer_as_enumeration_does(question: Question) -> None:
    found, expected = both_ways(question)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


@settings(max_examples=60)
@given(categorical_questions())
def test_mixed_relations_with_values_answer_as_enumeration_does(question: Question) -> None:
    found, expected = both_ways(question)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


@settings(max_examples=40)
@given(categorical_questions(), st.booleans(), st.sampled_from(["assume", "do"]), st.data())
def test_assuming_and_doing_answer_as_enumeration_does(
    question: Question, holds: bool, how: str, data: st.DataObject
) -> None:
    belief = data.draw(st.integers(0, len(question[1]) - 1))
    found, expected = both_ways(question, **{how: {belief: holds}})
    np.testing.assert_allclose(found, np.clip(expected, -CERTAIN_LOG_ODDS, CERTAIN_LOG_ODDS), rtol=0, atol=1e-9)


@settings(max_examples=40)
@given(categorical_questions(size=LOG_LIKELIHOOD_BOUND))
def test_answers_stay_finite_and_exact_at_the_bound_of_evidence(question: Question) -> None:
    found, expected = both_ways(question)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-8)


# --- what must hold without an oracle


@settings(max_examples=60)
@given(categorical_questions())
def test_the_probabilities_of_a_group_sum_to_one(question: Question) -> None:
    structure, lam = question
    found = probability(compile_model(structure).log_odds(lam).log_odds)
    for group in structure.exclusive:
        assert found[list(group)].sum() == pytest.approx(1.0, abs=1e-12)


@settings(max_examples=40)
@given(categorical())
def test_without_evidence_every_value_answers_its_stated_prior(structure: Structure) -> None:
    model = compile_model(structure)
    assert model.drift <= 1e-10
    nothing = np.zeros(len(structure.priors))
    assert (model.log_odds(nothing).log_odds == model.prior_log_odds).all()
    np.testing.assert_allclose(model.prior_log_odds, logit(structure.priors), rtol=0, atol=1e-12)
    # Also where the pass is really run.
    np.testing.assert_allclose(model.log_odds(nothing + 1e-13).log_odds, logit(structure.priors), rtol=0, atol=1e-9)


@settings(max_examples=40)
@given(categorical_questions(), st.randoms(use_true_random=False))
def test_the_numbering_of_beliefs_does_not_matter(question: Question, random: Any) -> None:
    structure, lam = question
    new = list(range(len(lam)))
    random.shuffle(new)
    priors, moved = np.empty(len(lam)), np.empty(len(lam))
    priors[new], moved[new] = structure.priors, lam
    relations = [Relation(kind, new[i], new[j], parameter) for kind, i, j, parameter in structure.relations]
    groups = [[new[belief] for belief in group] for group in structure.exclusive]
    found = compile_model(Structure(priors, relations, groups)).log_odds(moved).log_odds
    np.testing.assert_allclose(found[new], compile_model(structure).log_odds(lam).log_odds, rtol=0, atol=1e-9)


@settings(max_examples=40)
@given(st.floats(0.05, 0.95), st.floats(0.05, 0.95), st.floats(1.0, 20.0), st.floats(-5, 5), st.floats(-5, 5))
def test_two_values_are_one_belief(first: float, other: float, ratio: float, yes: float, no: float) -> None:
    binary = compile_model(Structure([first, other], [Relation("supports", 0, 1, ratio)]))
    values = compile_model(Structure([first, other, 1 - first], [Relation("supports", 0, 1, ratio)], [(0, 2)]))
    expected = binary.log_odds([yes - no, 1.0]).log_odds
    found = values.log_odds([yes, 1.0, no]).log_odds
    np.testing.assert_allclose(found, [*expected, -expected[0]], rtol=0, atol=1e-12)


@settings(max_examples=25)
@given(categorical_questions(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_no_bit(question: Question, random: Any) -> None:
    structure, lam = question
    model = compile_model(structure)
    items = [(belief, source, value / source) for belief, value in enumerate(lam) for source in (1, 2)]
    answers = []
    for _ in range(3):
        random.shuffle(items)
        belief, source, llr = (np.array(column) for column in zip(*items, strict=True))
        heard = combine(
            belief=belief,
            source=source,
            log_likelihood_ratio=llr,
            elapsed=np.zeros(len(items)),
            half_life=np.full(len(items), np.inf),
            says_if_holds=0.95,
            says_if_not=0.05,
            beliefs=len(lam),
        )
        answers.append(model.log_odds(heard.log_likelihood).log_odds)
    assert (np.array(answers) == answers[0]).all()


# --- explanations


@settings(max_examples=40)
@given(categorical_questions(), st.data())
def test_contributions_sum_and_withdrawals_equal_brute_force(question: Question, data: st.DataObject) -> None:
    structure, lam = question
    model = compile_model(structure)
    target = data.draw(st.integers(0, len(lam) - 1))
    found = model.influence(target, lam)
    after = model.log_odds(lam).log_odds[target]
    assert found.log_odds == pytest.approx(after, abs=1e-12)
    assert lam @ found.gradient == pytest.approx(after - model.prior_log_odds[target], abs=RESIDUAL_BOUND)
    delta = data.draw(st.floats(-5, 5))
    beliefs = np.arange(len(lam))
    for belief, left in zip(beliefs, found.without(beliefs, delta), strict=True):
        missing = lam.copy()
        missing[belief] -= delta
        assert left == pytest.approx(model.log_odds(missing).log_odds[target], abs=1e-9)


@settings(max_examples=25)
@given(categorical_questions(), st.data())
def test_the_gradient_is_the_average_slope_along_the_path(question: Question, data: st.DataObject) -> None:
    structure, lam = question
    truth = Enumeration.of(structure)
    target = data.draw(st.integers(0, len(lam) - 1))
    found = compile_model(structure).influence(target, lam)
    given_that(found.nodes > 0)  # a belief related to none has its own evidence, and no path
    abscissa, weight = np.polynomial.legendre.leggauss(found.nodes)
    step = 1e-5
    for belief in range(len(lam)):
        nudge = step * np.eye(len(lam))[belief]
        slopes = [
            (truth.log_odds((1 + s) / 2 * lam + nudge)[target] - truth.log_odds((1 + s) / 2 * lam - nudge)[target])
            / (2 * step)
            for s in abscissa
        ]
        assert found.gradient[belief] == pytest.approx(weight @ slopes / 2, abs=1e-8)


def test_assumptions_on_values_hold_along_the_whole_path() -> None:
    structure = Structure([0.5, 0.3, 0.2, 0.4], [Relation("supports", 0, 3, 5.0)], [(0, 1, 2)])
    model = compile_model(structure)
    lam = np.array([1.0, 2.0, -1.0, 0.5])
    found = model.influence(3, lam, assume={2: False})
    assert found.gradient[2] == pytest.approx(0.0, abs=1e-14)
    assert found.log_odds == pytest.approx(model.log_odds(lam, assume={2: False}).log_odds[3], abs=1e-12)
    for belief in range(4):
        missing = np.where(np.arange(4) == belief, 0.0, lam)
        left = model.log_odds(missing, assume={2: False}).log_odds[3]
        assert found.without([belief], lam[belief])[0] == pytest.approx(left, abs=1e-12)
    # What follows from an assumption is as settled as the assumption.
    assert model.influence(1, lam, assume={0: True}).log_odds == -CERTAIN_LOG_ODDS


# --- sessions and cohorts


@settings(max_examples=40)
@given(categorical_questions(size=30.0), st.data())
def test_a_session_says_what_the_full_pass_says(question: Question, data: st.DataObject) -> None:
    structure, lam = question
    model = compile_model(structure)
    session, now = model.session(lam), lam.copy()
    for _ in range(5):
        belief = data.draw(st.integers(0, len(lam) - 1))
        now[belief] = data.draw(st.one_of(st.just(0.0), st.floats(-30.0, 30.0)))
        session.set_evidence(belief, now[belief])
        expected = model.log_odds(now).log_odds
        asked = data.draw(st.integers(0, len(lam) - 1))
        assert session.log_odds_of(asked) == expected[asked]
        if data.draw(st.booleans()):
            np.testing.assert_allclose(session.log_odds(), expected, rtol=0, atol=1e-12)
    for belief in range(len(lam)):
        session.set_evidence(belief, 0.0)
    assert (session.log_odds() == model.prior_log_odds).all()


def test_twenty_thousand_changes_to_values_do_not_add_up() -> None:
    structure, lam = network(7)
    model = compile_model(structure)
    session = model.session(lam)
    rng = np.random.default_rng(7)
    for step in range(20_000):
        belief = int(rng.integers(len(lam)))
        lam[belief] = 0.0 if rng.random() < 0.3 else rng.normal(0.0, 3.0)
        session.set_evidence(belief, lam[belief])
        if step % 7 == 0:
            session.log_odds()
        if step % 500 == 1:
            asked = int(rng.integers(len(lam)))
            assert session.log_odds_of(asked) == model.log_odds(lam).log_odds[asked]
    np.testing.assert_allclose(session.log_odds(), model.log_odds(lam).log_odds, rtol=0, atol=1e-12)


@settings(max_examples=40)
@given(categorical_questions(size=30.0), st.integers(0, 2**32 - 1))
def test_a_cohort_has_the_bits_of_its_users_asked_one_by_one(question: Question, seed: int) -> None:
    structure, lam = question
    model = compile_model(structure)
    rng = np.random.default_rng(seed)
    rows = np.where(rng.random((70, len(lam))) < 0.5, lam * rng.uniform(-1, 1, (70, len(lam))), 0.0)
    rows[7] = 0.0
    expected = model.log_odds(rows).log_odds
    assert (model.cohort(rows, range(len(lam))) == expected).all()
    asked = [len(lam) - 1, 0]
    assert (model.cohort(rows, asked) == expected[:, asked]).all()


# --- against a second engine


def network(seed: int) -> tuple[Structure, Floats]:
    """Ten variables of three to five values and ten beliefs by themselves, joined as a tree by relations of one
    value or belief with another, and evidence on half of them."""
    rng = np.random.default_rng(seed)
    sizes = [*rng.integers(3, 6, 10), *[1] * 10]
    rng.shuffle(sizes)
    first = np.concatenate([[0], np.cumsum(sizes)])
    priors = np.concatenate([rng.dirichlet(np.full(k, 3.0)) if k > 1 else rng.uniform(0.1, 0.9, 1) for k in sizes])
    relations = []
    for child in range(1, 20):
        one, other = (int(first[v] + rng.integers(sizes[v])) for v in (rng.integers(child), child))
        ratio = float(np.exp(rng.uniform(0.5, 3.0)))
        kind: RelationKind = "supports" if rng.random() < 0.5 else "excludes"
        relations.append(Relation(kind, one, other, ratio if kind == "supports" else 1 / ratio))
    groups = [range(first[v], first[v + 1]) for v in range(20) if sizes[v] > 1]
    lam = np.where(rng.random(len(priors)) < 0.5, rng.normal(0.0, 2.0, len(priors)), 0.0)
    return Structure(priors, relations, groups), lam


@pytest.mark.parametrize("seed", range(6))
def test_a_tree_of_variables_answers_as_pyagrum_does(seed: int) -> None:
    structure, lam = network(seed)
    variables = structure.variables
    place = {belief: (v, state) for v, some in enumerate(variables) for state, belief in enumerate(some)}
    field = pyagrum.MarkovRandomField()
    for v, some in enumerate(variables):
        field.add(pyagrum.LabelizedVariable(f"v{v}", "", max(2, len(some))))
    for v, some in enumerate(variables):
        prior, given = structure.priors[list(some)], np.exp(lam[list(some)])
        if len(some) == 1:
            prior, given = np.array([1 - prior[0], prior[0]]), np.array([1.0, given[0]])
        field.addFactor([f"v{v}"])
        field.factor([f"v{v}"]).fillWith((prior * given).tolist())
    for relation in structure.relations:
        ends = [place[relation.source], place[relation.target]]
        held = [np.arange(max(2, len(variables[v]))) == (state if len(variables[v]) > 1 else 1) for v, state in ends]
        first, second = structure.priors[relation.source], structure.priors[relation.target]
        table = joint_of(first, second, relation.parameter) / np.outer([1 - first, first], [1 - second, second])
        names = [f"v{v}" for v, _ in ends]
        field.addFactor(names)
        factor = field.factor(names)
        states = pyagrum.Instantiation(factor)
        states.setFirst()
        while not states.end():
            factor.set(states, float(table[tuple(int(h[states[name]]) for h, name in zip(held, names, strict=True))]))
            states.inc()
    engine = pyagrum.ShaferShenoyMRFInference(field)
    engine.makeInference()
    expected = np.empty(len(lam))
    for belief, (v, state) in place.items():
        posterior = engine.posterior(f"v{v}").toarray()
        at = state if len(variables[v]) > 1 else 1
        expected[belief] = np.log(posterior[at]) - np.log(np.delete(posterior, at).sum())
    np.testing.assert_allclose(compile_model(structure).log_odds(lam).log_odds, expected, rtol=0, atol=1e-9)


# --- many values, many relations


def test_a_thousand_values_are_answered() -> None:
    rng = np.random.default_rng(3)
    priors = rng.dirichlet(np.ones(MAX_STATES))
    relations = [Relation("supports", value, MAX_STATES + value % 3, 4.0) for value in range(9)]
    structure = Structure([*priors, 0.2, 0.5, 0.7], relations, [range(MAX_STATES)])
    model = compile_model(structure)
    assert model.drift <= 1e-10
    lam = np.zeros(MAX_STATES + 3)
    lam[[5, 700, MAX_STATES]] = 3.0, 2.0, -1.0
    found = model.log_odds(lam).log_odds
    assert probability(found)[:MAX_STATES].sum() == pytest.approx(1.0, abs=1e-12)
    assert (model.cohort(lam, range(len(lam))) == found).all()
    session = model.session(lam)
    assert session.log_odds_of(700) == found[700]
    influence = model.influence(700, lam)
    assert abs(influence.residual) <= RESIDUAL_BOUND
    left = lam.copy()
    left[5] = 0.0
    assert influence.without([5], 3.0)[0] == pytest.approx(model.log_odds(left).log_odds[700], abs=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_strong_relations_between_all_values_are_calibrated(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sizes = [3, 4, 5, 1, 1]
    first = np.concatenate([[0], np.cumsum(sizes)])
    priors = np.concatenate([rng.dirichlet(np.ones(k)) if k > 1 else rng.uniform(0.02, 0.98, 1) for k in sizes])
    relations = []
    for one in range(5):
        for other in range(one):
            for i in range(first[one], first[one + 1]):
                for j in range(first[other], first[other + 1]):
                    if rng.random() < 0.5:
                        ratio = float(np.exp(rng.uniform(0, np.log(100.0))))
                        kind: RelationKind = "supports" if rng.random() < 0.5 else "contradicts"
                        relations.append(Relation(kind, i, j, ratio if kind == "supports" else 1 / ratio))
    model = compile_model(Structure(priors, relations, [range(0, 3), range(3, 7), range(7, 12)]))
    assert model.drift <= 1e-10
    nearly = np.full(len(priors), 1e-13)
    np.testing.assert_allclose(model.log_odds(nearly).log_odds, model.prior_log_odds, rtol=0, atol=1e-9)


def test_cost_and_budget_count_the_states() -> None:
    tenth = [0.1] * 10
    structure = Structure([*tenth, *tenth, 0.5], [Relation("supports", 0, 10, 2.0)], [range(10), range(10, 20)])
    model = compile_model(structure)
    assert (model.width, model.cost) == (1, 100)
    assert model.available.all()
    assert [part.tier for part in model.parts] == ["exact"]
    small = compile_model(structure, Budget(max_table_entries=99))
    assert [(part.tier, len(part.beliefs)) for part in small.parts] == [("approximate", 20)]


# --- what is refused


@pytest.mark.parametrize(
    ("assume", "do"),
    [({0: True, 1: True}, {}), ({0: True}, {1: True}), ({0: False, 1: False, 2: False}, {}), ({}, {0: True, 2: True})],
)
def test_two_values_or_none_are_impossible(assume: dict[int, bool], do: dict[int, bool]) -> None:
    model = compile_model(Structure([0.5, 0.3, 0.2], exclusive=[(0, 1, 2)]))
    with pytest.raises(Incorrect) as refusal:
        model.log_odds(np.zeros(3), assume=assume, do=do)
    assert refusal.value.code == "impossible-evidence"


@pytest.mark.parametrize(
    ("relations", "groups", "code"),
    [
        ([], [(0,)], "invalid-input"),
        ([], [()], "invalid-input"),
        ([], [(0, 0, 1)], "invalid-input"),
        ([], [(0, 1, 2), (2, 3)], "invalid-input"),
        ([], [(2, 3, 4)], "invalid-input"),
        ([], [(-1, 0)], "invalid-input"),
        ([], [(0.0, 1.0)], "invalid-input"),
        ([], [("a", "b")], "invalid-input"),
        ([], [(0, 1)], "infeasible-statements"),
        ([("supports", 0, 1, 2.0)], [(0, 1, 2)], "invalid-input"),
        ([("excludes", 0, 2, 0.1)], [(0, 1, 2)], "invalid-input"),
        ([("causes", 3, 0, 2.0)], [(0, 1, 2)], "invalid-input"),
    ],
)
def test_what_is_no_variable_is_refused(relations: Any, groups: Any, code: str) -> None:
    with pytest.raises(Incorrect) as refusal:
        Structure([0.5, 0.3, 0.2, 0.4], [Relation(*relation) for relation in relations], groups)
    assert refusal.value.code == code


def test_too_many_values_are_refused_with_what_to_do() -> None:
    many = MAX_STATES + 1
    with pytest.raises(Incorrect, match="put rare values together") as refusal:
        Structure([1 / many] * many, exclusive=[range(many)])
    assert refusal.value.code == "invalid-input"


def test_priors_that_leave_something_over_are_refused_with_their_sum() -> None:
    with pytest.raises(Incorrect, match="these sum to") as refusal:
        Structure([0.5, 0.4], exclusive=[(0, 1)])
    assert refusal.value.ids["total"] == pytest.approx(0.9)
    Structure([0.5, 0.5 + 9e-10], exclusive=[(0, 1)])


def test_the_hash_tells_groups_apart_and_knows_them_again() -> None:
    priors = [0.25, 0.25, 0.25, 0.25, 0.75]
    one = Structure(priors, exclusive=[(0, 1, 2, 3)])
    assert Structure(priors, exclusive=[[3, 1, 0, 2]]).content_hash == one.content_hash
    assert one.content_hash not in (
        Structure(priors).content_hash,
        Structure(priors, exclusive=[(0, 4)]).content_hash,
    )
    # What has no groups is known by the hash it always had.
    priors_alone = b"beliefgraph structure 1\n" + np.array([0.5, 0.4], dtype="<f8").tobytes()
    assert Structure([0.5, 0.4]).content_hash == hashlib.sha256(priors_alone).hexdigest()


@settings(max_examples=25)
@given(categorical(), st.data())
def test_evidence_given_and_taken_back_leaves_no_trace(structure: Structure, data: st.DataObject) -> None:
    lam = data.draw(evidence_for(structure))
    model = compile_model(structure)
    first = model.log_odds(lam).log_odds
    model.log_odds(-lam)
    assert (model.log_odds(lam).log_odds == first).all()
