"""ASGI middleware: request ids, size and time limits, and a cap on concurrent requests.

Plain ASGI, because every request passes here: the helpers of frameworks cost more than a read of the store.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from functools import partial
from uuid import uuid4

import structlog
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from beliefgraph.errors import BeliefgraphError, Fault, Incorrect, Unavailable
from beliefgraph.graphql.errors import ASKED_AT
from beliefgraph.web.probes import Check

log = structlog.get_logger("beliefgraph.access")

REQUEST_ID = "X-Request-ID"
SANE_ID = re.compile(r"^[A-Za-z0-9._:@/+=-]{1,128}$")

FULL: Message = {"type": "websocket.close", "code": 1013, "reason": "overloaded"}
"""How a socket is told that there is no room for it."""

Refuse = Callable[[Scope, BeliefgraphError], Response]
"""How a refusal is answered at an address."""


class RequestId:
    """Takes the request id that was sent, if it is sane, or makes one; says it in the answer and in the log."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and log how it was answered."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        sent = Headers(scope=scope).get(REQUEST_ID, "")
        request_id = sent if SANE_ID.match(sent) else uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        ASKED_AT.set(scope)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        status, began = 0, time.perf_counter()

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message.setdefault("headers", []).append((REQUEST_ID.lower().encode(), request_id.encode()))
            elif message["type"] == "websocket.accept":
                status = 101
            elif message["type"] == "websocket.close" and not status:
                status = 403  # as the handshake is answered
            await send(message)

        try:
            await self._app(scope, receive, answer)
        finally:
            log.info(
                "request",
                method=scope.get("method", "WEBSOCKET"),
                path=scope["path"],
                status=status,
                ms=round((time.perf_counter() - began) * 1_000, 2),
            )


class Bounded:
    """Refuses what is too large, too slow or too much at once; turns refusals and faults into answers."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        refuse: Refuse,
        warmed: Check,
        max_body_bytes: int,
        max_in_flight: int,
        timeout: float,
        max_sockets: int,
    ) -> None:
        self._app = app
        self._refuse = refuse
        self._warmed = warmed
        self._max_body_bytes = max_body_bytes
        self._max_in_flight = max_in_flight
        self._timeout = timeout
        self._max_sockets = max_sockets
        self._in_flight = 0
        self._sockets = 0
        self._without_key: dict[asyncio.Future[None], None] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on within its bounds."""
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        elif scope["type"] == "http" and scope["method"] == "POST":
            await self._post(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._sockets >= self._max_sockets and not self._make_room():
            await receive()
            await send(FULL)
            return
        serving: asyncio.Future[None] = asyncio.ensure_future(self._app(scope, receive, send))
        scope["state"]["keyed"] = partial(self._without_key.pop, serving, None)
        self._without_key[serving] = None
        self._sockets += 1
        try:
            await asyncio.wait({serving})
        finally:
            self._sockets -= 1
            self._without_key.pop(serving, None)
            serving.cancel()
        if serving.cancelled():
            await send(FULL)
        else:
            serving.result()

    def _make_room(self) -> bool:
        """End the socket that has waited longest for its key; False if all have brought one."""
        longest = next(iter(self._without_key), None)
        if longest is None:
            return False
        del self._without_key[longest]
        longest.cancel()
        return True

    async def _post(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._in_flight >= self._max_in_flight:
            error: BeliefgraphError = Unavailable("overloaded", "Too much is asked at once; try again in a second.")
            await self._refuse(scope, error)(scope, receive, send)
            return
        started = False

        async def answer(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        self._in_flight += 1
        try:
            async with asyncio.timeout(self._timeout):
                measured = self._measured(scope, receive)
                await self._warmed()
                await self._app(scope, measured, answer)
            return
        except BeliefgraphError as refusal:
            error = refusal
        except TimeoutError:
            error = Unavailable(
                "took-too-long",
                f"This took longer than {self._timeout:g} s. A command may still be carried out: send it again with "
                "the same id to be sure.",
            )
        except ClientDisconnect:
            return  # nobody is there to be answered
        except Exception:
            request_id = scope["state"]["request_id"]
            structlog.get_logger(__name__).exception("fault")
            error = Fault("fault", f"Internal error; report the request id {request_id}.")
        finally:
            self._in_flight -= 1
        if not started:
            await self._refuse(scope, error)(scope, receive, send)

    def _measured(self, scope: Scope, receive: Receive) -> Receive:
        most = self._max_body_bytes
        stated = Headers(scope=scope).get("content-length", "")
        if stated.isdigit() and int(stated) > most:
            raise _too_large(most)
        size = 0

        async def measured() -> Message:
            nonlocal size
            message = await receive()
            if message["type"] == "http.request":
                size += len(message.get("body", b""))
                if size > most:
                    raise _too_large(most)
            return message

        return measured


def _too_large(most: int) -> Incorrect:
    return Incorrect("too-large", f"A request may have {most:,} bytes; send less at once.")
