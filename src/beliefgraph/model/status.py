"""Where a belief is in its life, by named rules: forming, established, contested, dissolving, dissolved, retracted."""

from __future__ import annotations

from typing import Literal

from beliefgraph.model.record import Record

Status = Literal["forming", "established", "contested", "dissolving", "dissolved", "retracted"]

ONCE_WEIGHTY = 2.0
"""Unaged mass from which a belief has something to lose."""


class StatusThresholds(Record):
    """The named settings of the rules, all in log-odds but the share.

    `dissolving_mass` is where fading begins to matter: what still has as much live evidence is not dissolving, however
    much more there was once.
    """

    dissolved_mass: float = 0.5
    dissolving_mass: float = 2.0
    contested_mass: float = 1.0
    contested_share: float = 0.3
    established_log_odds: float = 2.0
    established_mass: float = 2.0


THRESHOLDS = StatusThresholds()


def status_of(
    log_odds: float | None,
    mass: float,
    mass_unaged: float,
    opposing_share: float,
    *,
    retracted: bool = False,
    thresholds: StatusThresholds = THRESHOLDS,
) -> Status:
    """The first rule that holds, from L, M (sum of |λ| as aged), M₀ (unaged) and the smaller side's share of M."""
    if retracted:
        return "retracted"
    if mass_unaged >= ONCE_WEIGHTY and mass < thresholds.dissolved_mass:
        return "dissolved"
    if mass_unaged >= ONCE_WEIGHTY and mass < min(mass_unaged / 2, thresholds.dissolving_mass):
        return "dissolving"
    if mass >= thresholds.contested_mass and opposing_share >= thresholds.contested_share:
        return "contested"
    if (
        log_odds is not None
        and abs(log_odds) >= thresholds.established_log_odds
        and mass >= thresholds.established_mass
    ):
        return "established"
    return "forming"
