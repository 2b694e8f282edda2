"""Estimating how reliable each source is from its statements, with or without known truth."""

from beliefgraph.inference.reliability.coins import LearnedCoins, learn_coins
from beliefgraph.inference.reliability.confusion import (
    Claims,
    Confusions,
    Rates,
    foretold_truth,
    foretold_values,
    learn_confusions,
)
from beliefgraph.inference.reliability.copied import LearnedClaims, learn_claims
from beliefgraph.inference.reliability.foretold import foretold
from beliefgraph.inference.reliability.shared import COPIES, Observed, SharedErrors, learn_shared_errors, surprise
from beliefgraph.inference.reliability.statements import Answers, Statements

__all__ = [
    "COPIES",
    "Answers",
    "Claims",
    "Confusions",
    "LearnedClaims",
    "LearnedCoins",
    "Observed",
    "Rates",
    "SharedErrors",
    "Statements",
    "foretold",
    "foretold_truth",
    "foretold_values",
    "learn_claims",
    "learn_coins",
    "learn_confusions",
    "learn_shared_errors",
    "surprise",
]
