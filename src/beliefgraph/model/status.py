"""Status of a belief, by named rules: forming, established, contested, dissolving, dissolved, retracted."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from beliefgraph.model.record import Record
from beliefgraph.model.vocabulary import vocabulary

Status = Annotated[
    Literal["forming", "established", "contested", "dissolving", "dissolved", "retracted"],
    vocabulary(
        "State of a belief in its life cycle, derived from its evidence by fixed rules.",
        {
            "forming": "None of the other states applies yet.",
            "established": "Clearly true or clearly false, on enough evidence.",
            "contested": "Substantial evidence points both ways.",
            "dissolving": "The evidence has aged: less than half of its weight is left, and little in total.",
            "dissolved": "The evidence has aged until almost none of its weight is left.",
            "retracted": "Ended by a retraction.",
        },
    ),
]

ONCE_WEIGHTY = 2.0
"""Least unaged mass of a belief that can dissolve."""


class StatusThresholds(Record):
    """Thresholds of the status rules, in log-odds unless said otherwise."""

    dissolved_mass: float = Field(0.5, description="Total weight of aged evidence below which a belief is dissolved.")
    dissolving_mass: float = Field(
        2.0,
        description="Total weight of aged evidence from which a belief is not dissolving, however much there was "
        "before.",
    )
    contested_mass: float = Field(
        1.0,
        description="Total weight of aged evidence from which a belief can be contested.",
    )
    contested_share: float = Field(0.3, description="Share of the weaker side, in [0, 1], from which it is contested.")
    established_log_odds: float = Field(2.0, description="Absolute log-odds from which a belief is established.")
    established_mass: float = Field(
        2.0,
        description="Total weight of aged evidence from which a belief can be established.",
    )


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
    """The first rule that applies, given L, M (sum of |λ| as aged), M₀ (unaged) and the smaller side's share of M."""
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
