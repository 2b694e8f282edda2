"""Twins as they are answered."""

from __future__ import annotations

import strawberry

from beliefgraph.graphql.connections import connection
from beliefgraph.graphql.expose import expose, field
from beliefgraph.graphql.ids import write_id
from beliefgraph.graphql.node import GLOBAL_ID, Node
from beliefgraph.model import erasure, twin


@expose(twin.Twin, hide={"id", "tenant"})
class Twin(Node):
    """One person's or account's self-model. `headTime` is its now; `rev` counts its commits."""

    @staticmethod
    def is_type_of(value: object, _info: object) -> bool:
        """Whether a value is shown by this type."""
        return isinstance(value, twin.Twin)

    @field(None, GLOBAL_ID)
    @staticmethod
    def id(found: strawberry.Parent[twin.Twin]) -> strawberry.ID:  # type: ignore[override]
        return strawberry.ID(write_id("Twin", found.name))


@expose(twin.Identifier)
class Identifier:
    """Something that leads to a twin."""


@expose(erasure.Erasure)
class Erasure:
    """That a twin was erased: its rows are deleted and its key destroyed."""


TwinConnection = connection(Twin, of_twin=False)
