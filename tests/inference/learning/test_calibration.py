from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beliefgraph.errors import BeliefgraphError
from beliefgraph.inference.learning.calibration import IDENTITY, calibration_of, isotonic, platt


def labelled(
    rows: int, slope: float, intercept: float, seed: int = 0
) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], ...]:
    """Log-odds, and what happened as if the truth were slope·L + intercept."""
    rng = np.random.default_rng(seed)
    log_odds = rng.normal(0.0, 2.0, rows)
    chance = 1 / (1 + np.exp(-slope * log_odds - intercept))
    return log_odds, (rng.random(rows) < chance).astype(np.float64)


def test_platt_finds_the_line() -> None:
    found = platt(*labelled(20_000, 0.5, -1.0))
    assert found.slope == pytest.approx(0.5, abs=0.03)
    assert found([0.0, 2.0]).tolist() == pytest.approx([-1.0, 0.0], abs=0.08)


def test_isotonic_finds_what_is_no_line() -> None:
    rng = np.random.default_rng(0)
    log_odds = rng.uniform(-4, 4, 40_000)
    chance = np.where(log_odds < 0, 0.2, 0.7)
    found = isotonic(log_odds, rng.random(40_000) < chance)
    assert (1 / (1 + np.exp(-found([-3.0, -1.0, 1.0, 3.0])))).tolist() == pytest.approx([0.2, 0.2, 0.7, 0.7], abs=0.03)


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.floats(-30, 30), st.booleans()), min_size=1, max_size=60),
    st.lists(st.floats(-120, 120), min_size=2, max_size=20).map(sorted),
)
def test_what_is_surer_stays_at_least_as_sure(rows: list[tuple[float, bool]], asked: list[float]) -> None:
    log_odds, happened = zip(*rows, strict=True)
    for fit in (platt, isotonic):
        found = fit(log_odds, happened)(asked)
        assert np.isfinite(found).all()
        assert (np.diff(found) >= -1e-9).all()


@settings(max_examples=30)
@given(st.integers(1, 2_000), st.floats(0.1, 3.0), st.floats(-2, 2), st.integers(0, 1_000))
def test_the_one_chosen_is_never_worse_on_later_rows_than_none(
    rows: int, slope: float, intercept: float, seed: int
) -> None:
    log_odds, happened = labelled(rows, slope, intercept, seed)
    choice = calibration_of(log_odds, happened)
    later = slice(choice.fitted, None)
    calibrated = choice.calibration(log_odds)[later]
    if choice.held_out:
        loss, before = (
            np.logaddexp(0.0, np.where(happened[later] == 1, -each, each)).mean()
            for each in (calibrated, log_odds[later])
        )
        assert loss <= before


def test_few_labels_change_nothing_and_steps_need_many() -> None:
    rows = labelled(2_000, 0.4, 0.5)
    few, some, many = (calibration_of(*(column[:n] for column in rows)) for n in (199, 200, 2_000))
    assert few.calibration is IDENTITY
    assert set(some.log_loss) == {"identity", "platt"}
    assert set(many.log_loss) == {"identity", "platt", "isotonic"}
    assert many.log_loss[many.calibration.kind] == min(many.log_loss.values()) < many.log_loss["identity"]


def test_what_is_calibrated_already_is_left_alone_or_hardly_moved() -> None:
    choice = calibration_of(*labelled(5_000, 1.0, 0.0))
    asked = np.linspace(-3, 3, 7)
    assert np.abs(choice.calibration(asked) - asked).max() < 0.4


def test_labels_of_one_outcome_teach_nothing() -> None:
    assert calibration_of(np.linspace(-3, 3, 500), np.ones(500)).calibration is IDENTITY


def test_the_identity_changes_no_bit() -> None:
    asked = np.random.default_rng(0).normal(size=100)
    assert IDENTITY(asked).tobytes() == asked.tobytes()


def test_the_same_labels_give_the_same_calibration() -> None:
    rows = labelled(2_000, 0.4, 0.5)
    assert calibration_of(*rows) == calibration_of(*rows)


@pytest.mark.parametrize(("log_odds", "happened"), [([], []), ([0.0], [0.5]), ([0.0, 1.0], [1.0]), ([np.nan], [1.0])])
def test_what_are_no_labels_is_refused(log_odds: list[float], happened: list[float]) -> None:
    with pytest.raises(BeliefgraphError) as refused:
        calibration_of(log_odds, happened)
    assert refused.value.code == "invalid-input"
