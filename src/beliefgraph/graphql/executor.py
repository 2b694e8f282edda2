"""Completing values fast: a selection on plain records is compiled once into functions that build its answer.

graphql-core completes every field of every object separately, with a path, an info and two coroutine checks: about 10
µs each, which for a list of fifty beliefs is ten times what Neo4j takes. Below a root field none of our resolvers is
asynchronous and each is a pure function of the record, so the whole selection can be turned into nested functions:
`{key: finish(get(record))}`. Whatever is out of the ordinary (a null where none may be, a wrong type, a refusal) is
given up and done again by graphql-core, which alone words errors; so both ways give the same answer.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from math import isfinite
from operator import attrgetter
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLSchema,
    Node,
    OperationType,
    VariableNode,
    get_named_type,
)
from graphql.execution import Executor
from graphql.execution.collect_fields import FieldDetailsList
from graphql.execution.middleware import MiddlewareManager
from graphql.execution.values import get_argument_values
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.schema.schema_converter import get_arguments
from strawberry.types import Info
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField
from strawberry.utils.await_maybe import await_maybe

from beliefgraph.errors import Incorrect
from beliefgraph.graphql.expose import AttributeField
from beliefgraph.graphql.limits import COST
from beliefgraph.graphql.scalars import write_instant
from beliefgraph.graphql.variables import Coerced, without_variables
from beliefgraph.model.commit import Change

CACHED_PLANS = 512
MANY = 500
"""Objects from which on an answer is built in a thread: about ten milliseconds."""

MOST_OBJECTS = 100_000
"""Most objects in one answer, including lists whose length is not known in advance: about 100 MB while it is built."""

GREATEST_INT = 2_147_483_647

Finish = Callable[[Any, Any], Any]
"""Converts a value into its part of the answer; the second argument replaces the resolvers' `info`."""


class UnusualError(Exception):
    """This value cannot be completed by a compiled plan."""


class TooManyObjectsError(Exception):
    """The answer would have more objects than allowed."""


@dataclass
class _Info:
    """The part of `info` that a compiled resolver may use, and the number of objects left."""

    context: Any
    left: int = MOST_OBJECTS

    def take(self, objects: int) -> None:
        """Count objects of a list."""
        self.left -= objects
        if self.left < 0:
            raise TooManyObjectsError


@dataclass(frozen=True)
class _Plan:
    """A compiled selection, None if it cannot be compiled; `fields` keeps alive the syntax tree whose ids are the
    key."""

    fields: FieldDetailsList
    finish: Finish | None


Place = tuple[int, ...]
"""The key of a plan: the identities of the type and of the field's nodes in a parsed document."""


class Plans:
    """Compiled selections that depend on no variable."""

    def __init__(self, size: int = CACHED_PLANS) -> None:
        self._size = size
        self._plans: OrderedDict[Place, _Plan] = OrderedDict()

    def find(self, place: Place) -> _Plan | None:
        """The plan for a key, if there is one."""
        found = self._plans.get(place)
        if found is not None:
            self._plans.move_to_end(place)
        return found

    def keep(self, place: Place, plan: _Plan) -> None:
        """Cache a plan; the least recently used one is evicted."""
        self._plans[place] = plan
        if len(self._plans) > self._size:
            self._plans.popitem(last=False)


class CompiledExecutor(StrawberryGraphQLCoreExecutionContext):
    """graphql-core's executor, which completes plain selections in one go."""

    given_up = False

    @classmethod
    def build(
        cls,
        schema: GraphQLSchema,
        document: DocumentNode,
        root_value: Any = None,
        context_value: Any = None,
        raw_variable_values: dict[str, Any] | None = None,
        *more: Any,
        **named: Any,
    ) -> list[GraphQLError] | Executor[Any]:
        """The executor of an operation; variables that were already coerced are used as they are."""
        if not isinstance(raw_variable_values, Coerced):
            return super().build(schema, document, root_value, context_value, raw_variable_values, *more, **named)
        if isinstance(raw_variable_values.coerced, list):
            return raw_variable_values.coerced
        bare = without_variables(document)
        made = super().build(schema, bare, root_value, context_value, {}, *more, **named)
        if isinstance(made, Executor):
            made.variable_values = raw_variable_values.coerced
            made.middleware_manager = _MadeBeside()
        return made

    def complete_value(
        self,
        return_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        info: Any,
        path: Any,
        result: Any,
        position_context: Any,
    ) -> Any:
        """The completed value: by a compiled plan if possible, else by graphql-core."""
        if not self.given_up and isinstance(get_named_type(return_type), GraphQLObjectType):
            finish = self._plan(return_type, field_details_list)
            if finish is not None and (COST.get() > MANY or self._is_long(result)):
                return self._beside(finish, return_type, field_details_list, info, path, result, position_context)
            if finish is not None:
                try:
                    return finish(result, self._info)
                except TooManyObjectsError:
                    raise _too_many() from None
                except Exception:
                    self.given_up = True
        return super().complete_value(return_type, field_details_list, info, path, result, position_context)

    @cached_property
    def _info(self) -> _Info:
        """The `info` for the resolvers of this operation; the number of objects is counted over all of its fields."""
        return _Info(self.context_value)

    def _is_long(self, result: Any) -> bool:
        """Whether the answer may be large although the query does not show it: the changes of commands and commits."""
        if self.operation.operation is OperationType.MUTATION:
            return True
        changes = result if isinstance(result, list | tuple) else (result,)
        return sum(len(each.beliefs) for each in changes if isinstance(each, Change)) > MANY

    async def _beside(self, finish: Finish, *place: Any) -> Any:
        """The same in a thread, so that others are served while a long answer is built."""
        *_, result, _ = place
        try:
            return await asyncio.to_thread(finish, result, self._info)
        except TooManyObjectsError:
            raise _too_many() from None
        except Exception:
            self.given_up = True
        completed = super().complete_value(*place)
        return await completed if self.is_awaitable(completed) else completed

    def _plan(self, return_type: GraphQLOutputType, fields: FieldDetailsList) -> Finish | None:
        place = (id(return_type), *(id(field.node) for field in fields))
        plans: Plans = self.schema._strawberry_schema.plans  # type: ignore[attr-defined]
        known = plans.find(place)
        if known is not None:
            return known.finish
        try:
            finish: Finish | None = _Compilation(self).value(return_type, fields)
        except UnusualError:
            finish = None
        selections = [field.node.selection_set for field in fields if field.node.selection_set is not None]
        if not any(_mentions_variable(each, self.fragment_definitions) for each in selections):
            plans.keep(place, _Plan(fields, finish))
        return finish


class _MadeBeside(MiddlewareManager):
    """Resolves root fields with long variables: the records for their arguments are created in a thread."""

    def get_field_resolver(self, field_resolver: Any) -> Any:
        """A resolver that does so; the resolvers of the fields below are unchanged."""

        def resolve(source: Any, info: Any, **given: Any) -> Any:
            at_root = info.path.prev is None and given
            return _resolved(source, info, given) if at_root else field_resolver(source, info, **given)

        return resolve


async def _resolved(source: Any, info: Any, given: dict[str, Any]) -> Any:
    field: StrawberryField = info.parent_type.fields[info.field_name].extensions["strawberry-definition"]
    schema, known = info.schema._strawberry_schema, Info(_raw_info=info, _field=field)
    arguments, named = await asyncio.to_thread(
        get_arguments,
        field=field,
        source=source,
        info=known,
        kwargs=given,
        config=schema.config,
        scalar_registry=schema.schema_converter.scalar_registry,
    )
    return await await_maybe(field.get_result(source, known, arguments, named))


class _Compilation:
    """Compiles one selection."""

    def __init__(self, executor: CompiledExecutor) -> None:
        self._executor = executor

    def value(self, type_: GraphQLOutputType, fields: FieldDetailsList) -> Finish:
        """How to complete a value of a type."""
        if isinstance(type_, GraphQLNonNull):
            return self._present(type_.of_type, fields)
        inner = self._present(type_, fields)

        def nullable(value: Any, info: Any) -> Any:
            return None if value is None else inner(value, info)

        return nullable

    def _present(self, type_: Any, fields: FieldDetailsList) -> Finish:
        """How to complete a value that is not null; each of these functions refuses None."""
        if isinstance(type_, GraphQLList):
            return _many(self.value(type_.of_type, fields))
        if isinstance(type_, GraphQLEnumType):
            return _enum_name(type_)
        if isinstance(type_, GraphQLScalarType):
            return SCALARS.get(type_.name) or _serialized(type_)
        if isinstance(type_, GraphQLObjectType):
            return self._object(type_, fields)
        raise UnusualError

    def _object(self, type_: GraphQLObjectType, fields: FieldDetailsList) -> Finish:
        collected = self._executor.collect_subfields(type_, fields)
        if collected.new_defer_usages:
            raise UnusualError
        template: dict[str, Any] = {}
        scalars, parts = _Scalars(), list[tuple[str, Finish, Finish]]()
        for key, details in collected.grouped_field_set.items():
            template[key] = None
            name = details[0].node.name.value
            if name == "__typename":
                template[key] = type_.name
                continue
            field = type_.fields.get(name)
            if field is None:
                raise UnusualError
            if not scalars.take(key, field):
                parts.append((key, self._getter(field, details), self.value(field.type, details)))
        read = scalars.reader()

        def complete(value: Any, info: Any) -> dict[str, Any]:
            answer = template.copy()
            if read is not None:
                read(value, answer)
            for key, get, finish in parts:
                answer[key] = finish(get(value, info), info)
            return answer

        return complete

    def _getter(self, field: GraphQLField, details: FieldDetailsList) -> Finish:
        declared = field.extensions.get("strawberry-definition")
        if isinstance(declared, AttributeField):
            return _reads(declared.getter)
        if not isinstance(declared, StrawberryField) or declared.base_resolver is None or declared.is_async:
            raise UnusualError
        resolver = declared.base_resolver
        if resolver.parent_parameter is None or resolver.self_parameter is not None or declared.extensions:
            raise UnusualError
        call: Any = getattr(resolver.wrapped_func, "__func__", resolver.wrapped_func)
        arguments: dict[str, Any] = {}
        if field.args:
            given = get_argument_values(
                field, details[0].node, self._executor.variable_values, details[0].fragment_variable_values
            )
            schema: Any = self._executor.schema._strawberry_schema  # type: ignore[attr-defined]
            arguments = convert_arguments(
                given,
                declared.arguments,
                scalar_registry=schema.schema_converter.scalar_registry,
                config=schema.config,
            )
        return _calls(call, resolver.info_parameter is not None, arguments)


class _Scalars:
    """Scalar and enum fields that are attributes of the record: read together, and checked without a call for each."""

    def __init__(self) -> None:
        self._paths: dict[str, str] = {}
        self._types: list[tuple[str, frozenset[type]]] = []
        self._enums: list[tuple[str, dict[Any, str | None]]] = []
        self._floats: list[str] = []
        self._ints: list[str] = []

    def take(self, key: str, field: GraphQLField) -> bool:
        """Add a field to be read here, as `key`, if it is one of those."""
        declared = field.extensions.get("strawberry-definition")
        if not isinstance(declared, AttributeField) or declared.path is None:
            return False
        type_, nullable = (field.type.of_type, False) if isinstance(field.type, GraphQLNonNull) else (field.type, True)
        if isinstance(type_, GraphQLEnumType):
            names: dict[Any, str | None] = {value.value: name for name, value in type_.values.items()}
            self._enums.append((key, names | {None: None} if nullable else names))
        elif isinstance(type_, GraphQLScalarType) and type_.name in EXACT:
            types = {EXACT[type_.name], type(None)} if nullable else {EXACT[type_.name]}
            self._types.append((key, frozenset(types)))
            if type_.name == "Float":
                self._floats.append(key)
            elif type_.name == "Int":
                self._ints.append(key)
        else:
            return False
        self._paths[key] = declared.path
        return True

    def reader(self) -> Callable[[Any, dict[str, Any]], None] | None:
        """Writes the values of a record into its answer; None if there are none."""
        if not self._paths:
            return None
        keys, several = tuple(self._paths), attrgetter(*self._paths.values())
        one = len(keys) == 1
        types, enums, floats, ints = self._types, self._enums, self._floats, self._ints

        def read(value: Any, answer: dict[str, Any]) -> None:
            answer.update(zip(keys, (several(value),) if one else several(value), strict=True))
            for key, allowed in types:
                if type(answer[key]) not in allowed:
                    raise UnusualError
            for key, names in enums:
                answer[key] = names[answer[key]]
            for key in floats:
                number = answer[key]
                if number is not None and not isfinite(number):
                    raise UnusualError
            for key in ints:
                number = answer[key]
                if number is not None and not -GREATEST_INT <= number <= GREATEST_INT:
                    raise UnusualError

        return read


def _too_many() -> Incorrect:
    return Incorrect("too-large", f"The answer has more than {MOST_OBJECTS:,} objects; ask for less at once.")


def _reads(getter: Callable[[Any], Any]) -> Finish:
    return lambda value, _info: getter(value)


def _calls(call: Callable[..., Any], wants_info: bool, arguments: dict[str, Any]) -> Finish:
    if wants_info:
        return lambda value, info: call(value, info, **arguments)
    if arguments:
        return lambda value, _info: call(value, **arguments)
    return lambda value, _info: call(value)


def _many(inner: Finish) -> Finish:
    def complete(value: Any, info: Any) -> list[Any]:
        if type(value) not in (list, tuple):
            raise UnusualError
        info.take(len(value))
        return [inner(each, info) for each in value]

    return complete


def _enum_name(type_: GraphQLEnumType) -> Finish:
    names = {value.value: name for name, value in type_.values.items()}
    return lambda value, _info: names[value]


def _serialized(type_: GraphQLScalarType) -> Finish:
    def complete(value: Any, _info: Any) -> Any:
        if value is None:
            raise UnusualError
        return type_.coerce_output_value(value)

    return complete


def _text(value: Any, _info: Any) -> str:
    if isinstance(value, str):
        return value
    raise UnusualError


def _float(value: Any, _info: Any) -> float:
    if type(value) is float and isfinite(value):
        return value
    raise UnusualError


def _int(value: Any, _info: Any) -> int:
    if type(value) is int and -GREATEST_INT <= value <= GREATEST_INT:
        return value
    raise UnusualError


def _boolean(value: Any, _info: Any) -> bool:
    if type(value) is bool:
        return value
    raise UnusualError


def _moment(value: Any, _info: Any) -> str:
    if isinstance(value, datetime):
        return write_instant(value)
    raise UnusualError


EXACT: dict[str, type] = {"String": str, "ID": str, "Float": float, "Int": int, "Boolean": bool}
"""The only Python type that each scalar is serialised from unchanged."""

SCALARS: dict[str, Finish] = {
    "String": _text,
    "ID": _text,
    "Float": _float,
    "Int": _int,
    "Boolean": _boolean,
    "DateTime": _moment,
}


def _mentions_variable(node: Node, fragments: Mapping[str, FragmentDefinitionNode]) -> bool:
    """Whether a selection depends on a variable, in itself or in a fragment it spreads. Validation ruled out cycles."""
    if isinstance(node, VariableNode):
        return True
    if isinstance(node, FragmentSpreadNode):
        spread = fragments[node.name.value]
        return bool(node.arguments) or any(
            _mentions_variable(each, fragments) for each in (spread, *(node.directives or ()))
        )
    for key in node.keys:
        child = getattr(node, key)
        children = child if isinstance(child, list | tuple) else (child,)
        if any(isinstance(each, Node) and _mentions_variable(each, fragments) for each in children):
            return True
    return False
