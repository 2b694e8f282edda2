"""THE NUMBERS: arrays in, arrays out; no clock, no input or output, no database. See docs/inference.md."""

from beliefgraph.inference.compile import compile_model
from beliefgraph.inference.elimination import Budget
from beliefgraph.inference.evidence import (
    CORRECTION_LOG_ODDS,
    LOG_LIKELIHOOD_BOUND,
    NO_ORIGIN,
    Combined,
    age,
    combine,
    two_coin,
)
from beliefgraph.inference.influence import Influence
from beliefgraph.inference.model import CERTAIN_LOG_ODDS, Model, Posterior
from beliefgraph.inference.quality import APPROXIMATE, EXACT, UNAVAILABLE, UNRELIABLE
from beliefgraph.inference.rules.excludes import ODDS_RATIO as EXCLUDES_ODDS_RATIO
from beliefgraph.inference.session import Session
from beliefgraph.inference.structure import Relation, RelationKind, Structure
from beliefgraph.inference.warm import warm

__all__ = [
    "APPROXIMATE",
    "CERTAIN_LOG_ODDS",
    "CORRECTION_LOG_ODDS",
    "EXACT",
    "EXCLUDES_ODDS_RATIO",
    "LOG_LIKELIHOOD_BOUND",
    "NO_ORIGIN",
    "UNAVAILABLE",
    "UNRELIABLE",
    "Budget",
    "Combined",
    "Influence",
    "Model",
    "Posterior",
    "Relation",
    "RelationKind",
    "Session",
    "Structure",
    "age",
    "combine",
    "compile_model",
    "two_coin",
    "warm",
]
