"""Log-odds as they have to be read, where a calibration was learned and is in force."""

from __future__ import annotations

from beliefgraph.inference.learning import Calibration
from beliefgraph.model.definition import Definitions
from beliefgraph.services.derivation.derive import PINNED


def calibrated(definitions: Definitions, attribute: str, log_odds: float | None) -> float | None:
    """The calibrated log-odds of a belief about an attribute; None where there is no calibration, or no number.

    A calibration is of forecasts. What is beyond doubt already, as what a person corrected is, stays as it is.
    """
    if definitions.parameters is None or log_odds is None:
        return None
    learned = definitions.parameters.calibration_of.get(attribute)
    if learned is None:
        return None
    if abs(log_odds) >= PINNED:
        return log_odds
    return float(Calibration(learned.kind, learned.knots, learned.slope)(log_odds))
