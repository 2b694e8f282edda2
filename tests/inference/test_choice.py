"""What speaks for and against an option comes to one number that is bounded, fair and does not depend on the order."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beliefgraph.inference.choice import SUREST, balance, nearer

WEIGHTS = st.lists(st.floats(-1, 1), max_size=40)
LIKELY = st.lists(st.floats(0.01, 1), min_size=2, max_size=6)


def test_no_points_have_no_balance_and_one_point_is_its_own_weight() -> None:
    assert balance([]) == 0.0
    assert balance([0.4]) == pytest.approx(0.4)
    assert balance([-0.4]) == pytest.approx(-0.4)


def test_two_points_are_two_independent_hints() -> None:
    """P(right) of .8 and of .6: odds 4 and 1.5 multiply to 6, so P is 6/7, and the balance 2 * 6/7 - 1."""
    assert balance([0.6, 0.2]) == pytest.approx(5 / 7)
    assert balance([0.6, -0.6]) == pytest.approx(0.0)


def test_no_point_alone_settles_a_choice() -> None:
    assert balance([1.0]) == pytest.approx(SUREST)
    assert balance([1.0, -1.0, 0.3]) == pytest.approx(0.3)


@given(WEIGHTS)
def test_the_balance_is_bounded_whatever_the_order_and_turns_with_its_signs(weights: list[float]) -> None:
    found = balance(weights)
    assert -1.0 <= found <= 1.0
    assert found == balance(weights[::-1]) == balance(sorted(weights))
    assert balance([-weight for weight in weights]) == -found


@given(WEIGHTS, st.floats(0, 1))
def test_points_for_an_option_never_lower_it_and_points_against_it_never_raise_it(
    weights: list[float], more: float
) -> None:
    assert balance([*weights, more]) >= balance(weights)
    assert balance([*weights, -more]) <= balance(weights)


def test_nearer_is_the_expected_distance_before_less_that_after() -> None:
    """At 0, 1/2 and 1 of the way: .3 * 0 + .5 * .5 + .2 * 1 = .45 before, .7 * 0 + .2 * .5 + .1 * 1 = .2 after."""
    assert nearer([0, 0.5, 1], [0.3, 0.5, 0.2], [0.7, 0.2, 0.1]) == pytest.approx(0.25)


@given(LIKELY, st.data())
def test_of_one_value_it_is_how_far_its_probability_rose(prior: list[float], data: st.DataObject) -> None:
    posterior = data.draw(st.lists(st.floats(0.01, 1), min_size=len(prior), max_size=len(prior)))
    before = [p / math.fsum(prior) for p in prior]
    after = [p / math.fsum(posterior) for p in posterior]
    distance = [0.0, *[1.0] * (len(prior) - 1)]
    assert nearer(distance, before, after) == pytest.approx(after[0] - before[0], abs=1e-12)
    assert -1.0 <= nearer(distance, before, after) <= 1.0
    assert nearer(distance, before, before) == 0.0
