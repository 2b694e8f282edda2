"""Helpers of the output types: global ids, edges and confidences."""

from __future__ import annotations

from typing import Any, TypeVar

import strawberry

from beliefgraph.errors import Incorrect
from beliefgraph.graphql.expose import AttributeField, reading
from beliefgraph.model.belief import probability

L = TypeVar("L")

GLOBAL_ID = "Global id of the object, which the query `node` accepts."

ERROR_BAR = (
    "Error bar of the probability, in either direction; 0 if exact. For more than 95 % of beliefs the exact value lies"
    " within it, unless `quality` is UNRELIABLE."
)


@strawberry.interface(description="An object with a global id, which the query `node` accepts.")
class Node:
    """An object with a global id."""

    id: strawberry.ID = strawberry.field(description=GLOBAL_ID)


def itself(shown_by: Any, description: str) -> AttributeField:
    """An edge to another type that shows another side of the same record."""
    return reading(_same, shown_by, description)


def _same(record: Any) -> Any:
    return record


def confidence(log_odds: float | None) -> float | None:
    """The probability for log-odds; None without log-odds."""
    return None if log_odds is None else probability(log_odds)


def loaded(found: L | None, what: str) -> L:
    """What was loaded with a record; `too-complex` if it was not requested at this depth."""
    if found is None:
        raise Incorrect(
            "too-complex", f"The {what} of this belief cannot be asked for at this depth; query the belief itself."
        )
    return found
