"""A request for GraphQL over HTTP or a WebSocket: the endpoint's bounds, the parts of a request, and its refusal."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import GraphQLError

from beliefgraph.errors import BeliefgraphError, Incorrect, shortened
from beliefgraph.graphql.errors import extensions_of
from beliefgraph.services.process.bounded_json import BOUNDS, JsonBounds
from beliefgraph.services.process.fair_semaphore import FairSemaphore

LONGEST_QUERY = 200_000
"""Most characters of a query; it is parsed on the event loop, while no other request is served."""

LONG_NUMBER = re.compile(r"\d{309}")
"""More digits than JSON readers accept in a number."""


@dataclass
class Bounds:
    """The bounds of the endpoint on requests and answers, besides those of queries."""

    places: FairSemaphore
    seconds: float = 30.0
    answer_bytes: int = 16_777_216
    operations_per_socket: int = 100
    subscriptions_per_key: int = 1_000
    json: JsonBounds = BOUNDS


def checked(asked: object) -> dict[str, Any]:
    """The parts of a request; `invalid-query` or `too-large` if one is invalid."""
    if not isinstance(asked, dict):
        raise Incorrect("invalid-query", 'Send one JSON object: {"query": "…", "variables": {…}}.')
    for name, kind, optional in (
        ("query", str, False),
        ("operationName", str, True),
        ("variables", dict, True),
        ("extensions", dict, True),
    ):
        value = asked.get(name)
        if not isinstance(value, kind) and not (optional and value is None):
            raise Incorrect("invalid-query", f"{name} must be {'an object' if kind is dict else 'a text'}.", field=name)
    if not asked["query"].strip():
        raise Incorrect("invalid-query", "The query is empty.", field="query")
    if len(asked["query"]) > LONGEST_QUERY:
        raise Incorrect("too-large", f"A query may have {LONGEST_QUERY:,} characters; send long values as variables.")
    if LONG_NUMBER.search(asked["query"]):
        raise Incorrect("too-large", "A number in this query has too many digits.")
    return asked


def as_graphql(error: BeliefgraphError) -> GraphQLError:
    """A refusal as an error of GraphQL."""
    return GraphQLError(shortened(error.message), extensions=extensions_of(error))


def refusal_body(error: BeliefgraphError) -> bytes:
    """A refusal as the body of an answer."""
    return orjson.dumps(
        {"errors": [{"message": shortened(error.message), "extensions": extensions_of(error)}]}, default=str
    )
