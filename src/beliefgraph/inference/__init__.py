"""Inference: arrays in, arrays out; no clock, no I/O, no database. See docs/inference.md."""

from beliefgraph.inference.compile import compile_model
from beliefgraph.inference.elimination import Budget
from beliefgraph.inference.evidence import (
    LOG_LIKELIHOOD_BOUND,
    NO_ORIGIN,
    Combined,
    Heard,
    age,
    combine,
    hear,
    hear_directly,
    two_coin,
)
from beliefgraph.inference.influence import Influence
from beliefgraph.inference.items import NO_ROWS, ItemRuns, Items, Keeping, Sums, Totals, gather, spread, weigh
from beliefgraph.inference.kernels.items import GRID
from beliefgraph.inference.model import CERTAIN_LOG_ODDS, Model, Posterior
from beliefgraph.inference.quality import APPROXIMATE, EXACT, UNAVAILABLE, UNRELIABLE
from beliefgraph.inference.random_effects import NO_EFFECT
from beliefgraph.inference.responsibility import Responsibility
from beliefgraph.inference.session import Session
from beliefgraph.inference.structure import Relation, Structure
from beliefgraph.inference.warm import warm
from beliefgraph.model.relation import RelationKind

__all__ = [
    "APPROXIMATE",
    "CERTAIN_LOG_ODDS",
    "EXACT",
    "GRID",
    "LOG_LIKELIHOOD_BOUND",
    "NO_EFFECT",
    "NO_ORIGIN",
    "NO_ROWS",
    "UNAVAILABLE",
    "UNRELIABLE",
    "Budget",
    "Combined",
    "Heard",
    "Influence",
    "ItemRuns",
    "Items",
    "Keeping",
    "Model",
    "Posterior",
    "Relation",
    "RelationKind",
    "Responsibility",
    "Session",
    "Structure",
    "Sums",
    "Totals",
    "age",
    "combine",
    "compile_model",
    "gather",
    "hear",
    "hear_directly",
    "spread",
    "two_coin",
    "warm",
    "weigh",
]
