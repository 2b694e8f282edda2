"""The record of forecasts, worked by hand."""

from __future__ import annotations

import math

import pytest

from beliefgraph.services.forecasts.record import by, record

SAID = [0.9, 0.8, 0.3, 0.2]
HAPPENED = [1, 0, 0, 0]


def test_the_record_is_what_it_is_by_hand() -> None:
    found = record(SAID, HAPPENED)
    assert found.n == 4
    assert found.base_rate == 0.25
    assert found.brier == pytest.approx((0.01 + 0.64 + 0.09 + 0.04) / 4)
    assert found.skill == pytest.approx(1 - found.brier / (0.25 * 0.75))
    assert found.log_loss == pytest.approx(-(math.log(0.9) + math.log(0.2) + math.log(0.7) + math.log(0.8)) / 4)
    assert found.sharpness == pytest.approx((0.35**2 + 0.25**2 * 2 + 0.35**2) / 4)
    assert found.drift == pytest.approx(0.3)
    assert found.bins.count.sum() == 4


def test_always_the_base_rate_has_no_skill_and_no_sharpness() -> None:
    found = record([0.25] * 4, HAPPENED)
    assert (found.skill, found.sharpness, found.drift) == (0.0, 0.0, 0.0)


def test_where_nothing_happened_there_is_no_skill_to_speak_of() -> None:
    assert math.isnan(record([0.1, 0.2], [0, 0]).skill)


def test_groups_have_their_own_records() -> None:
    found = by(["a", "a", "b", "b"], SAID, HAPPENED)
    assert found["a"].brier == record(SAID[:2], HAPPENED[:2]).brier
    assert found["b"].n == 2
