"""ASGI middleware: request ids, size and time limits, and fair shares of concurrent requests.

A request takes a slot once its key is known and its body has arrived; requests without a key take turns with the others
of their address. It is plain ASGI because every request passes through it: framework helpers cost more than a read of
the store.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from functools import partial
from uuid import uuid4

import structlog
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from beliefgraph.config import Settings
from beliefgraph.errors import BeliefgraphError, Fault, Incorrect, Unavailable
from beliefgraph.graphql.errors import ASKED_AT
from beliefgraph.services.access.callers import Callers, bearer
from beliefgraph.services.process.fair_semaphore import FairSemaphore, Shares
from beliefgraph.telemetry.spans import GONE, request
from beliefgraph.web.budgets import BodyBuffer, OpenSockets

log = structlog.get_logger("beliefgraph.access")

REQUEST_ID = "X-Request-ID"
PERSON_PAGE = "/me"
"""The path of the person's own page and everything under it."""

SANE_ID = re.compile(r"^[A-Za-z0-9._:@/+=-]{1,128}$")

FULL: Message = {"type": "websocket.close", "code": 1013, "reason": "overloaded"}
"""The close code of a WebSocket when the limit is reached."""

WITHOUT_KEY = Shares(total=32, per_tenant=8, per_key=8, waiting_per_key=1_000, patience=5.0)
"""Concurrent requests without a key per address: probes, pages, unknown paths."""

PAUSE_S = 0.02
"""How long such a request delays the next of its address."""

WATCHED_AFTER_S = 0.05
"""After how long the middleware starts to watch for a disconnect of the client."""

AHEAD = 65_536
"""Bytes of a body that are read while its key is looked up, so that they are not lost if the client disconnects."""

MOST_FORM_BYTES = 65_536
"""Bytes of a form that are read before the request takes a slot."""

SAFE = ((b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer"))
"""Security headers of every response."""

ENCRYPTED = ((b"strict-transport-security", b"max-age=31536000"),)
"""Additional headers of responses over TLS, whether it ends here or at a trusted proxy."""

Warmed = Callable[[], Awaitable[None]]
"""Waits until the process can work; raises a refusal if that takes too long."""

Refuse = Callable[[Scope, BeliefgraphError], Response]
"""Formats a refusal for a path."""


def address_of(scope: Scope) -> str:
    """The client address of a request; behind a trusted proxy, the one that the proxy names."""
    client = scope.get("client")
    return "" if client is None else str(client[0])


def of_the_person(path: str) -> bool:
    """Whether a path belongs to the person's own page."""
    return path == PERSON_PAGE or path.startswith(f"{PERSON_PAGE}/")


class RequestId:
    """Accepts a valid request id or creates one; adds it to the response and to the log."""

    def __init__(self, app: ASGIApp, *, paths: frozenset[str]) -> None:
        self._app = app
        self._paths = paths

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
                secure = ENCRYPTED if scope.get("scheme") == "https" else ()
                added = ((REQUEST_ID.lower().encode(), request_id.encode()), *SAFE, *secure)
                message.setdefault("headers", []).extend(added)
            elif message["type"] == "websocket.accept":
                status = 101
            elif message["type"] == "websocket.close" and not status:
                status = 403  # the status of the handshake response
            await send(message)

        path = self._named(scope["path"])
        try:
            if scope["type"] == "websocket":  # operations on it are counted one by one
                await self._app(scope, receive, answer)
            else:
                with request(path, Headers(scope=scope).get("traceparent")) as outcome:
                    try:
                        await self._app(scope, receive, answer)
                    finally:
                        if not status:
                            outcome.code = GONE
        finally:
            log.info(
                "request",
                method=scope.get("method", "WEBSOCKET"),
                path=path,
                status=status,
                ms=round((time.perf_counter() - began) * 1_000, 2),
            )

    def _named(self, path: str) -> str:
        """The path as it is logged; unknown paths are not, because they may contain a name."""
        if path in self._paths:
            return path
        return PERSON_PAGE if of_the_person(path) else "elsewhere"


class Bounded:
    """Refuses what is too large, too slow or too many at once; turns refusals and faults into responses."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        refuse: Refuse,
        callers: Callers,
        places: FairSemaphore,
        warmed: Warmed,
        keyed: frozenset[str],
        settings: Settings,
    ) -> None:
        self._app = app
        self._refuse = refuse
        self._callers = callers
        self._places = places
        self._warmed = warmed
        self._keyed = keyed
        self._settings = settings
        self._without_key = FairSemaphore(WITHOUT_KEY)
        self._reading = BodyBuffer(settings.max_body_buffer)
        self._sockets = OpenSockets(settings.max_sockets, settings.max_sockets_per_key)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on within its limits."""
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        elif scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["method"] == "POST" and scope["path"] in self._keyed:
            await self._answered(scope, receive, send, self._post)
        else:
            await self._answered(scope, receive, send, self._open)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._sockets.room():
            await receive()
            if "websocket.http.response" in scope.get("extensions", {}):
                error = Unavailable("overloaded", "Too many WebSockets are open; try again in a second.")
                await self._refuse(scope, error)(scope, receive, send)
            else:
                await send(FULL)
            return
        serving: asyncio.Future[None] = asyncio.ensure_future(self._app(scope, receive, send))
        scope["state"]["keyed"] = partial(self._sockets.keyed, serving)
        self._sockets.enter(serving)
        try:
            await asyncio.wait({serving})
        finally:
            self._sockets.leave(serving)
            serving.cancel()
        if serving.cancelled():
            await send(FULL)
        else:
            serving.result()

    async def _answered(
        self, scope: Scope, receive: Receive, send: Send, serve: Callable[[Scope, Receive, Send], Awaitable[None]]
    ) -> None:
        """Serve a request within its time, and send an error response if nothing was sent yet."""
        started = False

        async def answer(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        seconds = self._settings.request_timeout
        try:
            async with asyncio.timeout(seconds):
                _refuse_two_lengths(scope)
                await serve(scope, receive, answer)
            return
        except BeliefgraphError as refusal:
            error = refusal
        except TimeoutError:
            error = Unavailable(
                "took-too-long",
                f"This took longer than {seconds:g} s. A command may still be carried out: send it again with "
                "the same id to be sure.",
            )
        except ClientDisconnect:
            return  # the client has disconnected
        except asyncio.CancelledError:  # by the server, after its shutdown timeout
            error = Unavailable("overloaded", "The service is being stopped; send it again with the same id.")
        except Exception:
            request_id = scope["state"]["request_id"]
            structlog.get_logger(__name__).exception("fault")
            error = Fault("fault", f"Internal error; report the request id {request_id}.")
        if not started:
            await self._refuse(scope, error)(scope, receive, send)

    async def _open(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request that needs no key, in turn with the others of its address; a form is read before it takes a
        slot.
        """
        address = address_of(scope)
        if scope["method"] == "POST" and of_the_person(scope["path"]):
            ahead = asyncio.create_task(_ahead(receive))
            try:
                receive = _read_again(await self._body(ahead, receive, address, MOST_FORM_BYTES))
            finally:
                ahead.cancel()
        async with self._without_key.taken(address, address, pause=PAUSE_S):
            await self._app(scope, receive, send)

    async def _post(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request that needs a key: look up the key, read the body, and only then take a slot."""
        headers, state = Headers(scope=scope), scope["state"]
        _refuse_too_large(headers.get("content-length", ""), self._settings.max_body_bytes)
        ahead = asyncio.create_task(_ahead(receive))
        try:
            caller = await self._callers.authenticate(
                bearer(headers.get("authorization")),
                headers.get("purpose"),
                state["request_id"],
                address=address_of(scope),
            )
            state["caller"] = caller
            if "connected" in state:
                state["connected"](caller.key)
            body = await self._body(ahead, receive, caller.tenant, self._settings.max_body_bytes)
        finally:
            ahead.cancel()
        await self._warmed()
        async with self._places.taken(caller.tenant, caller.key):
            await self._while_there(scope, receive, send, body)

    async def _body(self, ahead: asyncio.Task[list[Message]], receive: Receive, whose: str, most: int) -> bytes:
        """The body, which must arrive in time and within the bytes left for its tenant or address."""
        parts, size, more = list[bytes](), 0, True
        try:
            async with asyncio.timeout(self._settings.body_timeout):
                come = iter(await ahead)
                while more:
                    message = next(come, None) or await receive()
                    if message["type"] == "http.disconnect":
                        raise ClientDisconnect
                    part, more = message.get("body", b""), message.get("more_body", False)
                    _refuse_too_large(str(size + len(part)), most)
                    if more:
                        self._reading.add(whose, len(part))
                        size += len(part)
                    parts.append(part)
        except TimeoutError:
            seconds = self._settings.body_timeout
            raise Unavailable(
                "took-too-long", f"The body was not received within {seconds:g} s; send it again."
            ) from None
        finally:
            self._reading.remove(whose, size)
        return b"".join(parts)

    async def _while_there(self, scope: Scope, receive: Receive, send: Send, body: bytes) -> None:
        """Serve a request whose body has arrived: a query while the client is connected, a command to its end."""
        working, answered, gone = asyncio.current_task(), False, False
        later: asyncio.TimerHandle | None = None
        watching: asyncio.Task[None] | None = None
        read = _read_again(body)

        async def answer(message: Message) -> None:
            nonlocal answered
            await send(message)
            answered = message["type"] == "http.response.body" and not message.get("more_body", False)

        async def watch() -> None:
            nonlocal gone
            while (await receive())["type"] != "http.disconnect":
                pass
            if not answered and working is not None:
                gone = True
                working.cancel()

        def begin() -> None:
            nonlocal watching
            watching = asyncio.create_task(watch())

        def asks() -> None:
            nonlocal later
            later = later or asyncio.get_running_loop().call_later(WATCHED_AFTER_S, begin)

        scope["state"]["asks"] = asks
        try:
            await self._app(scope, read, answer)
        except asyncio.CancelledError:
            if gone and working is not None:
                working.uncancel()
                raise ClientDisconnect from None
            raise
        finally:
            if later is not None:
                later.cancel()
            if watching is not None:
                watching.cancel()


def _read_again(body: bytes) -> Receive:
    """A `receive` that returns a body which was read already."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def read() -> Message:
        return messages.pop() if messages else {"type": "http.disconnect"}

    return read


async def _ahead(receive: Receive) -> list[Message]:
    """The first messages of a body, up to `AHEAD` bytes."""
    messages, size, more = list[Message](), 0, True
    while more and size < AHEAD:
        message = await receive()
        messages.append(message)
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    return messages


def _refuse_two_lengths(scope: Scope) -> None:
    """Refuse a body whose length is given in two ways, because a proxy might choose the other one."""
    named = {name for name, _ in scope["headers"]}
    if b"content-length" in named and b"transfer-encoding" in named:
        raise Incorrect("invalid-input", "A request has a Content-Length or a Transfer-Encoding, not both.")


def _refuse_too_large(stated: str, most: int) -> None:
    if stated.isdigit() and (len(stated) > 18 or int(stated) > most):
        raise Incorrect("too-large", f"A request may have {most:,} bytes; send less at once.")
