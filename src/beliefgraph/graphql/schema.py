"""The schema: the three roots, the limits, and the executor that completes plain selections in one go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.extensions import DisableIntrospection, ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema import validate_document
from strawberry.types import ExecutionContext

from beliefgraph.graphql.belief_types import Belief
from beliefgraph.graphql.context import Context
from beliefgraph.graphql.errors import tell
from beliefgraph.graphql.evidence_types import Evidence
from beliefgraph.graphql.executor import CompiledExecutor, Plans
from beliefgraph.graphql.goal_types import Goal
from beliefgraph.graphql.limits import LimitQueries, Limits
from beliefgraph.graphql.mutations import Mutation
from beliefgraph.graphql.queries import Query
from beliefgraph.graphql.scalars import SCALARS
from beliefgraph.graphql.subscriptions import Subscription
from beliefgraph.graphql.twin_types import Twin

CACHED_DOCUMENTS = 256
CACHED_CHARACTERS = 10_000
"""Queries up to this length are kept parsed; a longer one carries values that belong into variables."""


class ParsedOnce(ParserCache):
    """Keeps short queries parsed."""

    def on_parse(self) -> Iterator[None]:
        """Take the document from the cache, if its text is short enough to be there."""
        if len(self.execution_context.query or "") > CACHED_CHARACTERS:
            yield
        else:
            yield from super().on_parse()


class ValidatedOnce(ValidationCache):
    """Keeps what validation said of short queries."""

    def on_validate(self) -> Iterator[None]:
        """Take what was said from the cache, if the text is short enough to be there; say it anew if not."""
        context = self.execution_context
        if len(context.query or "") <= CACHED_CHARACTERS:
            yield from super().on_validate()
            return
        if context.graphql_document is not None:
            context.pre_execution_errors = validate_document(
                context.schema._schema, context.graphql_document, context.validation_rules
            )
        yield


class Schema(strawberry.Schema):
    """The schema, with the plans it has compiled, and errors told with their codes."""

    def __init__(self, limits: Limits, **options: Any) -> None:
        self.plans = Plans()
        self.limits = limits
        super().__init__(**options)

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Give each error its code; log what is ours to mend."""
        context = None if execution_context is None else execution_context.context
        tell(errors, context.request_id if isinstance(context, Context) else "")


def make_schema(limits: Limits | None = None) -> Schema:
    """The schema of the service."""
    limits = limits or Limits()
    return Schema(
        limits,
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[Twin, Belief, Goal, Evidence],
        config=StrawberryConfig(scalar_map=SCALARS),
        execution_context_class=CompiledExecutor,
        extensions=[
            lambda: ParsedOnce(maxsize=CACHED_DOCUMENTS),
            lambda: ValidatedOnce(maxsize=CACHED_DOCUMENTS),
            lambda: LimitQueries(limits),
            *([] if limits.introspection else [DisableIntrospection]),
        ],
    )
