"""Estimating how reliable each source is from its statements, with or without known truth."""

from beliefgraph.inference.reliability.confusion import (
    Claims,
    Confusions,
    Rates,
    learn_confusions,
    predicted_truth,
    predicted_values,
)
from beliefgraph.inference.reliability.copied import LearnedClaims, learn_claims
from beliefgraph.inference.reliability.predicted import predicted
from beliefgraph.inference.reliability.shared import COPIES, Observed, SharedErrors, learn_shared_errors, surprise
from beliefgraph.inference.reliability.source_rates import LearnedRates, learn_source_rates
from beliefgraph.inference.reliability.statements import Answers, Statements

__all__ = [
    "COPIES",
    "Answers",
    "Claims",
    "Confusions",
    "LearnedClaims",
    "LearnedRates",
    "Observed",
    "Rates",
    "SharedErrors",
    "Statements",
    "learn_claims",
    "learn_confusions",
    "learn_shared_errors",
    "learn_source_rates",
    "predicted",
    "predicted_truth",
    "predicted_values",
    "surprise",
]
