from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.benchmarks.outcome_task import OUTCOME, outcome_task, sampled
from tests.inference.oracle import Enumeration
from tests.inference.strategies import categorical, structures

from beliefgraph.errors import BeliefgraphError
from beliefgraph.inference import Relation, RelationKind, Structure, compile_model
from beliefgraph.inference.learning.calibration import platt
from beliefgraph.inference.learning.observations import Observations
from beliefgraph.inference.learning.part import parts_of, strength_of
from beliefgraph.inference.learning.strengths import Objective, _Problem, learn, log_probability

OBJECTIVES: tuple[Objective, ...] = ("discriminative", "joint")


def rows_for(structure: Structure, seed: int, rows: int = 12) -> Observations:
    rng = np.random.default_rng(seed)
    shape = rows, len(structure.priors)
    heard = np.where(rng.random(shape) < 0.6, rng.normal(0.0, 2.0, shape), 0.0)
    known, truth = rng.random(shape) < 0.4, rng.integers(0, 2, shape)
    for group in map(np.array, structure.exclusive):
        truth[:, group] = group == rng.choice(group, rows)[:, None]
    return Observations(heard, np.where(known, truth, np.nan))


def listed(
    structure: Structure, observations: Observations, objective: Objective
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The log-probability of each row by listing every joint state."""
    world = Enumeration.of(structure)
    found = []
    for heard, truth in zip(observations.log_likelihood, observations.truth, strict=True):
        weights = world.log_probability + world.states @ heard
        agrees = (np.isnan(truth) | (world.states == truth)).all(axis=1)
        told = np.logaddexp.reduce(weights[agrees])
        found.append(told - np.logaddexp.reduce(weights) if objective == "discriminative" else told)
    return np.array(found)


@settings(max_examples=40)
@given(st.one_of(structures(), categorical()), st.integers(0, 2**31), st.sampled_from(OBJECTIVES))
def test_a_row_is_as_likely_as_listing_every_state_says(structure: Structure, seed: int, objective: Objective) -> None:
    observations = rows_for(structure, seed)
    found = log_probability(structure, observations, objective)
    np.testing.assert_allclose(found, listed(structure, observations, objective), atol=1e-8)


def at(structure: Structure, strengths: list[float]) -> Structure:
    """Statements of these strengths, each said by what has no sign of its own."""
    relations = [
        Relation(
            "causes" if r.kind == "causes" else "supports" if s >= 0 else "contradicts", r.source, r.target, np.exp(s)
        )
        for r, s in zip(structure.relations, strengths, strict=True)
    ]
    return Structure(structure.priors, relations, structure.exclusive)


SIGNED: tuple[RelationKind, ...] = ("supports", "contradicts", "causes")


@settings(max_examples=40)
@given(st.one_of(structures(SIGNED), categorical(SIGNED)), st.integers(0, 2**31), st.sampled_from(OBJECTIVES))
def test_the_gradient_is_that_of_finite_differences(structure: Structure, seed: int, objective: Objective) -> None:
    observations, step = rows_for(structure, seed), 1e-5
    strengths = [strength_of(structure, relation) for relation in structure.relations]
    gradient = np.zeros(len(strengths))
    for part in parts_of(structure):
        problem = _Problem.of(part, observations, np.arange(len(observations)), objective)
        if len(problem.rows):
            _, gradient[part.relations] = problem.loss(part.at(np.array(strengths)[part.relations]))
    for k, strength in enumerate(strengths):
        if abs(strength) < 0.01:
            continue  # the kind would change across 0
        losses = [
            -log_probability(
                at(structure, [*strengths[:k], strength + d, *strengths[k + 1 :]]), observations, objective
            ).sum()
            for d in (step, -step)
        ]
        # two calibrations, each within 1e-10 nats per belief and row, over twice the step
        assert gradient[k] == pytest.approx((losses[0] - losses[1]) / (2 * step), abs=2e-4)


PLANTED = Structure(
    [0.4, 0.6, 0.3, 0.5],
    [
        Relation("supports", 0, 1, 5.0),
        Relation("contradicts", 1, 2, 0.25),
        Relation("causes", 0, 3, 4.0),
        Relation("causes", 2, 3, 0.3),
    ],
)
STATED = Structure(
    [0.4, 0.6, 0.3, 0.5],
    [
        Relation("supports", 0, 1, 1.5),
        Relation("contradicts", 1, 2, 0.8),
        Relation("causes", 0, 3, 1.0),
        Relation("causes", 2, 3, 1.0),
    ],
)


def seen(rows: int, seed: int = 0, known: float = 1.0) -> Observations:
    """Worlds of PLANTED: what is known of them, and soft evidence on the rest."""
    rng = np.random.default_rng(seed)
    world = sampled(PLANTED, rows, rng)
    shown = rng.random(world.shape) < known
    heard = np.where(shown, 0.0, (world - 0.5) * 4.0 + rng.normal(0.0, 2.0, world.shape))
    return Observations(heard, np.where(shown, world, np.nan))


@pytest.mark.parametrize(("objective", "known"), [("joint", 1.0), ("joint", 0.3), ("discriminative", 0.5)])
def test_planted_strengths_are_found(objective: Objective, known: float) -> None:
    learned = learn(STATED, seen(4_000, known=known), objective=objective, deviation=3.0)
    truth = np.array([strength_of(PLANTED, relation) for relation in PLANTED.relations])
    assert learned.converged
    assert (np.abs(learned.learned - truth) < 4 * learned.deviation).all()
    assert (learned.deviation < 0.4).all()
    assert learned.loss[1] < learned.loss[0]


def test_more_rows_say_it_more_surely() -> None:
    few, many = learn(STATED, seen(200), objective="joint"), learn(STATED, seen(3_200), objective="joint")
    assert (many.deviation < few.deviation / 2).all()


def test_what_was_stated_returns_without_rows_and_weighs_most_where_it_is_held_fast() -> None:
    nothing = learn(STATED, Observations(np.zeros((0, 4))))
    assert nothing.structure.content_hash == STATED.content_hash
    assert np.isnan(nothing.loss).all()
    fast = learn(STATED, seen(500), objective="joint", deviation=0.01)
    assert np.abs(fast.learned - fast.stated).max() < 0.05


def test_priors_stay_as_stated_whatever_is_learned() -> None:
    learned = learn(STATED, seen(500), objective="joint")
    found = compile_model(learned.structure)
    np.testing.assert_array_equal(learned.structure.priors, STATED.priors)
    assert found.drift < 1e-10


def test_support_never_becomes_contradiction() -> None:
    backwards = Structure(STATED.priors, [Relation("contradicts", 0, 1, 0.5), Relation("supports", 1, 2, 2.0)])
    learned = learn(backwards, seen(2_000), objective="joint")
    assert [relation.parameter for relation in learned.structure.relations] == pytest.approx([1.0, 1.0], abs=0.002)


def test_implication_comes_back_as_a_probability() -> None:
    structure = Structure([0.3, 0.6], [Relation("implies", 0, 1, 0.7)])
    rng = np.random.default_rng(3)
    world = sampled(Structure([0.3, 0.6], [Relation("implies", 0, 1, 0.9)]), 4_000, rng)
    (relation,) = learn(structure, Observations(np.zeros(world.shape), world), objective="joint").structure.relations
    assert relation.kind == "implies"
    assert relation.parameter == pytest.approx(world[world[:, 0] == 1, 1].mean(), abs=0.03)


def test_only_the_relations_named_move() -> None:
    learned = learn(STATED, seen(500), objective="joint", only=[1])
    moved = learned.learned != learned.stated
    assert moved.tolist() == [False, True, False, False]


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_the_order_of_the_rows_changes_no_bit(objective: Objective) -> None:
    observations = seen(300, known=0.5)
    shuffled = np.random.default_rng(1).permutation(300)
    other = Observations(observations.log_likelihood[shuffled], observations.truth[shuffled])
    one, two = (learn(STATED, each, objective=objective) for each in (observations, other))
    assert one.structure.content_hash == two.structure.content_hash
    assert one.learned.tobytes() == two.learned.tobytes()


def test_a_row_that_cannot_be_is_refused_and_a_wrong_shape_too() -> None:
    for heard, truth in (([[31.0]], None), ([[0.0]], [[0.5]]), ([[0.0, 1.0]], [[1.0]])):
        with pytest.raises(BeliefgraphError) as refused:
            Observations(heard, truth)
        assert refused.value.code == "invalid-input"
    with pytest.raises(BeliefgraphError):
        learn(STATED, Observations([[0.0]]))


def test_learning_and_platt_come_near_the_oracle_where_what_was_elicited_does_not() -> None:
    task = outcome_task(rows=4_000)
    cut = round(0.7 * len(task.observations))
    happened, heard = task.happened, task.observations.log_likelihood
    learned = learn(task.elicited, task.observations.part(0.0, 0.7)).structure

    def later(log_odds: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
        return float(np.logaddexp(0.0, np.where(happened == 1, -log_odds, log_odds))[cut:].mean())

    def log_odds_of(structure: Structure) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return compile_model(structure).log_odds(heard).log_odds[:, OUTCOME]

    after = log_odds_of(learned)
    assert later(platt(after[:cut], happened[:cut])(after)) < later(log_odds_of(task.truth)) + 0.005
    assert later(log_odds_of(task.elicited)) > later(log_odds_of(task.truth)) + 0.015
