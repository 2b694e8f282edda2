"""GraphQL over a WebSocket: graphql-transport-ws, with the bounds of HTTP requests, and fair turns for every key."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol, cast

import structlog
from graphql import GraphQLError, OperationType, get_operation_ast, parse
from starlette.websockets import WebSocketDisconnect, WebSocketState
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http.exceptions import NonJsonMessageReceived, NonTextMessageReceived
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler, Operation
from strawberry.subscriptions.protocols.graphql_transport_ws.types import (
    ConnectionInitMessage,
    Message,
    SubscribeMessage,
)
from strawberry.types.execution import PreExecutionError

from beliefgraph.errors import BeliefgraphError, Forbidden, Incorrect, Unavailable
from beliefgraph.graphql.context import Context
from beliefgraph.graphql.errors import add_extensions
from beliefgraph.graphql.requests import Bounds, as_graphql, checked
from beliefgraph.graphql.schema import AT_ONCE as PARSED_AT_ONCE
from beliefgraph.graphql.variables import LongVariables
from beliefgraph.services.process.bounded_json import AT_ONCE, read_json_beside
from beliefgraph.services.process.fair_semaphore import HOLDER, FairSemaphore, Shares
from beliefgraph.telemetry.spans import request

log = structlog.get_logger(__name__)

LONGEST_ID = 200
"""Most characters of the id of an operation on a WebSocket."""

LONGEST_REASON = 120
"""Most bytes of the reason for closing a WebSocket; the protocol allows three more."""

HANDSHAKE = timedelta(seconds=10)
"""How long a WebSocket may be open without a key: until then it occupies the place of another one."""

TURNS = Shares(total=8, per_tenant=2, per_key=1, waiting_per_key=20_000, patience=30.0)
"""Messages processed in one turn of the event loop: a key may send on all of its sockets at once."""


@dataclass
class Shared:
    """What all WebSockets of the endpoint share: bounds, turns, and the number of subscriptions of each key."""

    bounds: Bounds
    most_tokens: int
    warmed: Callable[[], Awaitable[None]]
    coerced: Callable[[str, dict[str, Any], str | None], Awaitable[dict[str, Any]]]
    turns: FairSemaphore = field(default_factory=lambda: FairSemaphore(TURNS))
    following: Counter[str] = field(default_factory=Counter)


class Endpoint(Protocol):
    """The endpoint, as used by its WebSockets."""

    @property
    def shared(self) -> Shared: ...


class TooManySocketsError(Exception):
    """The key already has the allowed number of open WebSockets."""


class Messages(ASGIWebSocketAdapter):
    """The messages of a WebSocket, read within the bounds; one beyond them is replaced by its refusal."""

    async def iter_json(self, *, ignore_parsing_errors: bool = False) -> AsyncGenerator[object, None]:  # noqa: ARG002
        """Every message when it is its key's turn, until the socket is closed."""
        shared = cast("Endpoint", self.view).shared
        try:
            while self.ws.application_state != WebSocketState.DISCONNECTED:
                text = await self.ws.receive_text()
                await shared.turns.turn(*HOLDER.get())
                try:
                    yield _marked(await read_json_beside(text, shared.bounds.json), len(text))
                except Incorrect as refused:
                    yield refused
                except ValueError as error:
                    raise NonJsonMessageReceived from error
        except KeyError as error:
            raise NonTextMessageReceived from error
        except Unavailable as busy:
            await self.ws.close(code=1013, reason=busy.code)
        except WebSocketDisconnect:
            return


def _marked(message: object, size: int) -> object:
    """The message; if it is long, its variables are marked, so that they are coerced in a thread."""
    payload = message.get("payload") if size > AT_ONCE and isinstance(message, dict) else None
    if isinstance(payload, dict) and isinstance(payload.get("variables"), dict):
        payload["variables"] = LongVariables(payload["variables"])
    return message


class Handler(BaseGraphQLTransportWSHandler[Context, None]):
    """Checks the key again before each operation, so that a revoked one can request nothing more.

    Queries and commands have the same bounds as in HTTP requests. A message outside the protocol closes the socket with
    4400; an error of an operation is reported for that operation alone. A command that was begun is completed, even if
    the client disconnects or cancels it.
    """

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._shared = cast("Endpoint", self.view).shared
        self._questions = set[Operation[Context, None]]()

    async def handle_message(self, message: Any) -> None:
        """Process a message."""
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
        """Accept the key; close with 1013 if it has too many sockets."""
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
                await authenticated(self.context)
                checked(payload)
            except ConnectionRejectionError:
                await self.websocket.close(code=4403, reason="Forbidden")
                return
            except BeliefgraphError as error:
                await self.send_message({"id": id_, "type": "error", "payload": [as_graphql(error).formatted]})
                return
        await super().handle_subscribe(message)

    async def run_operation(self, operation: Operation[Context, None]) -> None:
        """Run a subscription for as long as it lasts, and any other operation within the bounds."""
        shared = self._shared
        try:
            if len(operation.query) > PARSED_AT_ONCE:
                kind = await asyncio.to_thread(_kind, operation, shared.most_tokens)
            else:
                kind = _kind(operation, shared.most_tokens)
            if isinstance(operation.variables, LongVariables):
                operation.variables = await shared.coerced(
                    operation.query, operation.variables, operation.operation_name
                )
        except BeliefgraphError as refused:
            await _refuse(operation, refused)
            return
        except GraphQLError as error:
            add_extensions([error], self.context.request_id)
            await operation.send_initial_errors([error])
            return
        with request("subscription" if kind is OperationType.SUBSCRIPTION else "websocket"):
            if kind is OperationType.MUTATION:
                await self._answer(operation)
            elif not operation.completed:
                self._questions.add(operation)
                try:
                    await (self._answer if kind is OperationType.QUERY else self._follow)(operation)
                finally:
                    self._questions.discard(operation)

    async def cleanup_operation(self, operation_id: str) -> None:
        """End a query; for a command, only the answer is not sent."""
        operation = self.operations.get(operation_id)
        if operation is None or operation in self._questions:
            await super().cleanup_operation(operation_id)
        else:
            self.forget_id(operation_id)
            operation.completed = True

    async def _follow(self, operation: Operation[Context, None]) -> None:
        shared, key = self._shared, self.context.caller.key
        if shared.following[key] >= shared.bounds.subscriptions_per_key:
            await _refuse(
                operation, Unavailable("overloaded", "This key has too many subscriptions; end some of them.")
            )
            return
        shared.following[key] += 1
        try:
            await super().run_operation(operation)
        finally:
            shared.following[key] -= 1

    async def _answer(self, operation: Operation[Context, None]) -> None:
        caller, bounds = self.context.caller, self._shared.bounds
        try:
            async with asyncio.timeout(bounds.seconds):
                await self._shared.warmed()
                async with bounds.places.taken(caller.tenant, caller.key):
                    await super().run_operation(operation)
        except Unavailable as busy:
            await _refuse(operation, busy)
        except TimeoutError:
            reason = f"This took longer than {bounds.seconds:g} s. A command may still be carried out: send it again."
            await _refuse(operation, Unavailable("took-too-long", reason))

    async def _handle_pre_execution_error(self, operation: Operation[Context, None], result: PreExecutionError) -> None:
        """Report an error of an operation; the socket stays open for the others."""
        await operation.send_initial_errors(result.errors or [])

    async def handle_task_exception(self, error: Exception) -> None:
        """Log an error of an operation, without the text of the operation."""
        log.error("fault", request_id=self.context.request_id, exc_info=error)


async def authenticated(context: Context) -> None:
    """Authenticate the caller, as of now; refuse the connection if the key is not valid."""
    try:
        context.identity = await context.services.callers.authenticate(
            context.secret, context.purpose, context.request_id, address=context.address
        )
    except Forbidden:
        raise ConnectionRejectionError from None


def _kind(operation: Operation[Context, None], most_tokens: int) -> OperationType:
    """The kind of an operation; raises if the query is invalid or has no operation of that name."""
    try:
        document = parse(operation.query, no_location=True, max_tokens=most_tokens)
    except RecursionError as error:
        raise GraphQLError("This query is nested too deeply.", original_error=error) from None
    found = get_operation_ast(document, operation.operation_name)
    if found is None:
        raise as_graphql(
            Incorrect("invalid-query", "The document has no operation of that name, or several and no name.")
        )
    return found.operation


async def _refuse(operation: Operation[Context, None], error: BeliefgraphError) -> None:
    await operation.send_initial_errors([as_graphql(error)])


def _reason(text: str) -> str:
    """As much of a text as a close frame holds."""
    return text.encode()[:LONGEST_REASON].decode(errors="ignore")
