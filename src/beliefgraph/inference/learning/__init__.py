"""Learning from data: strengths of relations, calibrations, and proposals of new relations."""

from beliefgraph.inference.learning.calibration import (
    Calibration,
    CalibrationKind,
    Choice,
    calibration_of,
    isotonic,
    platt,
)
from beliefgraph.inference.learning.observations import Observations
from beliefgraph.inference.learning.proposals import Proposal, propose
from beliefgraph.inference.learning.strengths import Learned, Objective, learn, log_probability

__all__ = [
    "Calibration",
    "CalibrationKind",
    "Choice",
    "Learned",
    "Objective",
    "Observations",
    "Proposal",
    "calibration_of",
    "isotonic",
    "learn",
    "log_probability",
    "platt",
    "propose",
]
