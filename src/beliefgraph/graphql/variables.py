"""Variables: limits on the length of lists, as declared in the model; long ones are coerced in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from annotated_types import MaxLen
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    OperationDefinitionNode,
    get_operation_ast,
    parse,
    type_from_ast,
)
from graphql.execution.values import VariableValues, get_variable_values
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from strawberry.utils.str_converters import to_camel_case

from beliefgraph.errors import Incorrect
from beliefgraph.model.command import WhatIf
from beliefgraph.model.event import Event, check_data

MOST_ITEMS = 10_000
"""Most items of a list without a limit in the model."""

MOST_ERRORS = 20
"""Most errors reported for one request."""


class LongVariables(dict[str, Any]):
    """The variables of a long message."""


class Coerced(dict[str, Any]):
    """Variables as they were sent, with their coerced values or errors."""

    def __init__(self, sent: Mapping[str, Any], values: VariableValues | list[GraphQLError]) -> None:
        super().__init__(sent)
        self.coerced = values


async def coerced_beside(
    schema: GraphQLSchema, query: str, variables: dict[str, Any], operation_name: str | None, tokens: int
) -> dict[str, Any]:
    """Long variables, coerced in a thread; unchanged if the query has no such operation."""
    return await asyncio.to_thread(_coerced, schema, query, variables, operation_name, tokens)


def _coerced(
    schema: GraphQLSchema, query: str, variables: dict[str, Any], operation_name: str | None, tokens: int
) -> dict[str, Any]:
    try:
        operation = get_operation_ast(parse(query, max_tokens=tokens), operation_name)
    except (GraphQLError, RecursionError):
        return variables
    if operation is None:
        return variables
    check_lists(schema, operation, variables)
    definitions = operation.variable_definitions or ()
    return Coerced(variables, get_variable_values(schema, definitions, variables, max_errors=MOST_ERRORS))


def without_variables(document: DocumentNode) -> DocumentNode:
    """The document without declared variables: they were coerced already."""
    return replace(
        document,
        definitions=tuple(
            replace(each, variable_definitions=()) if isinstance(each, OperationDefinitionNode) else each
            for each in document.definitions
        ),
    )


def check_events(record: object) -> None:
    """Check that the data of an event, or of those of a what-if, is within the bounds of every interface."""
    if isinstance(record, Event):
        check_data(record.data)
    elif isinstance(record, WhatIf):
        for event in record.events:
            check_data(event.data)


def check_lists(schema: GraphQLSchema, operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> None:
    """Refuse (`too-large`) a list, or an object of JSON, with more items than the model allows."""
    for definition in operation.variable_definitions or ():
        name = definition.variable.name.value
        if name in variables:
            _check(type_from_ast(schema, definition.type), variables[name], MOST_ITEMS, name)


def _check(type_: Any, value: Any, most: int, name: str) -> None:
    if isinstance(type_, GraphQLNonNull):
        _check(type_.of_type, value, most, name)
    elif isinstance(type_, GraphQLInputObjectType):
        if isinstance(value, dict):
            bounds = _bounds(type_)
            for field, inner in value.items():
                if field in type_.fields:
                    _check(type_.fields[field].type, inner, bounds.get(field, MOST_ITEMS), field)
    elif isinstance(value, list | dict):
        if len(value) > most:
            raise Incorrect("too-large", f"{name} may have {most:,} items; this has {len(value):,}.", field=name)
        if isinstance(type_, GraphQLList) and isinstance(value, list):
            for inner in value:
                _check(type_.of_type, inner, MOST_ITEMS, name)


@cache
def _bounds(type_: GraphQLInputObjectType) -> Mapping[str, int]:
    """The most items in the fields of an input, where the model has a limit."""
    record = _record(type_)
    fields = {} if record is None else record.model_fields
    found = {to_camel_case(name): _longest(field.metadata, field.annotation) for name, field in fields.items()}
    return {name: most for name, most in found.items() if most is not None}


def _longest(metadata: Iterable[Any], annotation: Any) -> int | None:
    """The `max_length` declared for a field, or for its type if it is nullable."""
    for each in metadata:
        if isinstance(each, MaxLen):
            return each.max_length
        if isinstance(each, FieldInfo):
            return _longest(each.metadata, None)
    optional = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else ()
    found = [_longest(part.__metadata__, None) for part in optional if get_origin(part) is Annotated]
    return next(iter(found), None)


def _record(type_: Any) -> type[BaseModel] | None:
    definition = type_.extensions.get("strawberry-definition") if isinstance(type_, GraphQLInputObjectType) else None
    origin = getattr(definition, "origin", None)
    return origin if isinstance(origin, type) and issubclass(origin, BaseModel) else None
