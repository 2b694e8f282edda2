"""GraphQL at one URL, over HTTP and WebSockets.

HTTP follows GraphQL-over-HTTP: with `application/graphql-response+json`, a request that cannot be executed gets 400;
with `application/json`, every well-formed request gets 200. WebSockets use graphql-transport-ws (`websocket.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, cast

import orjson
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType
from strawberry.types.unset import UNSET, UnsetType

from beliefgraph.errors import BeliefgraphError, Incorrect
from beliefgraph.graphql.context import Context, FieldServices
from beliefgraph.graphql.errors import extensions_of
from beliefgraph.graphql.requests import Bounds, checked, refusal_body
from beliefgraph.graphql.schema import Schema
from beliefgraph.graphql.variables import coerced_beside
from beliefgraph.graphql.websocket import HANDSHAKE, Handler, Messages, Shared, TooManySocketsError, authenticated
from beliefgraph.services.access.callers import bearer
from beliefgraph.services.process.bounded_json import AT_ONCE, read_json_beside
from beliefgraph.services.process.fair_semaphore import HOLDER

JSON = "application/json"
RESPONSE_JSON = "application/graphql-response+json"
OVER_HTTP = frozenset({OperationType.QUERY, OperationType.MUTATION})


class Page(Protocol):
    """The page for a browser that opens the address."""

    async def __call__(self, request: Request) -> Response:
        """The page."""
        ...


class GraphQLEndpoint(GraphQL[Context, None]):
    """The endpoint `/graphql`."""

    def __init__(
        self,
        schema: Schema,
        services: FieldServices,
        *,
        page: Page | None = None,
        origins: Sequence[str] = (),
        bounds: Bounds,
    ) -> None:
        super().__init__(
            schema,
            graphql_ide=None,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            max_subscriptions_per_connection=bounds.operations_per_socket,
            allowed_origins=origins,
            connection_init_wait_timeout=HANDSHAKE,
        )
        self.shared = Shared(bounds, schema.limits.tokens, services.warming.wait, self._coerced)
        self._bounds = bounds
        self._most_tokens = schema.limits.tokens
        self._core = schema._schema
        self._services = services
        self._page = page
        self.graphql_transport_ws_handler_class = Handler
        self.websocket_adapter_class = Messages

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
            services=self._services,
            request_id=getattr(request.state, "request_id", ""),
            secret=bearer(headers.get("authorization")),
            purpose=headers.get("purpose"),
            identity=getattr(request.state, "caller", None),
            asks=getattr(request.state, "asks", None),
        )
        if headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
            return _refused(Incorrect("invalid-query", f"Send {JSON}."), 415)
        body = await request.body()
        try:
            asked = checked(await self._read(body))
            if len(body) > AT_ONCE and asked.get("variables"):
                asked["variables"] = await self._coerced(asked["query"], asked["variables"], asked.get("operationName"))
        except Incorrect as error:
            return _refused(error, 400, media=media)
        return await self._execute(context, asked, media)

    async def _coerced(self, query: str, variables: dict[str, Any], operation_name: str | None) -> dict[str, Any]:
        """Long variables, coerced in a thread; `too-large` if a list has too many items."""
        return await coerced_beside(self._core, query, variables, operation_name, self._most_tokens)

    async def _read(self, body: bytes) -> object:
        try:
            return await read_json_beside(body, self._bounds.json)
        except orjson.JSONDecodeError as error:
            raise Incorrect("invalid-query", f"The body is not JSON: {error}.") from None

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
            error = Incorrect("invalid-query", "Subscriptions need a WebSocket with the protocol graphql-transport-ws.")
            return _refused(error, 405, {"allow": "GET, POST"}, media=media)
        except (CannotGetOperationTypeError, MissingQueryError):
            return _refused(
                Incorrect("invalid-query", "The document has no operation of that name."),
                400 if media == RESPONSE_JSON else 200,
                media=media,
            )
        return self._written(result, media)

    def _written(self, result: ExecutionResult, media: str) -> Response:
        answer: dict[str, Any] = {"data": result.data}
        status = 200
        if result.errors:
            if result.data is None and not any(error.path for error in result.errors):
                answer = {}  # nothing was executed
                status = 400 if media == RESPONSE_JSON else 200
            answer["errors"] = [_formatted(error) for error in result.errors]
        written = orjson.dumps(answer, default=str)
        if len(written) > self._bounds.answer_bytes:
            return _refused(self._too_long(len(written)), 200, media=media)
        return Response(written, status, media_type=media)

    def _too_long(self, size: int) -> Incorrect:
        """The error that replaces an answer that is too long."""
        most = self._bounds.answer_bytes
        return Incorrect(
            "too-large", f"The answer has {size:,} bytes where {most:,} are allowed; ask for less at once."
        )

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:  # noqa: ARG002
        """The context of the operations of a WebSocket; the caller is known after `connection_init`."""
        headers = request.headers
        address = "" if request.client is None else request.client.host
        HOLDER.set((address, address))
        return Context(
            services=self._services,
            request_id=getattr(request.state, "request_id", ""),
            secret=bearer(headers.get("authorization")),
            purpose=headers.get("purpose"),
            keyed=getattr(request.state, "keyed", None),
            address=address,
        )

    async def on_ws_connect(self, context: Context) -> UnsetType:
        """Use the key of `connection_init`, else that of the handshake; close with 4403 without a valid one."""
        given = {str(key).lower(): value for key, value in (context.connection_params or {}).items()}
        if isinstance(given.get("authorization"), str):
            context.secret = bearer(str(given["authorization"]))
        if isinstance(given.get("purpose"), str):
            context.purpose = str(given["purpose"])
        await authenticated(context)
        if context.keyed is not None and not context.keyed(context.caller.key):
            raise TooManySocketsError
        HOLDER.set((context.caller.tenant, context.caller.key))  # to parse its long messages in its own threads
        return cast("UnsetType", UNSET)

    def decode_json(self, data: str | bytes) -> object:
        """The decoded message."""
        return orjson.loads(data)

    def encode_json(self, data: object) -> str:
        """A message for a WebSocket as text; an answer that is too long is replaced by an error."""
        written = orjson.dumps(data, default=str)
        if len(written) > self._bounds.answer_bytes and isinstance(data, dict):
            error = self._too_long(len(written))
            errors = [{"message": error.message, "extensions": extensions_of(error)}]
            written = orjson.dumps({**data, "payload": {"data": None, "errors": errors}})
        return written.decode()


def _acceptable(accept: str | None) -> str | None:
    """The media type of the answer; None if no supported one is acceptable."""
    if not accept:
        return JSON
    wanted = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    for media in wanted:
        if media in (JSON, RESPONSE_JSON):
            return media
    return JSON if any(media in ("*/*", "application/*") for media in wanted) else None


def _formatted(error: GraphQLError) -> Mapping[str, Any]:
    return error.formatted


def _refused(
    error: BeliefgraphError, status: int, headers: Mapping[str, str] | None = None, *, media: str = JSON
) -> Response:
    return Response(refusal_body(error), status, dict(headers or {}), media_type=media)
