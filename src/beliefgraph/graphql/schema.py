"""The schema: the three roots, the limits, and the executor with compiled plans."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, TypeVar

import strawberry
from cachetools import LRUCache
from graphql import DocumentNode, GraphQLError, parse
from strawberry.extensions import DisableIntrospection, SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema import validate_document
from strawberry.types import ExecutionContext

from beliefgraph.graphql.belief_types import Belief
from beliefgraph.graphql.context import Context
from beliefgraph.graphql.errors import add_extensions
from beliefgraph.graphql.evidence_types import Evidence
from beliefgraph.graphql.executor import CompiledExecutor, Plans
from beliefgraph.graphql.goal_types import Goal
from beliefgraph.graphql.layer_fields import LayerFields, add_change_fields, with_fields_of
from beliefgraph.graphql.limits import LimitQueries, Limits
from beliefgraph.graphql.mutations import Mutation
from beliefgraph.graphql.queries import Query
from beliefgraph.graphql.scalars import SCALARS
from beliefgraph.graphql.subscriptions import Subscription
from beliefgraph.graphql.twin_types import Twin

T = TypeVar("T")

CACHED_DOCUMENTS = 256
CACHED_CHARACTERS = 10_000
"""Queries up to this length are cached parsed; a longer one contains values that belong in variables."""

AT_ONCE = 1_000
"""Characters of a query that are parsed and validated on the event loop: about five milliseconds."""


class CachedQueries(SchemaExtension):
    """Parses and validates every query, long ones in a thread; short ones are cached with the result."""

    def __init__(self, documents: LRUCache[str, DocumentNode], findings: LRUCache[str, list[GraphQLError]]) -> None:
        super().__init__()
        self._documents = documents
        self._findings = findings

    async def on_parse(self) -> AsyncIterator[None]:
        """Take the document from the cache, or parse it."""
        context = self.execution_context
        context.graphql_document = await self._found(
            self._documents, lambda: parse(context.query or "", **context.parse_options)
        )
        yield

    async def on_validate(self) -> AsyncIterator[None]:
        """Take the result from the cache, or validate the document."""
        context = self.execution_context
        document = context.graphql_document
        if document is not None:
            schema, rules = context.schema._schema, context.validation_rules
            context.pre_execution_errors = await self._found(
                self._findings, lambda: validate_document(schema, document, rules)
            )
        yield

    async def _found(self, known: LRUCache[str, T], find: Callable[[], T]) -> T:
        query = self.execution_context.query or ""
        found = known.get(query)
        if found is None:
            found = await asyncio.to_thread(find) if len(query) > AT_ONCE else find()
            if len(query) <= CACHED_CHARACTERS:
                known[query] = found
        return found


class Schema(strawberry.Schema):
    """The schema, with its compiled plans, and errors reported with their codes."""

    def __init__(self, limits: Limits, layers: Sequence[LayerFields] = (), **options: Any) -> None:
        self.plans = Plans()
        self.limits = limits
        super().__init__(**options)
        add_change_fields(layers, self._schema, self.schema_converter)

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Add a code to each error; log defects of the service."""
        context = None if execution_context is None else execution_context.context
        add_extensions(errors, context.request_id if isinstance(context, Context) else "")


def make_schema(limits: Limits | None = None, layers: Sequence[LayerFields] = ()) -> Schema:
    """The schema of the service, including what other layers add to it."""
    limits = limits or Limits()
    documents: LRUCache[str, DocumentNode] = LRUCache(CACHED_DOCUMENTS)
    findings: LRUCache[str, list[GraphQLError]] = LRUCache(CACHED_DOCUMENTS)
    return Schema(
        limits,
        layers,
        query=with_fields_of(Query, (layer.queries for layer in layers)),
        mutation=with_fields_of(Mutation, (layer.commands for layer in layers)),
        subscription=Subscription,
        types=[Twin, Belief, Goal, Evidence, *(layer.change for layer in layers)],
        config=StrawberryConfig(scalar_map=SCALARS),
        execution_context_class=CompiledExecutor,
        extensions=[
            lambda: CachedQueries(documents, findings),
            lambda: LimitQueries(limits),
            *([] if limits.introspection else [DisableIntrospection]),
        ],
    )
