"""Refusals that name what a twin holds, redacted for a caller who may not see all of it. Pure."""

from __future__ import annotations

from beliefgraph.errors import BeliefgraphError
from beliefgraph.model.receipt import Receipt

PLAIN = {
    "cyclic-goals": "A goal would be part of itself or wait for itself.",
    "unknown-option": "The choice is not an option of the decision.",
}
"""The text of such a refusal, by code, without goals and options that the caller did not name."""


def without_names(refused: BeliefgraphError) -> BeliefgraphError:
    """The refusal without the names it reveals from the twin."""
    plain = PLAIN.get(refused.code)
    return refused if plain is None else type(refused)(refused.code, plain)


def in_part(receipt: Receipt) -> Receipt:
    """The receipt without what moved, and without the names that its reason reveals from the twin."""
    plain = PLAIN.get(receipt.code or "", receipt.reason)
    return receipt.without_changes.model_copy(update={"reason": plain})
