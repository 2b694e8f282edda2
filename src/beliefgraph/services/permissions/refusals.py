"""Refusals that name what a twin holds, as they are told to somebody who may not see all of it. Pure."""

from __future__ import annotations

from beliefgraph.errors import BeliefgraphError
from beliefgraph.model.receipt import Receipt

PLAIN = {
    "cyclic-goals": "A goal would be part of itself or wait for itself.",
    "unknown-option": "The choice is none of the options of the decision.",
}
"""By code, what such a refusal says without naming goals and options that the caller did not name."""


def without_names(refused: BeliefgraphError) -> BeliefgraphError:
    """The refusal without what of the twin it names."""
    plain = PLAIN.get(refused.code)
    return refused if plain is None else type(refused)(refused.code, plain)


def in_part(receipt: Receipt) -> Receipt:
    """The receipt without what moved, and without what of the twin its reason names."""
    plain = PLAIN.get(receipt.code or "", receipt.reason)
    return receipt.without_changes.model_copy(update={"reason": plain})
