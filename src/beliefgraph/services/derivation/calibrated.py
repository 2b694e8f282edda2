"""Calibrated log-odds, where a calibration was learned and is in force."""

from __future__ import annotations

from beliefgraph.inference.learning import Calibration
from beliefgraph.model.definition import Definitions
from beliefgraph.services.derivation.derive import PINNED


def calibrated(definitions: Definitions, attribute: str, log_odds: float | None) -> float | None:
    """The calibrated log-odds of a belief about an attribute; None where there is no calibration, or no number.

    A calibration applies to forecasts. What is already beyond doubt, such as a belief that the person corrected, is
    unchanged.
    """
    if definitions.parameters is None or log_odds is None:
        return None
    learned = definitions.parameters.calibration_of.get(attribute)
    if learned is None:
        return None
    if abs(log_odds) >= PINNED:
        return log_odds
    return float(Calibration(learned.kind, learned.knots, learned.slope)(log_odds))
