"""How far each source can be trusted, from what the sources say: learned without the truth, and with it."""

from beliefgraph.inference.reliability.coins import LearnedCoins, learn_coins
from beliefgraph.inference.reliability.copied import LearnedClaims, learn_claims
from beliefgraph.inference.reliability.foretold import foretold
from beliefgraph.inference.reliability.shared import learn_correlation, surprise
from beliefgraph.inference.reliability.statements import Answers, Statements

__all__ = [
    "Answers",
    "LearnedClaims",
    "LearnedCoins",
    "Statements",
    "foretold",
    "learn_claims",
    "learn_coins",
    "learn_correlation",
    "surprise",
]
