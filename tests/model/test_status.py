"""The rules of status, one by one; L log-odds, M mass, M₀ mass unaged, O the smaller side's share."""

from __future__ import annotations

import pytest

from beliefgraph.model.status import Status, StatusThresholds, status_of


@pytest.mark.parametrize(
    ("log_odds", "mass", "unaged", "share", "expected"),
    [
        # nothing known, little known
        (-4.6, 0.0, 0.0, 0.0, "forming"),  # a small prior is no knowledge
        (0.0, 0.0, 0.0, 0.0, "forming"),
        (1.9, 1.9, 1.9, 0.0, "forming"),
        # established: |L| >= 2 and M >= 2
        (2.0, 2.0, 2.0, 0.0, "established"),
        (-2.0, 2.0, 2.0, 0.0, "established"),
        (1.999, 5.0, 5.0, 0.0, "forming"),
        (9.0, 1.999, 1.999, 0.0, "forming"),
        (None, 5.0, 5.0, 0.0, "forming"),  # too wide to know L
        # contested: M >= 1 and O >= 0.3, before established
        (0.0, 1.0, 1.0, 0.3, "contested"),
        (3.0, 8.0, 8.0, 0.3, "contested"),
        (3.0, 8.0, 8.0, 0.299, "established"),
        (0.0, 0.999, 0.999, 0.5, "forming"),
        # dissolving: M0 >= 2 and M < min(M0/2, 2), before contested
        (0.0, 1.0, 2.0, 0.5, "contested"),
        (0.0, 0.999, 2.0, 0.5, "dissolving"),
        (3.0, 1.999, 8.0, 0.0, "dissolving"),
        (3.0, 2.0, 8.0, 0.0, "established"),  # less than half is left, but enough to be sure
        (0.0, 0.7, 1.99, 0.0, "forming"),  # it never weighed enough to lose anything
        # dissolved: M0 >= 2 and M < 0.5, before dissolving
        (0.0, 0.5, 2.0, 0.0, "dissolving"),
        (0.0, 0.499, 2.0, 0.0, "dissolved"),
        (5.0, 0.0, 2.0, 0.5, "dissolved"),  # what is related may still hold it up
        (0.0, 0.0, 1.999, 0.0, "forming"),
    ],
)
def test_the_first_rule_that_holds(
    log_odds: float | None, mass: float, unaged: float, share: float, expected: Status
) -> None:
    assert status_of(log_odds, mass, unaged, share) == expected
    assert status_of(log_odds, mass, unaged, share, retracted=True) == "retracted"


def test_thresholds_are_settings() -> None:
    strict = StatusThresholds(established_log_odds=4.0)
    assert status_of(3.0, 3.0, 3.0, 0.0, thresholds=strict) == "forming"
    assert status_of(3.0, 3.0, 3.0, 0.0) == "established"
