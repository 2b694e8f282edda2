"""Hazards: rows by hand, the chance of anything within a horizon by enumeration, and the life table as an oracle."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from beliefgraph.errors import Incorrect
from beliefgraph.inference.foresight.hazards import Histories, States, any_within, columns, log_none
from beliefgraph.inference.foresight.logistic import Logistic, fit


def two() -> Histories:
    """Events at 0, 1.5 and 3 of one subject, observed 4.5 periods; and at 0 of another, observed 2."""
    return Histories(
        np.array([0, 3, 4]), np.array([0.0, 1.5, 3.0, 0.0]), np.array([4.5, 2.0]), np.array([[0.1], [0.2]])
    )


def test_rows_are_the_state_before_each_full_period() -> None:
    states, happened = two().rows()
    assert happened.tolist() == [0, 1, 1, 0, 0, 0]  # 3.0 ends period (2, 3]; period (4, 5] is unfinished
    assert states.count.tolist() == [1, 1, 2, 3, 1, 1]
    assert states.recency.tolist() == [0, 1, 0.5, 0, 0, 1]
    assert states.age.tolist() == [0, 1, 2, 3, 0, 1]
    assert states.further[:, 0].tolist() == [0.1] * 4 + [0.2] * 2


def test_the_state_at_the_end_is_what_is_known_then() -> None:
    states = two().states()
    assert states.count.tolist() == [3, 1]
    assert states.recency.tolist() == [1.5, 2.0]
    assert states.age.tolist() == [4.5, 2.0]


def test_no_row_depends_on_what_came_after_it() -> None:
    whole = two()
    cut = replace(whole, start=np.array([0, 2, 3]), time=np.array([0.0, 1.5, 0.0]), observed=np.array([2.9, 2.0]))
    now, later = cut.rows()[0], whole.rows()[0]
    for name in ("count", "recency", "age"):
        assert getattr(now, name)[:2].tolist() == getattr(later, name)[:2].tolist()


def test_the_chance_of_anything_is_the_sum_over_all_paths_on_which_something_happens() -> None:
    states, happened = two().rows()
    model = replace(fit(columns(states), happened, 10.0), intercept=-1.0)
    state = two().states().at(slice(0, 1))
    horizon = 6

    def chance(state: States, path: tuple[int, ...]) -> float:
        """How likely exactly this path is; an event changes the state of what follows."""
        total = 1.0
        for happens in path:
            h = 1 / (1 + np.exp(-model.log_odds(columns(state))[0]))
            total *= h if happens else 1 - h
            state = state.later(1)
            if happens:
                state = replace(state, count=state.count + 1, recency=np.zeros(1))
        return float(total)

    paths = list(product((0, 1), repeat=horizon))
    assert sum(chance(state, path) for path in paths) == pytest.approx(1.0)
    exact = sum(chance(state, path) for path in paths if any(path))
    assert any_within(model, state, horizon)[0] == pytest.approx(exact, rel=1e-12)


def test_without_columns_that_matter_it_is_the_life_table() -> None:
    """With a column for each period and hardly any penalty, the hazards are the shares of the life table."""
    draw = np.random.default_rng(2)
    until, seen = draw.integers(1, 6, 4000), draw.integers(1, 7, 4000)
    at_risk = np.array([((until >= k) & (seen >= k)).sum() for k in range(1, 6)])
    died = np.array([((until == k) & (seen >= k)).sum() for k in range(1, 6)])
    period = np.repeat(np.arange(5), at_risk)
    y = np.concatenate([np.arange(n) < d for n, d in zip(at_risk, died, strict=True)]).astype(float)
    found = fit(np.eye(5)[period], y, 1e-6)
    hazard = 1 / (1 + np.exp(-found.log_odds(np.eye(5))))
    assert hazard[:4] == pytest.approx((died / at_risk)[:4], abs=1e-6)


def test_a_longer_horizon_is_never_less_likely() -> None:
    states, happened = two().rows()
    model = fit(columns(states), happened)
    assert (np.diff(log_none(model, two().states(), 30), axis=1) <= 0).all()


@pytest.mark.parametrize("horizon", [0, -1, 10_001])
def test_a_horizon_of_zero_or_without_end_is_refused(horizon: int) -> None:
    model = Logistic(0.0, np.zeros(1), np.zeros(1), 0.0)
    with pytest.raises(Incorrect, match="horizon is"):
        any_within(model, two().states(), horizon)


def test_events_out_of_order_or_after_the_end_are_refused() -> None:
    with pytest.raises(Incorrect, match="order"):
        replace(two(), time=np.array([0.0, 3.0, 1.5, 0.0]))
    with pytest.raises(Incorrect, match="after the end"):
        replace(two(), observed=np.array([2.0, 2.0]))
    with pytest.raises(Incorrect, match="first is at time 0"):
        replace(two(), time=np.array([0.5, 1.5, 3.0, 0.0]))
