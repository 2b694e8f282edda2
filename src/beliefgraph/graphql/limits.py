"""Limits of a query: its depth, aliases, and number of objects with its page sizes multiplied."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    execute_sync,
    get_named_type,
    get_operation_ast,
    introspection_types,
    is_abstract_type,
    is_composite_type,
    is_list_type,
    is_non_null_type,
)
from strawberry.extensions import SchemaExtension

from beliefgraph.errors import Incorrect
from beliefgraph.graphql.variables import Coerced, check_lists

PAGE = "first"
"""The argument with the page size."""

ASSUMED_LENGTH = 10
"""Assumed length of a list without pages: a belief's relations, its evidence."""


MOST_STEPS = 20_000
"""Most parts of a query that are examined, after expanding fragments."""

MOST_INTROSPECTED = 20_000
"""Most objects of introspection for one query: twice what tools request."""

MOST_INTROSPECTED_BESIDE = 1_000
"""The same if the query requests something else too, so that it is not answered in a thread of its own."""

COST: ContextVar[int] = ContextVar("COST", default=0)
"""The number of objects that the operation of the current task may return."""

INTROSPECTION = {"__schema": "__Schema", "__type": "__Type"}


@dataclass(frozen=True)
class Limits:
    """The limits of a query."""

    depth: int = 12
    aliases: int = 30
    cost: int = 50_000
    tokens: int = 4_000
    page: int = 2_000
    introspection: bool = True


@dataclass
class Measure:
    """The size of one operation."""

    depth: int = 0
    aliases: int = 0
    cost: int = 0
    page: int = 0
    introspected: int = 0

    @property
    def introspects_only(self) -> bool:
        """Whether the schema alone can answer it."""
        return self.introspected > 0 and not self.depth

    def check(self, limits: Limits) -> None:
        """Refuse (`too-complex`) an operation beyond the limits, or (`too-large`) a page beyond its limit."""
        if self.page > limits.page:
            raise Incorrect(
                "too-large", f"A page has at most {limits.page:,}; first is {self.page:,}.", first=self.page
            )
        for what, found, most in (
            ("levels", self.depth, limits.depth),
            ("aliases", self.aliases, limits.aliases),
            ("objects, its pages multiplied,", self.cost, limits.cost),
            (
                "objects of introspection",
                self.introspected,
                MOST_INTROSPECTED_BESIDE if self.depth else MOST_INTROSPECTED,
            ),
        ):
            if found > most:
                raise Incorrect("too-complex", f"This query asks for {found:,} {what} where {most:,} are allowed.")


def measure(
    schema: GraphQLSchema, operation: OperationDefinitionNode, document: DocumentNode, variables: Mapping[str, Any]
) -> Measure:
    """The depth of an operation, its number of aliases, and the number of objects that it may return."""
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    walk = _Walk(schema, fragments, variables)
    root = schema.get_root_type(operation.operation)
    if root is not None:
        walk.selection(operation.selection_set, root, 0, 1)
    return walk.found


class LimitQueries(SchemaExtension):
    """Measures every valid query before it is executed."""

    def __init__(self, limits: Limits) -> None:
        super().__init__()
        self._limits = limits
        self._measured = Measure()

    def on_operation(self) -> Iterator[None]:
        """Make the parser stop at the last allowed token."""
        self.execution_context.parse_options["max_tokens"] = self._limits.tokens
        yield

    def on_validate(self) -> Iterator[None]:
        """Add the refusal to the errors of validation."""
        context = self.execution_context
        document = context.graphql_document
        if document is not None and not context.pre_execution_errors:
            try:
                operation = _operation(document, context._provided_operation_name)
                if operation.operation is OperationType.QUERY and context.context.asks is not None:
                    context.context.asks()
                schema, variables = context.schema._schema, context.variables or {}
                self._measured = measure(schema, operation, document, variables)
                self._measured.check(self._limits)
                COST.set(self._measured.cost)
                if not isinstance(variables, Coerced):  # else they were checked when they were coerced
                    check_lists(schema, operation, variables)
            except Incorrect as error:
                context.pre_execution_errors = [GraphQLError(error.message, original_error=error)]
        yield

    async def on_execute(self) -> AsyncIterator[None]:
        """Answer introspection in a thread: it takes long, and waits for nothing."""
        context = self.execution_context
        if self._measured.introspects_only and context.graphql_document is not None:
            context.result = await asyncio.to_thread(
                execute_sync,
                context.schema._schema,
                context.graphql_document,
                variable_values=context.variables,
                operation_name=context._provided_operation_name,
            )
        yield


def _operation(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    """The selected operation; strawberry would use the first of several, which the specification forbids."""
    found = get_operation_ast(document, name)
    if found is None:
        raise Incorrect("invalid-query", "The document has several operations: set operationName.")
    return found


class _Walk:
    def __init__(
        self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode], variables: Mapping[str, Any]
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._variables = variables
        self._steps = 0
        self.found = Measure()

    def selection(self, selections: SelectionSetNode, parent: GraphQLNamedType, depth: int, times: int) -> None:
        """Add the size of a selection on `times` objects of a type."""
        for each in selections.selections:
            self._steps += 1
            if self._steps > MOST_STEPS:  # fragments that nest fragments grow exponentially
                raise Incorrect(
                    "too-complex", f"With its fragments expanded, this query has more than {MOST_STEPS} parts."
                )
            if isinstance(each, FieldNode):
                self._field(each, parent, depth + 1, times)
            elif isinstance(each, FragmentSpreadNode):
                fragment = self._fragments[each.name.value]
                self.selection(fragment.selection_set, self._type(fragment, parent), depth, times)
            else:
                self.selection(each.selection_set, self._type(each, parent), depth, times)  # type: ignore[attr-defined]

    def _field(self, node: FieldNode, parent: GraphQLNamedType, depth: int, times: int) -> None:
        name, found = node.name.value, self.found
        found.aliases += node.alias is not None
        if name in INTROSPECTION:
            if node.selection_set is not None:  # depth is checked separately
                found.introspected += 1
                self._introspection(node.selection_set, introspection_types[INTROSPECTION[name]], 1.0)
            return
        if name.startswith("__"):
            return
        found.depth = max(found.depth, depth)
        field = parent.fields.get(name) if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType) else None
        if field is None or node.selection_set is None:
            return
        inside = get_named_type(field.type)
        if _is_list(field) and PAGE not in field.args:
            # A connection's page was multiplied already; its `edges` and `nodes` are that page.
            times *= 1 if inside.name.endswith("Edge") or name == "nodes" else ASSUMED_LENGTH
        found.cost += times
        self.selection(node.selection_set, inside, depth, times * self._page(node, field))

    def _page(self, node: FieldNode, field: GraphQLField) -> int:
        if PAGE not in field.args:
            return 1
        value: object = field.args[PAGE].default_value
        for argument in node.arguments or ():
            if argument.name.value == PAGE:
                given = argument.value
                if isinstance(given, IntValueNode):
                    value = int(given.value)  # with a bounded number of digits
                elif isinstance(given, VariableNode):
                    value = self._variables.get(given.name.value, value)
        size = max(1, value) if isinstance(value, int) else 1
        self.found.page = max(self.found.page, size)
        return size

    def _introspection(self, selections: SelectionSetNode, parent: Any, times: float) -> None:
        for each in selections.selections:
            self._steps += 1
            if self._steps > MOST_STEPS:
                raise Incorrect(
                    "too-complex", f"With its fragments expanded, this query has more than {MOST_STEPS} parts."
                )
            if isinstance(each, FragmentSpreadNode):
                self._introspection(self._fragments[each.name.value].selection_set, parent, times)
            elif isinstance(each, FieldNode):
                self.found.aliases += each.alias is not None
                field = parent.fields.get(each.name.value)
                if field is not None and each.selection_set is not None:
                    many = times * _introspected_lengths(self._schema).get(each.name.value, 1.0)
                    self.found.introspected += math.ceil(many)
                    self._introspection(each.selection_set, get_named_type(field.type), many)
            else:
                self._introspection(each.selection_set, parent, times)  # type: ignore[attr-defined]

    def _type(self, node: Any, parent: GraphQLNamedType) -> GraphQLNamedType:
        condition = node.type_condition
        named = None if condition is None else self._schema.get_type(condition.name.value)
        return named if named is not None and is_composite_type(named) else parent


@cache
def _introspected_lengths(schema: GraphQLSchema) -> Mapping[str, float]:
    """The lengths of the lists of introspection; those within types are averages."""
    types = schema.type_map.values()
    composite = [each for each in types if isinstance(each, GraphQLObjectType | GraphQLInterfaceType)]
    fields = [field for each in composite for field in each.fields.values()]
    inputs = [each for each in types if isinstance(each, GraphQLInputObjectType)]
    enums = [each for each in types if isinstance(each, GraphQLEnumType)]
    of_types = {
        "fields": len(fields),
        "inputFields": sum(len(each.fields) for each in inputs),
        "enumValues": sum(len(each.values) for each in enums),
        "interfaces": sum(len(each.interfaces) for each in composite),
        "possibleTypes": sum(len(schema.get_possible_types(each)) for each in types if is_abstract_type(each)),
    }
    return {
        "types": float(len(schema.type_map)),
        "directives": float(len(schema.directives)),
        "args": sum(len(field.args) for field in fields) / max(1, len(fields)),
        **{name: total / len(schema.type_map) for name, total in of_types.items()},
    }


def _is_list(field: GraphQLField) -> bool:
    type_ = field.type.of_type if is_non_null_type(field.type) else field.type
    return is_list_type(type_)
