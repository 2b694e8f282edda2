"""GraphQL over HTTP and over WebSockets.

HTTP follows GraphQL-over-HTTP: `application/graphql-response+json` gets 400 for a request that cannot be executed,
`application/json` gets 200 for whatever is well-formed. WebSockets speak graphql-transport-ws.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol, cast

import orjson
from graphql import GraphQLError, get_operation_ast, parse
from graphql import OperationType as GraphQLOperationType
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError, MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler, Operation
from strawberry.subscriptions.protocols.graphql_transport_ws.types import SubscribeMessage
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType
from strawberry.types.unset import UNSET, UnsetType

from beliefgraph.errors import BeliefgraphError, Incorrect, Unavailable
from beliefgraph.graphql.context import Context, Verbs
from beliefgraph.graphql.errors import shortened, told
from beliefgraph.graphql.schema import Schema
from beliefgraph.services.callers import bearer

JSON = "application/json"
RESPONSE_JSON = "application/graphql-response+json"
OVER_HTTP = frozenset({OperationType.QUERY, OperationType.MUTATION})


class Page(Protocol):
    """What a browser gets that opens the address."""

    async def __call__(self, request: Request) -> Response:
        """The page."""
        ...


def refusal_body(error: BeliefgraphError) -> bytes:
    """A refusal as a GraphQL client expects it."""
    return orjson.dumps({"errors": [{"message": shortened(error.message), "extensions": told(error)}]}, default=str)


LONGEST_QUERY = 200_000
"""Characters of a query; they are read one by one, while nobody else is served."""

HANDSHAKE = timedelta(seconds=10)
"""How long a WebSocket may be open before it brings a key: until then it takes the place of somebody who has one."""


@dataclass
class Bounds:
    """How many queries and commands may be at work at once over WebSockets, and for how long each."""

    at_once: int = 64
    seconds: float = 30.0
    at_work: int = 0


class GraphQLDoor(GraphQL[Context, None]):
    """The endpoint `/graphql`."""

    def __init__(
        self,
        schema: Schema,
        verbs: Verbs,
        *,
        page: Page | None = None,
        origins: Sequence[str] = (),
        subscriptions_per_connection: int = 100,
        bounds: Bounds | None = None,
    ) -> None:
        super().__init__(
            schema,
            graphql_ide=None,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            max_subscriptions_per_connection=subscriptions_per_connection,
            allowed_origins=origins,
            connection_init_wait_timeout=HANDSHAKE,
        )
        self.bounds = bounds or Bounds()
        self.most_tokens = schema.limits.tokens
        self.warmed = verbs.warming.wait
        self._verbs = verbs
        self._page = page
        self.graphql_transport_ws_handler_class = _StillAllowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or serve a WebSocket until it closes."""
        if scope["type"] == "websocket":
            await super().__call__(scope, receive, send)
            return
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        headers = request.headers
        if request.method != "POST":
            if (
                request.method in ("GET", "HEAD")
                and self._page is not None
                and "text/html" in headers.get("accept", "")
            ):
                return await self._page(request)
            there = "" if self._page is None else " In a browser this address is GraphiQL."
            return _refused(Incorrect("invalid-query", f"Send queries by POST.{there}"), 405, {"allow": "POST"})
        media = _acceptable(headers.get("accept"))
        if media is None:
            return _refused(Incorrect("invalid-query", f"Answers are {RESPONSE_JSON} or {JSON}."), 406)
        context = Context(
            verbs=self._verbs,
            request_id=getattr(request.state, "request_id", ""),
            secret=bearer(headers.get("authorization")),
            purpose=headers.get("purpose"),
        )
        context.identity = await self._verbs.callers.authenticate(context.secret, context.purpose, context.request_id)
        if headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
            return _refused(Incorrect("invalid-query", f"Send {JSON}."), 415)
        body = await request.body()
        try:
            asked = _read(body)
        except Incorrect as error:
            return _refused(error, 400, media=media)
        return await self._execute(context, asked, media)

    async def _execute(self, context: Context, asked: Mapping[str, Any], media: str) -> Response:
        try:
            result = await self.schema.execute(
                asked["query"],
                variable_values=asked.get("variables"),
                context_value=context,
                operation_name=asked.get("operationName"),
                allowed_operation_types=OVER_HTTP,
            )
        except InvalidOperationTypeError:
            error = Incorrect("invalid-query", "Subscriptions are followed over a WebSocket, graphql-transport-ws.")
            return _refused(error, 405, {"allow": "GET, POST"}, media=media)
        except (CannotGetOperationTypeError, MissingQueryError):
            return _refused(
                Incorrect("invalid-query", "The document has no operation of that name."),
                400 if media == RESPONSE_JSON else 200,
                media=media,
            )
        return _written(result, media)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:  # noqa: ARG002
        """What the operations of a WebSocket are given; who calls is known once `connection_init` came."""
        headers = request.headers
        return Context(
            verbs=self._verbs,
            request_id=getattr(request.state, "request_id", ""),
            secret=bearer(headers.get("authorization")),
            purpose=headers.get("purpose"),
            keyed=getattr(request.state, "keyed", None),
        )

    async def on_ws_connect(self, context: Context) -> UnsetType:
        """Take the key of `connection_init`, else that of the handshake; close with 4403 without a valid one."""
        given = {str(key).lower(): value for key, value in (context.connection_params or {}).items()}
        if isinstance(given.get("authorization"), str):
            context.secret = bearer(str(given["authorization"]))
        if isinstance(given.get("purpose"), str):
            context.purpose = str(given["purpose"])
        await _authenticated(context)
        if context.keyed is not None:
            context.keyed()
        return cast("UnsetType", UNSET)

    def decode_json(self, data: str | bytes) -> object:
        """What was sent."""
        return orjson.loads(data)

    def encode_json(self, data: object) -> str:
        """What is sent over a WebSocket, as text."""
        return orjson.dumps(data, default=str).decode()


class _StillAllowed(BaseGraphQLTransportWSHandler[Context, None]):
    """Looks at the key again before each operation, so that a revoked one asks for nothing more.

    Queries and commands have the bounds here that they have as requests.
    """

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        """Begin an operation, or close with 4403."""
        if self.connection_acknowledged:
            try:
                await _authenticated(self.context)
            except ConnectionRejectionError:
                await self.websocket.close(code=4403, reason="Forbidden")
                return
        await super().handle_subscribe(message)

    async def run_operation(self, operation: Operation[Context, None]) -> None:
        """Follow a subscription for as long as it lasts, and anything else within the bounds."""
        door = cast("GraphQLDoor", self.view)
        bounds = door.bounds
        if _follows(operation, door.most_tokens):
            await super().run_operation(operation)
            return
        if bounds.at_work >= bounds.at_once:
            await _refuse(operation, Unavailable("overloaded", "Too much is asked at once; try again in a second."))
            return
        bounds.at_work += 1
        try:
            async with asyncio.timeout(bounds.seconds):
                await door.warmed()
                await super().run_operation(operation)
        except Unavailable as warming_up:
            await _refuse(operation, warming_up)
        except TimeoutError:
            said = f"This took longer than {bounds.seconds:g} s. A command may still be carried out: send it again."
            await _refuse(operation, Unavailable("took-too-long", said))
        finally:
            bounds.at_work -= 1


def _follows(operation: Operation[Context, None], most_tokens: int) -> bool:
    """Whether it is a subscription."""
    try:
        document = parse(operation.query, no_location=True, max_tokens=most_tokens)
    except (GraphQLError, RecursionError):
        return False
    found = get_operation_ast(document, operation.operation_name)
    return found is not None and found.operation is GraphQLOperationType.SUBSCRIPTION


async def _refuse(operation: Operation[Context, None], error: BeliefgraphError) -> None:
    await operation.send_initial_errors([GraphQLError(error.message, extensions=told(error))])


async def _authenticated(context: Context) -> None:
    try:
        context.identity = await context.verbs.callers.authenticate(context.secret, context.purpose, context.request_id)
    except BeliefgraphError:
        raise ConnectionRejectionError from None


def _acceptable(accept: str | None) -> str | None:
    """The media type to answer with; None if none of ours is wanted."""
    if not accept:
        return JSON
    wanted = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    for media in wanted:
        if media in (JSON, RESPONSE_JSON):
            return media
    return JSON if any(media in ("*/*", "application/*") for media in wanted) else None


def _read(body: bytes) -> dict[str, Any]:
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Incorrect("invalid-query", f"The body is not JSON: {error}.") from None
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
    if len(asked["query"]) > LONGEST_QUERY:
        raise Incorrect("too-large", f"A query may have {LONGEST_QUERY:,} characters; send what is long as variables.")
    return asked


def _written(result: ExecutionResult, media: str) -> Response:
    answer: dict[str, Any] = {"data": result.data}
    status = 200
    if result.errors:
        if result.data is None and not any(error.path for error in result.errors):
            answer = {}  # nothing was executed
            status = 400 if media == RESPONSE_JSON else 200
        answer["errors"] = [_formatted(error) for error in result.errors]
    return Response(orjson.dumps(answer, default=str), status, media_type=media)


def _formatted(error: GraphQLError) -> Mapping[str, Any]:
    return error.formatted


def _refused(
    error: BeliefgraphError, status: int, headers: Mapping[str, str] | None = None, *, media: str = JSON
) -> Response:
    return Response(refusal_body(error), status, dict(headers or {}), media_type=media)
