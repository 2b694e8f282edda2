"""Inference: arrays in, arrays out; no clock, no I/O, no database. See docs/inference.md."""

from beliefgraph.inference.compile import compile_model
from beliefgraph.inference.elimination import Budget
from beliefgraph.inference.evidence import (
    LOG_LIKELIHOOD_BOUND,
    NO_ORIGIN,
    Combined,
    CombinedGroups,
    age,
    apply_rates,
    combine,
    combine_groups,
    combine_unweighted,
)
from beliefgraph.inference.greatest import Greatest, PieceShape, count_pieces
from beliefgraph.inference.influence import Influence
from beliefgraph.inference.items import NO_ROWS, ItemRuns, Items, KeptShares, Spread, Sums, Totals, gather, weigh
from beliefgraph.inference.kernels.items import GRID
from beliefgraph.inference.model import CERTAIN_LOG_ODDS, Model, Posterior
from beliefgraph.inference.pieces import Kinds, Merged, Merging
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
    "CombinedGroups",
    "Greatest",
    "Influence",
    "ItemRuns",
    "Items",
    "KeptShares",
    "Kinds",
    "Merged",
    "Merging",
    "Model",
    "PieceShape",
    "Posterior",
    "Relation",
    "RelationKind",
    "Responsibility",
    "Session",
    "Spread",
    "Structure",
    "Sums",
    "Totals",
    "age",
    "apply_rates",
    "combine",
    "combine_groups",
    "combine_unweighted",
    "compile_model",
    "count_pieces",
    "gather",
    "warm",
    "weigh",
]
