"""Evidence ages, passes through its source and adds up: the same bits in any order, and nothing left once withdrawn."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beliefgraph.errors import Incorrect
from beliefgraph.inference import LOG_LIKELIHOOD_BOUND, NO_EFFECT, NO_ORIGIN, Combined, age, apply_rates, combine

DAY = 86400.0
FOREVER = np.inf
QUANTUM = 2.0**-32


def combined(*items: tuple[int, int, float], reliability: float = 1.0, beliefs: int = 3) -> Combined:
    """Fresh items (belief, source, λ), every source wrong equally often either way: r = 1 − 2·P(error)."""
    belief, source, llr = (np.array(column) for column in zip(*items, strict=True))
    fresh, a = np.zeros(len(items)), (1 + reliability) / 2
    return combine(belief, source, llr, fresh, fresh + FOREVER, beliefs=beliefs, says_if_holds=a, says_if_not=1 - a)


def shared(*items: tuple[int, int, float], correlation: float = 1.0) -> Combined:
    """Fresh items on one belief (source, origin, λ), of sources that are always right."""
    source, origin, llr = (np.array(column) for column in zip(*items, strict=True))
    fresh = np.zeros(len(items))
    return combine(
        np.zeros(len(items), dtype=int), source, llr, fresh, fresh + FOREVER,
        beliefs=1, origin=origin, correlation=correlation,
    )  # fmt: skip


@st.composite
def columns(draw: st.DrawFn) -> dict[str, Any]:
    """Any evidence on three beliefs from four sources."""
    n = draw(st.integers(1, 30))
    rates = np.array([[draw(st.floats(0, 1)), draw(st.floats(0, 1))] for _ in range(4)])
    correlation = np.array([draw(st.floats(0, 1)) for _ in range(3)])
    origin = np.array(draw(st.lists(st.integers(NO_ORIGIN, 2), min_size=n, max_size=n)))
    source = np.array(draw(st.lists(st.integers(0, 3), min_size=n, max_size=n)))
    scale = np.array([draw(st.floats(0.25, 4)) for _ in range(3)])
    deviation = np.array([draw(st.just(0.0) | st.floats(0.01, 3)) for _ in range(3)])
    effect = np.array(draw(st.lists(st.integers(NO_EFFECT, 2), min_size=n, max_size=n)))
    return {
        "belief": np.array(draw(st.lists(st.integers(0, 2), min_size=n, max_size=n))),
        "source": source,
        "log_likelihood_ratio": np.array(draw(st.lists(st.floats(-12, 12), min_size=n, max_size=n))),
        "elapsed": np.array(draw(st.lists(st.floats(0, 1e8), min_size=n, max_size=n))),
        "half_life": np.array(draw(st.lists(st.floats(1, 1e8) | st.just(FOREVER), min_size=n, max_size=n))),
        "says_if_holds": rates[source, 0],
        "says_if_not": rates[source, 1],
        "origin": origin,
        "correlation": correlation[origin],
        "scale": scale[origin],
        "effect": effect,
        "deviation": deviation[effect],
    }


def test_after_one_half_life_half_the_tanh_is_left() -> None:
    assert np.tanh(age(2.0, DAY, DAY) / 2) == pytest.approx(np.tanh(1.0) / 2)
    assert np.tanh(age(-2.0, 3 * DAY, DAY) / 2) == pytest.approx(-np.tanh(1.0) / 8)


def test_fresh_or_ageless_evidence_keeps_every_bit() -> None:
    llr = np.array([-700.0, -12.0, -1e-12, 0.0, 0.3, 30.0])
    assert (age(llr, 0.0, DAY) == llr).all()
    assert (age(llr, 1e12, FOREVER) == llr).all()


def test_ageing_twice_is_ageing_once_for_the_whole_time() -> None:
    llr = np.array([-40.0, -3.0, 1e-9, 0.5, 12.0])
    np.testing.assert_allclose(age(age(llr, DAY, 3 * DAY), 2 * DAY, 3 * DAY), age(llr, 3 * DAY, 3 * DAY), rtol=1e-13)


def test_overwhelming_evidence_ages_to_what_the_channel_allows() -> None:
    # tanh(λ/2) is 1, so after n half-lives λ' = 2·artanh(2^-n) = log((2^n + 1) / (2^n − 1)).
    assert age(700.0, DAY, DAY) == pytest.approx(np.log(3.0), rel=1e-15)
    assert age(-700.0, 2 * DAY, DAY) == pytest.approx(-np.log(5 / 3), rel=1e-15)
    # A second into a year's half-life: 1 − 2^-x needs the digits that 1 − 0.99999998 has lost.
    lost = np.log(2) / (365 * DAY)
    assert age(700.0, 1.0, 365 * DAY) == pytest.approx(np.log(2 / lost), rel=1e-7)


def test_equal_rates_are_no_evidence_and_inverted_ones_the_opposite() -> None:
    assert apply_rates(5.0, 0.5, 0.5) == 0.0
    assert apply_rates(5.0, 1.0, 0.0) == 5.0
    assert apply_rates(5.0, 0.0, 1.0) == -5.0


def test_equal_error_rates_are_a_symmetric_channel() -> None:
    llr, r = np.linspace(-20, 20, 41), 0.7
    channel = 2 * np.arctanh(r * np.tanh(llr / 2))
    np.testing.assert_allclose(apply_rates(llr, (1 + r) / 2, (1 - r) / 2), channel, rtol=1e-9, atol=1e-15)


def test_rates_follow_their_definition() -> None:
    a, b, llr = 0.8, 0.3, 1.2
    odds = np.exp(llr)
    assert apply_rates(llr, a, b) == pytest.approx(np.log((a * odds + 1 - a) / (b * odds + 1 - b)))
    assert apply_rates(llr, 1.0, 0.0) == llr
    assert apply_rates(800.0, 0.9, 0.1) == pytest.approx(np.log(9))


def test_independent_sources_add() -> None:
    found = combined((0, 1, 1.5), (0, 2, -0.25), (2, 1, 4.0))
    assert found.log_likelihood.tolist() == [1.25, 0.0, 4.0]
    assert found.contribution.tolist() == [1.5, -0.25, 4.0]


def test_a_source_that_repeats_itself_a_thousand_times_saturates() -> None:
    many = combined(*[(0, 7, 1.0)] * 1000, reliability=0.8)
    once = combined((0, 7, 1.0), reliability=0.8)
    # However often: no more than a source that is wrong one time in ten can say, log(.9 / .1).
    assert many.log_likelihood[0] == pytest.approx(np.log(9), abs=QUANTUM)
    assert once.log_likelihood[0] == pytest.approx(2 * np.arctanh(0.8 * np.tanh(0.5)), abs=QUANTUM)
    assert combined(*[(0, s, 1.0) for s in range(3)], reliability=0.8).log_likelihood[0] > many.log_likelihood[0]


def test_r_then_minus_r_returns() -> None:
    assert combined((0, 1, 1.3), (0, 1, -1.3), reliability=0.6).log_likelihood[0] == 0.0
    assert combined((0, 1, 1.3), (0, 2, -1.3), reliability=0.6).log_likelihood[0] == 0.0


def test_items_that_cancel_each_carry_the_slope_of_their_channel() -> None:
    found = combined((0, 1, 2.0), (0, 1, -2.0), reliability=0.5)
    assert found.contribution.tolist() == [1.0, -1.0]
    assert found.mass[0] == 2.0
    assert found.opposing_share[0] == 0.5


def test_mass_counts_what_is_left_and_unaged_mass_what_there_was() -> None:
    found = combine([0, 0], [1, 2], [2.0, -1.0], [DAY, 0.0], [DAY, DAY], beliefs=1)
    aged = 2 * np.arctanh(np.tanh(1.0) / 2)
    assert found.log_likelihood[0] == pytest.approx(aged - 1.0, abs=2 * QUANTUM)
    assert found.mass[0] == pytest.approx(aged + 1.0, abs=2 * QUANTUM)
    assert found.mass_unaged[0] == 3.0
    assert found.opposing_share[0] == pytest.approx(min(aged, 1.0) / (aged + 1.0), abs=1e-9)


def test_no_belief_gets_more_than_the_bound_and_its_items_share_it() -> None:
    found = combined(*[(0, source, 20.0) for source in range(4)], (0, 9, -5.0))
    assert found.log_likelihood[0] == LOG_LIKELIHOOD_BOUND
    assert found.contribution.sum() == pytest.approx(LOG_LIKELIHOOD_BOUND)
    assert combined((0, 1, 500.0)).log_likelihood[0] == LOG_LIKELIHOOD_BOUND


@settings(max_examples=100)
@given(columns(), st.randoms())
def test_the_order_of_arrival_changes_no_bit(items: dict[str, Any], random: Any) -> None:
    order = list(range(len(items["belief"])))
    random.shuffle(order)
    first = combine(**items, beliefs=3)
    again = combine(**{name: column[order] for name, column in items.items()}, beliefs=3)
    for name in ("log_likelihood", "mass", "mass_unaged", "opposing_share"):
        assert (getattr(first, name) == getattr(again, name)).all()
    assert (first.contribution[order] == again.contribution).all()


@settings(max_examples=100)
@given(columns())
def test_the_items_of_a_belief_sum_to_its_log_likelihood(items: dict[str, Any]) -> None:
    found = combine(**items, beliefs=3)
    sums = np.bincount(items["belief"], found.contribution, minlength=3)
    np.testing.assert_allclose(sums, found.log_likelihood, rtol=0, atol=1e-8)
    size = np.bincount(items["belief"], np.abs(found.contribution), minlength=3)
    np.testing.assert_allclose(size, found.mass, rtol=0, atol=1e-8)
    assert (found.opposing_share <= 0.5).all()


@settings(max_examples=60)
@given(columns())
def test_evidence_that_says_nothing_changes_nothing(items: dict[str, Any]) -> None:
    more = {name: np.append(column, column[:1]) for name, column in items.items()}
    more["log_likelihood_ratio"][-1] = 0.0
    more["origin"] = np.full_like(more["origin"], NO_ORIGIN)
    items["origin"] = np.full_like(items["origin"], NO_ORIGIN)
    more["effect"], items["effect"] = (np.full_like(each["effect"], NO_EFFECT) for each in (more, items))
    first, again = combine(**items, beliefs=3), combine(**more, beliefs=3)
    assert (first.log_likelihood == again.log_likelihood).all()
    assert (first.mass == again.mass).all()


@settings(max_examples=60)
@given(columns(), st.data())
def test_withdrawing_an_item_changes_the_total_by_the_predicted_amount(
    items: dict[str, Any], data: st.DataObject
) -> None:
    gone = data.draw(st.integers(0, len(items["belief"]) - 1))
    left = {name: np.delete(column, gone) for name, column in items.items()}
    found, without = combine(**items, beliefs=3), combine(**left, beliefs=3)
    on = items["belief"][gone]
    assert found.total[on] - found.withdrawn[gone] == without.total[on]


@given(columns())
def test_sources_without_error_rates_count_the_same_beside_one_that_has_some(items: dict[str, Any]) -> None:
    plain = {**items, "says_if_holds": 1.0, "says_if_not": 0.0, "origin": NO_ORIGIN, "effect": NO_EFFECT}
    plain = {name: np.broadcast_to(column, items["belief"].shape) for name, column in plain.items()}
    erring = {**dict.fromkeys(plain, 0), "belief": 3, "source": 9, "log_likelihood_ratio": 1.0, "half_life": FOREVER}
    erring |= {"says_if_holds": 0.8, "says_if_not": 0.3, "origin": NO_ORIGIN, "effect": NO_EFFECT}
    beside = {name: np.append(column, erring[name]) for name, column in plain.items()}
    alone, with_it = combine(**plain, beliefs=3), combine(**beside, beliefs=4)
    for name in ("log_likelihood", "total", "mass", "mass_unaged", "opposing_share"):
        assert (getattr(alone, name) == getattr(with_it, name)[:3]).all(), name
    for name in ("contribution", "withdrawn"):
        assert (getattr(alone, name) == getattr(with_it, name)[:-1]).all(), name


def test_copies_of_one_origin_count_once() -> None:
    once = shared((1, 0, 1.5), (9, NO_ORIGIN, 0.5))
    copied = shared((1, 0, 1.5), (2, 0, 1.5), (3, 0, 1.5), (9, NO_ORIGIN, 0.5))
    assert copied.log_likelihood[0] == once.log_likelihood[0] == 2.0
    assert copied.contribution.tolist() == pytest.approx([0.5, 0.5, 0.5, 0.5], abs=QUANTUM)
    assert copied.withdrawn[:3].tolist() == [0.0, 0.0, 0.0]


def test_what_shares_a_part_of_its_error_adds_up_to_what_normal_errors_allow() -> None:
    # Observations ±1 with unit variance and correlation ρ: λ = 2·1ᵀΣ⁻¹x, and each alone says 2·x.
    rho, x = 0.3, np.array([0.4, -0.1, 1.2, 0.7])
    covariance = np.full((4, 4), rho) + (1 - rho) * np.eye(4)
    expected = 2 * np.linalg.solve(covariance, x).sum()
    found = shared(*[(i, 5, float(2 * value)) for i, value in enumerate(x)], correlation=rho)
    assert found.log_likelihood[0] == pytest.approx(expected, abs=1e-8)
    many = shared(*[(i, 5, 1.0) for i in range(1000)], correlation=rho)
    assert many.log_likelihood[0] == pytest.approx(1000 / (1 + 999 * rho), abs=1e-8)
    assert many.log_likelihood[0] < 1 / rho


def test_what_has_aged_shares_less() -> None:
    found = combine([0, 0], [1, 2], [2.0, 2.0], [0.0, 20 * DAY], [DAY, DAY], beliefs=1, origin=[4, 4], correlation=0.5)
    assert found.log_likelihood[0] == pytest.approx(2.0, abs=1e-5)


def test_no_evidence_says_nothing() -> None:
    found = combine([], [], [], [], [], beliefs=2)
    assert found.log_likelihood.tolist() == [0.0, 0.0]
    assert found.opposing_share.tolist() == [0.0, 0.0]
    assert found.contribution.shape == (0,)


def test_five_thousand_items_take_a_moment() -> None:
    rng = np.random.default_rng(0)
    source = rng.integers(0, 40, 5000)
    columns = (
        rng.integers(0, 850, 5000), source, rng.normal(size=5000), rng.uniform(0, 1e7, 5000), np.full(5000, 1e7)
    )  # fmt: skip
    a = rng.uniform(0.6, 1, 40)[source]
    combine(*columns, beliefs=850, says_if_holds=a, says_if_not=1 - a)
    began = time.thread_time()
    combine(*columns, beliefs=850, says_if_holds=a, says_if_not=1 - a)
    assert time.thread_time() - began < 0.05


@pytest.mark.parametrize(
    "change",
    [
        {"belief": [0, 3]},
        {"belief": [-1, 0]},
        {"belief": [0.5, 1.0]},
        {"source": [1]},
        {"log_likelihood_ratio": [np.nan, 1.0]},
        {"log_likelihood_ratio": ["a", "b"]},
        {"elapsed": [-1.0, 0.0]},
        {"half_life": [0.0, 1.0]},
        {"half_life": [np.nan, 1.0]},
        {"says_if_holds": [1.5, 1.5]},
        {"says_if_not": -0.1},
        {"says_if_holds": [0.5, 0.6], "belief": [0, 0]},
        {"says_if_holds": [0.5, 0.6, 0.7]},
        {"origin": [0.5, 1.0]},
        {"correlation": 2.0},
        {"correlation": [0.5, 0.6], "origin": [4, 4], "belief": [0, 0]},
    ],
)
def test_evidence_that_is_none_is_refused(change: dict[str, Any]) -> None:
    items: dict[str, Any] = {
        "belief": [0, 1], "source": [1, 1], "log_likelihood_ratio": [1.0, 1.0], "elapsed": [0.0, 0.0],
        "half_life": [1.0, 1.0],
    }  # fmt: skip
    with pytest.raises(Incorrect) as refusal:
        combine(**{**items, **change}, beliefs=3)
    assert refusal.value.code == "invalid-input"


def test_rates_outside_zero_to_one_are_refused() -> None:
    with pytest.raises(Incorrect):
        apply_rates(1.0, 1.1, 0.5)


def test_withdrawing_a_source_removes_exactly_its_evidence() -> None:
    rng = np.random.default_rng(4)
    kept = [
        (0, int(source), float(llr)) for source, llr in zip(rng.integers(0, 5, 40), rng.normal(size=40), strict=True)
    ]
    withdrawn = [(0, 9, float(llr)) for llr in rng.normal(0.2, 0.3, 20)]
    together = combined(*kept, *withdrawn, reliability=0.7).log_likelihood[0]
    assert (
        together - combined(*withdrawn, reliability=0.7).log_likelihood[0]
        == combined(*kept, reliability=0.7).log_likelihood[0]
    )
