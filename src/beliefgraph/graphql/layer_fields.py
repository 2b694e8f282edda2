"""What another layer adds to the schema: its queries and commands, and a field in receipts and changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import strawberry
from graphql import GraphQLObjectType, GraphQLSchema
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types import get_object_definition

from beliefgraph.graphql.expose import reading

WITH_CHANGES = ("Receipt", "Change")
"""The types that describe changes, with a field for each layer."""


@dataclass(frozen=True)
class LayerFields:
    """The part of the schema that belongs to a layer.

    `name` is that of the layer and of its field in receipts and changes, which lists `change`s; `description` describes
    them. `queries` and `commands` are types whose fields are added to the roots.
    """

    name: str
    description: str
    change: Any
    queries: type
    commands: type


def with_fields_of(root: type, parts: Iterable[type]) -> type:
    """A root type with the fields of some other types."""
    bases = tuple(parts)
    if not bases:
        return root
    definition = get_object_definition(root, strict=True)
    return strawberry.type(type(root.__name__, (root, *bases), {}), description=definition.description)


def add_change_fields(layers: Sequence[LayerFields], schema: GraphQLSchema, converter: GraphQLCoreConverter) -> None:
    """Add the fields of some layers to receipts and changes of a schema."""
    for layer in layers:
        for name in WITH_CHANGES:
            shown = schema.type_map[name]
            assert isinstance(shown, GraphQLObjectType)
            field = reading(_changes_in(layer.name), list[layer.change], layer.description)  # type: ignore[name-defined]
            field.python_name = layer.name
            called = converter.config.name_converter.get_graphql_name(field)
            shown.fields[called] = converter.from_field(field)


def _changes_in(layer: str) -> Any:
    def changes(receipt: Any) -> Any:
        return receipt.layers.get(layer, ())

    return changes
