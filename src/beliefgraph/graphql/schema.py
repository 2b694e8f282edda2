"""The schema: the three roots, the limits, and the executor that completes plain selections in one go."""

from __future__ import annotations

from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from beliefgraph.graphql import types
from beliefgraph.graphql.context import Context
from beliefgraph.graphql.errors import tell
from beliefgraph.graphql.executor import CompiledExecutor, Plans
from beliefgraph.graphql.limits import LimitQueries, Limits
from beliefgraph.graphql.mutations import Mutation
from beliefgraph.graphql.queries import Query
from beliefgraph.graphql.scalars import SCALARS
from beliefgraph.graphql.subscriptions import Subscription

CACHED_DOCUMENTS = 512


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
        types=[types.Twin, types.Belief, types.Evidence],
        config=StrawberryConfig(scalar_map=SCALARS),
        execution_context_class=CompiledExecutor,
        extensions=[
            lambda: ParserCache(maxsize=CACHED_DOCUMENTS),
            lambda: ValidationCache(maxsize=CACHED_DOCUMENTS),
            lambda: LimitQueries(limits),
        ],
    )
