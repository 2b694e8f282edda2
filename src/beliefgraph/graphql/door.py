"""GraphQL over HTTP and over WebSockets.

HTTP follows GraphQL-over-HTTP: `application/graphql-response+json` gets 400 for a request that cannot be executed,
`application/json` gets 200 for whatever is well-formed. WebSockets speak graphql-transport-ws.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Protocol, cast

import orjson
import structlog
from graphql import GraphQLError, get_operation_ast, parse
from graphql import OperationType as GraphQLOperationType
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState
from strawberry.asgi import ASGIWebSocketAdapter, GraphQL
from strawberry.exceptions import ConnectionRejectionError, MissingQueryError
from strawberry.http.exceptions import NonJsonMessageReceived, NonTextMessageReceived
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler, Operation
from strawberry.subscriptions.protocols.graphql_transport_ws.types import (
    ConnectionInitMessage,
    Message,
    SubscribeMessage,
)
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType
from strawberry.types.unset import UNSET, UnsetType

from beliefgraph.errors import BeliefgraphError, Forbidden, Incorrect, Unavailable, shortened
from beliefgraph.graphql.context import Context, Verbs
from beliefgraph.graphql.errors import tell, told
from beliefgraph.graphql.schema import AT_ONCE as PARSED_AT_ONCE
from beliefgraph.graphql.schema import Schema
from beliefgraph.graphql.variables import Long, coerced_beside
from beliefgraph.services.access.callers import bearer
from beliefgraph.services.process.bounded_json import AT_ONCE, BOUNDS, JsonBounds, read_json_beside
from beliefgraph.services.process.places import HOLDER, Places, Shares
from beliefgraph.telemetry.spans import request

log = structlog.get_logger(__name__)

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

LONG_NUMBER = re.compile(r"\d{309}")
"""More digits than any number has that JSON's readers know."""

LONGEST_ID = 200
"""Characters of the id of an operation on a WebSocket."""

LONGEST_REASON = 120
"""Bytes of the reason a WebSocket is closed with; the protocol allows three more."""

HANDSHAKE = timedelta(seconds=10)
"""How long a WebSocket may be open before it brings a key: until then it takes the place of somebody who has one."""


BEGINNING = Shares(total=8, per_tenant=2, per_key=1, waiting_per_key=20_000, patience=30.0)
"""Operations on WebSockets that are begun in one turn of the event loop; a key may send very many at once."""


@dataclass
class Bounds:
    """The most that the endpoint takes and gives, beyond what a query may ask for."""

    places: Places
    seconds: float = 30.0
    answer_bytes: int = 16_777_216
    operations_per_socket: int = 100
    subscriptions_per_key: int = 1_000
    json: JsonBounds = BOUNDS


class GraphQLDoor(GraphQL[Context, None]):
    """The endpoint `/graphql`."""

    def __init__(
        self,
        schema: Schema,
        verbs: Verbs,
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
        self.bounds = bounds
        self.following: Counter[str] = Counter()
        self.beginning = Places(replace(BEGINNING, patience=bounds.seconds))
        self.most_tokens = schema.limits.tokens
        self._core = schema._schema
        self.warmed = verbs.warming.wait
        self._verbs = verbs
        self._page = page
        self.graphql_transport_ws_handler_class = _StillAllowed
        self.websocket_adapter_class = _Messages

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
            identity=getattr(request.state, "caller", None),
            asks=getattr(request.state, "asks", None),
        )
        if headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
            return _refused(Incorrect("invalid-query", f"Send {JSON}."), 415)
        body = await request.body()
        try:
            asked = _asked(await self._read(body))
            if len(body) > AT_ONCE and asked.get("variables"):
                asked["variables"] = await self.coerced(asked["query"], asked["variables"], asked.get("operationName"))
        except Incorrect as error:
            return _refused(error, 400, media=media)
        return await self._execute(context, asked, media)

    async def coerced(self, query: str, variables: dict[str, Any], operation_name: str | None) -> dict[str, Any]:
        """Long variables, coerced beside the loop; `too-large` where a list has too many items."""
        return await coerced_beside(self._core, query, variables, operation_name, self.most_tokens)

    async def _read(self, body: bytes) -> object:
        try:
            return await read_json_beside(body, self.bounds.json)
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
            error = Incorrect("invalid-query", "Subscriptions are followed over a WebSocket, graphql-transport-ws.")
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
        if len(written) > self.bounds.answer_bytes:
            return _refused(self.too_long(len(written)), 200, media=media)
        return Response(written, status, media_type=media)

    def too_long(self, size: int) -> Incorrect:
        """Why an answer is not sent."""
        most = self.bounds.answer_bytes
        return Incorrect(
            "too-large", f"The answer has {size:,} bytes where {most:,} are allowed; ask for less at once."
        )

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:  # noqa: ARG002
        """What the operations of a WebSocket are given; who calls is known once `connection_init` came."""
        headers = request.headers
        return Context(
            verbs=self._verbs,
            request_id=getattr(request.state, "request_id", ""),
            secret=bearer(headers.get("authorization")),
            purpose=headers.get("purpose"),
            keyed=getattr(request.state, "keyed", None),
            address="" if request.client is None else request.client.host,
        )

    async def on_ws_connect(self, context: Context) -> UnsetType:
        """Take the key of `connection_init`, else that of the handshake; close with 4403 without a valid one."""
        given = {str(key).lower(): value for key, value in (context.connection_params or {}).items()}
        if isinstance(given.get("authorization"), str):
            context.secret = bearer(str(given["authorization"]))
        if isinstance(given.get("purpose"), str):
            context.purpose = str(given["purpose"])
        await _authenticated(context)
        if context.keyed is not None and not context.keyed(context.caller.key):
            raise TooManySocketsError
        HOLDER.set((context.caller.tenant, context.caller.key))  # its long messages are read in threads of its own
        return cast("UnsetType", UNSET)

    def decode_json(self, data: str | bytes) -> object:
        """What was sent."""
        return orjson.loads(data)

    def encode_json(self, data: object) -> str:
        """What is sent over a WebSocket, as text; in the place of an answer that is too long, why it is not."""
        written = orjson.dumps(data, default=str)
        if len(written) > self.bounds.answer_bytes and isinstance(data, dict):
            error = self.too_long(len(written))
            errors = [{"message": error.message, "extensions": told(error)}]
            written = orjson.dumps({**data, "payload": {"data": None, "errors": errors}})
        return written.decode()


class TooManySocketsError(Exception):
    """The key has as many WebSockets open as it may."""


class _Messages(ASGIWebSocketAdapter):
    """The messages of a WebSocket, read within the bounds; one that is beyond them comes as its refusal."""

    async def iter_json(self, *, ignore_parsing_errors: bool = False) -> AsyncGenerator[object, None]:  # noqa: ARG002
        """Every message, until the socket is closed."""
        bounds = cast("GraphQLDoor", self.view).bounds.json
        try:
            while self.ws.application_state != WebSocketState.DISCONNECTED:
                text = await self.ws.receive_text()
                try:
                    yield _marked(await read_json_beside(text, bounds), len(text))
                except Incorrect as refused:
                    yield refused
                except ValueError as error:
                    raise NonJsonMessageReceived from error
                await asyncio.sleep(0)  # a socket that has sent many takes turns with the others
        except KeyError as error:
            raise NonTextMessageReceived from error
        except WebSocketDisconnect:
            return


def _marked(message: object, size: int) -> object:
    """The message; if it is long, its variables are marked, so that they are coerced beside the loop."""
    payload = message.get("payload") if size > AT_ONCE and isinstance(message, dict) else None
    if isinstance(payload, dict) and isinstance(payload.get("variables"), dict):
        payload["variables"] = Long(payload["variables"])
    return message


class _StillAllowed(BaseGraphQLTransportWSHandler[Context, None]):
    """Looks at the key again before each operation, so that a revoked one asks for nothing more.

    Queries and commands have the bounds here that they have as requests. A message that is none of the protocol's
    closes the socket with 4400; whatever is wrong with an operation is told of that operation alone. A command that
    was begun is carried out, even if its sender leaves or wants to hear no more of it.
    """

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._questions = set[Operation[Context, None]]()

    async def handle_message(self, message: Any) -> None:
        """Do what a message says."""
        if isinstance(message, Incorrect):
            await self.handle_invalid_message(message.message)
        elif not isinstance(message, dict) or not isinstance(message.get("type"), str):
            await self.handle_invalid_message("A message is an object with a type")
        elif message["type"] == "complete" and not isinstance(message.get("id"), str):
            await self.handle_invalid_message("A message of this type has an id")
        else:
            await super().handle_message(cast("Message", message))

    async def handle_invalid_message(self, error_message: str) -> None:
        """Close with 4400."""
        await self.websocket.close(code=4400, reason=_reason(error_message))

    async def handle_connection_init(self, message: ConnectionInitMessage) -> None:
        """Take the key; close with 1013 if it has too many sockets."""
        try:
            await super().handle_connection_init(message)
        except TooManySocketsError:
            await self.websocket.close(code=1013, reason="overloaded")
        except Unavailable as error:
            await self.websocket.close(code=1013, reason=error.code)

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        """Begin an operation, or close with 4403."""
        id_, payload = message.get("id"), message.get("payload")
        if not isinstance(id_, str) or not 0 < len(id_) <= LONGEST_ID or not isinstance(payload, dict):
            await self.handle_invalid_message(f"subscribe has an id of up to {LONGEST_ID} characters and a payload")
            return
        if id_ in self.operations:
            await self.websocket.close(code=4409, reason=_reason(f"Subscriber for {id_} already exists"))
            return
        if self.connection_acknowledged:
            try:
                await _authenticated(self.context)
                _asked(payload)
            except ConnectionRejectionError:
                await self.websocket.close(code=4403, reason="Forbidden")
                return
            except BeliefgraphError as error:
                await self.send_message({"id": id_, "type": "error", "payload": [_error(error).formatted]})
                return
        await super().handle_subscribe(message)

    async def run_operation(self, operation: Operation[Context, None]) -> None:
        """Follow a subscription for as long as it lasts, and anything else within the bounds."""
        door, caller = cast("GraphQLDoor", self.view), self.context.caller
        try:
            async with door.beginning.taken(caller.tenant, caller.key):
                await asyncio.sleep(0)
            if len(operation.query) > PARSED_AT_ONCE:
                kind = await asyncio.to_thread(_kind, operation, door.most_tokens)
            else:
                kind = _kind(operation, door.most_tokens)
            if isinstance(operation.variables, Long):
                operation.variables = await door.coerced(operation.query, operation.variables, operation.operation_name)
        except BeliefgraphError as refused:
            await _refuse(operation, refused)
            return
        except GraphQLError as error:
            tell([error], self.context.request_id)
            await operation.send_initial_errors([error])
            return
        with request("subscription" if kind is GraphQLOperationType.SUBSCRIPTION else "websocket"):
            if kind is GraphQLOperationType.MUTATION:
                await self._answer(operation)
            elif not operation.completed:
                self._questions.add(operation)
                try:
                    await (self._answer if kind is GraphQLOperationType.QUERY else self._follow)(operation)
                finally:
                    self._questions.discard(operation)

    async def cleanup_operation(self, operation_id: str) -> None:
        """End a question; of a command only the answer is not sent."""
        operation = self.operations.get(operation_id)
        if operation is None or operation in self._questions:
            await super().cleanup_operation(operation_id)
        else:
            self.forget_id(operation_id)
            operation.completed = True

    async def _follow(self, operation: Operation[Context, None]) -> None:
        door, caller = cast("GraphQLDoor", self.view), self.context.caller
        if door.following[caller.key] >= door.bounds.subscriptions_per_key:
            await _refuse(operation, Unavailable("overloaded", "This key follows too much at once; end some of it."))
            return
        door.following[caller.key] += 1
        try:
            await super().run_operation(operation)
        finally:
            door.following[caller.key] -= 1

    async def _answer(self, operation: Operation[Context, None]) -> None:
        door, caller = cast("GraphQLDoor", self.view), self.context.caller
        bounds = door.bounds
        try:
            async with asyncio.timeout(bounds.seconds):
                await door.warmed()
                async with bounds.places.taken(caller.tenant, caller.key):
                    await super().run_operation(operation)
        except Unavailable as busy:
            await _refuse(operation, busy)
        except TimeoutError:
            said = f"This took longer than {bounds.seconds:g} s. A command may still be carried out: send it again."
            await _refuse(operation, Unavailable("took-too-long", said))

    async def _handle_pre_execution_error(self, operation: Operation[Context, None], result: PreExecutionError) -> None:
        """Tell what is wrong with an operation; the socket stays open for the others."""
        await operation.send_initial_errors(result.errors or [])

    async def handle_task_exception(self, error: Exception) -> None:
        """Log what went wrong in an operation, without the words that it was asked in."""
        log.error("fault", request_id=self.context.request_id, exc_info=error)


def _kind(operation: Operation[Context, None], most_tokens: int) -> GraphQLOperationType:
    """What kind of operation it is; raises where the query, or the operation that is named, is none."""
    try:
        document = parse(operation.query, no_location=True, max_tokens=most_tokens)
    except RecursionError as error:
        raise GraphQLError("This query is nested too deeply.", original_error=error) from None
    found = get_operation_ast(document, operation.operation_name)
    if found is None:
        raise _error(Incorrect("invalid-query", "The document has no operation of that name, or several and no name."))
    return found.operation


async def _refuse(operation: Operation[Context, None], error: BeliefgraphError) -> None:
    await operation.send_initial_errors([_error(error)])


def _error(error: BeliefgraphError) -> GraphQLError:
    return GraphQLError(shortened(error.message), extensions=told(error))


def _reason(text: str) -> str:
    """As much of a text as a close frame holds."""
    return text.encode()[:LONGEST_REASON].decode(errors="ignore")


async def _authenticated(context: Context) -> None:
    try:
        context.identity = await context.verbs.callers.authenticate(
            context.secret, context.purpose, context.request_id, address=context.address
        )
    except Forbidden:
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


def _asked(asked: object) -> dict[str, Any]:
    """The parts of a request, whichever way it came; `invalid-query` or `too-large` where one is wrong."""
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
        raise Incorrect("too-large", f"A query may have {LONGEST_QUERY:,} characters; send what is long as variables.")
    if LONG_NUMBER.search(asked["query"]):
        raise Incorrect("too-large", "A number in this query has more digits than can be kept.")
    return asked


def _formatted(error: GraphQLError) -> Mapping[str, Any]:
    return error.formatted


def _refused(
    error: BeliefgraphError, status: int, headers: Mapping[str, str] | None = None, *, media: str = JSON
) -> Response:
    return Response(refusal_body(error), status, dict(headers or {}), media_type=media)
