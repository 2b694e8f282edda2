"""Labels for colours in Neo4j Browser: its styles depend on labels, not on values. The service never reads them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from beliefgraph.model.belief import Holding, probability
from beliefgraph.model.evidence import Bearing

LIKELY, UNLIKELY = 0.8, 0.2
"""The confidences from which a belief is shown as likely, and up to which as unlikely."""


LABELS = frozenset(("Likely", "Unlikely", "Against"))
"""All labels that exist only for display."""


def belief_labels(holding: Holding) -> list[str]:
    """The labels that colour a belief; none where it is neither likely nor unlikely."""
    if holding.log_odds is None:
        return []
    confidence = probability(holding.log_odds)
    return ["Likely"] if confidence >= LIKELY else ["Unlikely"] if confidence <= UNLIKELY else []


def evidence_labels(opened: Iterable[Bearing]) -> dict[str, list[str]]:
    """The labels that colour evidence, by its id: those whose bearings are all against their beliefs."""
    ratios_of: dict[str, list[float]] = defaultdict(list)
    for row in opened:
        ratios_of[row.evidence].append(row.log_likelihood_ratio)
    return {id_: ["Against"] for id_, ratios in ratios_of.items() if max(ratios) < 0}
