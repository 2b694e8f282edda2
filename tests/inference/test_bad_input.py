"""Whatever is handed in is refused in words, or answered in finite numbers: never by NaN, and never by a crash."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from beliefgraph.errors import BeliefgraphError, Incorrect
from beliefgraph.inference import LOG_LIKELIHOOD_BOUND, Relation, RelationKind, Structure, combine, compile_model
from beliefgraph.inference.rules.plackett import STRONGEST_ODDS_RATIO
from beliefgraph.inference.structure import MAX_STATES
from beliefgraph.model.vocabulary import values_of

NO_NUMBERS = [np.nan, np.inf, -np.inf]


def refused(code: str, make: Any, *arguments: Any, **more: Any) -> None:
    with pytest.raises(Incorrect) as refusal:
        make(*arguments, **more)
    assert refusal.value.code == code
    assert refusal.value.message


# --- statements


@pytest.mark.parametrize("prior", [0.0, 1.0, -0.1, 1.1, -0.0])
def test_a_prior_of_certainty_or_worse_is_refused(prior: float) -> None:
    refused("infeasible-statements", Structure, [0.5, prior])


@pytest.mark.parametrize("number", NO_NUMBERS)
def test_what_is_no_number_is_refused_wherever_it_stands(number: float) -> None:
    refused("invalid-input", Structure, [0.5, number])
    for kind in ("supports", "contradicts", "excludes", "implies", "causes"):
        refused("infeasible-statements", Structure, [0.5, 0.5], [Relation(kind, 0, 1, number)])
    model = compile_model(Structure([0.5, 0.5], [Relation("supports", 0, 1, 2.0)]))
    for ask in (model.log_odds, model.session, lambda lam: model.influence(0, lam), lambda lam: model.cohort(lam, [0])):
        refused("invalid-input", ask, [0.0, number])
    refused("invalid-input", model.session([0.0, 0.0]).set_evidence, 0, number)
    refused("invalid-input", model.influence(0, [0.0, 0.0]).without, [0], [number])
    refused("invalid-input", combine, [0], [0], [number], [0.0], [1.0], beliefs=1)


@pytest.mark.parametrize("ratio", [0.0, -0.0, -2.0, STRONGEST_ODDS_RATIO * 1.01, 0.99 / STRONGEST_ODDS_RATIO, 1e300])
@pytest.mark.parametrize("kind", ["supports", "contradicts", "excludes", "causes"])
def test_a_ratio_of_nothing_or_beyond_all_bounds_is_refused(kind: Any, ratio: float) -> None:
    refused("infeasible-statements", Structure, [0.5, 0.5], [Relation(kind, 0, 1, ratio)])


@pytest.mark.parametrize("kind", ["supports", "contradicts", "excludes", "implies", "causes"])
def test_a_relation_to_itself_is_refused(kind: Any) -> None:
    refused("invalid-input", Structure, [0.5, 0.5], [Relation(kind, 1, 1, 0.5)])


@pytest.mark.parametrize("noisy_or", [[], [0, 1, 2]])
def test_causes_that_lead_back_are_refused(noisy_or: list[int]) -> None:
    ring = [Relation("causes", i, (i + 1) % 3, 0.5) for i in range(3)]
    refused("cyclic-causes", Structure, [0.5] * 3, ring, noisy_or=noisy_or)


@pytest.mark.parametrize(
    ("priors", "groups", "code"),
    [
        ([0.5, 0.3, 0.2], [(0, 1, 2), (1, 2)], "invalid-input"),
        ([0.5, 0.5, 0.2], [(0, 1), (0, 1)], "invalid-input"),
        ([0.5, 0.3, 0.2], [(0,)], "invalid-input"),
        ([0.5, 0.3, 0.2], [(0, 3)], "invalid-input"),
        ([0.5, 0.3, 0.2], [(0, 1)], "infeasible-statements"),
        ([0.5, 0.3, 0.2 + 2e-9], [(0, 1, 2)], "infeasible-statements"),
        ([0.9, 0.9], [(0, 1)], "infeasible-statements"),
        ([1 / 1025] * 1025, [range(1025)], "invalid-input"),
    ],
)
def test_groups_that_are_no_variable_are_refused(priors: list[float], groups: Any, code: str) -> None:
    refused(code, Structure, priors, exclusive=groups)


def test_two_variables_of_a_thousand_values_fill_the_budget_and_more_is_not_exact() -> None:
    priors = np.full(MAX_STATES, 1 / MAX_STATES)
    groups = [range(MAX_STATES), range(MAX_STATES, 2 * MAX_STATES)]
    both = [*priors, *priors, 0.5]
    apart = compile_model(Structure(both, exclusive=groups))
    assert apart.available.all()
    joined = compile_model(Structure(both, [Relation("supports", 0, MAX_STATES, 4.0)], groups))
    assert joined.cost == MAX_STATES**2
    assert joined.available.all()
    relations = [Relation("supports", 0, MAX_STATES, 4.0), Relation("supports", 1, 2 * MAX_STATES, 4.0)]
    wider = compile_model(Structure(both, relations, groups))
    assert [part.tier for part in wider.parts] == ["approximate"]
    lam = np.zeros(2 * MAX_STATES + 1)
    lam[[0, MAX_STATES]] = 3.0, -2.0
    chance = 1 / (1 + np.exp(-wider.log_odds(lam).log_odds))
    assert chance[:MAX_STATES].sum() == pytest.approx(1.0, abs=1e-9)


# --- evidence


def test_certainties_that_contradict_each_other_are_refused() -> None:
    model = compile_model(Structure([0.5, 0.5, 0.3, 0.3, 0.4], [Relation("causes", 0, 1, 2.0)], [(2, 3, 4)]))
    nothing = np.zeros(5)
    refused("impossible-evidence", model.log_odds, nothing, assume={1: True}, do={1: False})
    refused("impossible-evidence", model.log_odds, nothing, assume={2: True, 3: True})
    refused("impossible-evidence", model.log_odds, nothing, assume={2: False}, do={3: False, 4: False})
    refused("impossible-evidence", model.influence, 0, nothing, assume={2: True}, do={4: True})
    refused("invalid-input", model.log_odds, nothing, assume={5: True})
    refused("invalid-input", model.log_odds, nothing, do={-1: True})


@pytest.mark.parametrize("lam", [LOG_LIKELIHOOD_BOUND * 1.001, -LOG_LIKELIHOOD_BOUND * 1.001, 1e300])
def test_evidence_past_the_bound_is_refused(lam: float) -> None:
    refused("invalid-input", compile_model(Structure([0.5])).log_odds, [lam])


# --- anything at all

REFUSALS = {"invalid-input", "infeasible-statements", "cyclic-causes", "impossible-evidence", "too-wide"}

PROBABILITIES = st.one_of(
    st.sampled_from([0.0, 1.0, *NO_NUMBERS, -1.0, 2.0, 5e-324, 1e-300, 1e-15, 1 - 1e-16, 1 - 1e-9]),
    st.floats(0.001, 0.999),
)
PARAMETERS = st.one_of(
    st.sampled_from([0.0, 1.0, *NO_NUMBERS, -1.0, 1e-6, 1e6, 1e-300, 1e300, 0.999999, 1 - 1e-16]), st.floats(1e-4, 1e4)
)
KINDS = st.sampled_from([*values_of(RelationKind), "likes"])


@st.composite
def anything(draw: st.DrawFn) -> tuple[Any, ...]:
    """Priors, relations, groups, noisy ORs, evidence and assumptions, each often none."""
    wild = draw(st.booleans())
    n = draw(st.integers(0, 6))
    tame = st.floats(0.001, 0.999)
    priors = np.array([draw(PROBABILITIES if wild else tame) for _ in range(n)])
    index = st.integers(-1, n) if wild else st.integers(0, max(0, n - 1))
    kinds = KINDS if wild else st.sampled_from(values_of(RelationKind))
    relations = draw(st.lists(st.builds(Relation, kinds, index, index, PARAMETERS), max_size=5))
    groups = draw(st.lists(st.lists(index, max_size=4), max_size=2))
    if not wild:
        relations = [r for r in relations if r.source != r.target]
        for group in groups:
            if group and n:
                priors[group] /= priors[group].sum()
    noisy_or = draw(st.lists(index, max_size=2)) if wild else []
    lam = [
        draw(st.one_of(st.sampled_from([*NO_NUMBERS, 30.0, -30.0, 31.0, 0.0]), st.floats(-30, 30))) for _ in range(n)
    ]
    fixed = draw(st.dictionaries(index, st.booleans(), max_size=3))
    return priors, relations, groups, noisy_or, lam, fixed


@settings(max_examples=400)
@given(anything())
@example((np.array([1e-15, 0.5]), [Relation("supports", 0, 1, 1e6)], [], [], [30.0, -30.0], {}))
@example((np.array([1e-300, 0.5]), [Relation("supports", 0, 1, 1e6)], [], [], [30.0, -30.0], {}))
@example((np.array([1e-12, 1 - 1e-12, 0.5]), [Relation("supports", 0, 2, 1e6)], [(0, 1)], [], [30.0, -30.0, 0.0], {}))
def test_anything_at_all_is_refused_in_words_or_answered_in_finite_numbers(everything: tuple[Any, ...]) -> None:
    priors, relations, groups, noisy_or, lam, fixed = everything
    try:
        model = compile_model(Structure(priors, relations, groups, noisy_or))
        answers = [
            model.log_odds(lam).log_odds,
            model.log_odds(lam, assume=fixed).log_odds,
            model.log_odds(lam, do=fixed).log_odds,
            model.session(lam).log_odds(),
            model.cohort(lam, range(len(priors)))[0],
        ]
        for target in range(len(priors)):
            why = model.influence(target, lam, assume=fixed)
            answers += [why.gradient, np.array([why.log_odds, why.prior_log_odds, why.residual])]
    except BeliefgraphError as error:
        if error.code not in REFUSALS:
            raise
        return
    assert all(np.isfinite(answer).all() for answer in answers)
    for group in model.exclusive:
        assert (1 / (1 + np.exp(-answers[0][list(group)]))).sum() == pytest.approx(1.0, abs=1e-9)
