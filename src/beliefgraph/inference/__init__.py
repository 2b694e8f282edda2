"""THE NUMBERS: arrays in, arrays out; no clock, no input or output, no database. See docs/inference.md."""

from beliefgraph.inference.compile import compile_model
from beliefgraph.inference.elimination import Budget
from beliefgraph.inference.evidence import (
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
from beliefgraph.inference.responsibility import Responsibility
from beliefgraph.inference.session import Session
from beliefgraph.inference.structure import Relation, Structure
from beliefgraph.inference.warm import warm
from beliefgraph.model.relation import RelationKind

__all__ = [
    "APPROXIMATE",
    "CERTAIN_LOG_ODDS",
    "EXACT",
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
    "Responsibility",
    "Session",
    "Structure",
    "age",
    "combine",
    "compile_model",
    "two_coin",
    "warm",
]
