"""Output types of twins."""

from __future__ import annotations

import strawberry

from beliefgraph.graphql.connections import connection
from beliefgraph.graphql.expose import expose, field
from beliefgraph.graphql.ids import write_id
from beliefgraph.graphql.node import GLOBAL_ID, Node
from beliefgraph.model import erasure, twin


@expose(twin.Twin, hide={"id", "tenant"})
class Twin(Node):
    """One person's or account's self-model."""

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
    """An identifier that leads to a twin, such as a device or a CRM id."""


@expose(erasure.Erasure)
class Erasure:
    """Confirmation that a twin was erased: its rows are deleted and its encryption key is destroyed."""


@expose(erasure.Readmission)
class Readmission:
    """Confirmation that events and commands about an erased person are accepted again."""


TwinConnection = connection(Twin, of_twin=False)
