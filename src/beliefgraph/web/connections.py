"""The HTTP connections of a process: their number, how long they may be idle, and how long headers may take.

A connection is idle from its start until the headers of a request have arrived, and between requests. At the limit, a
new connection displaces the one that has been idle longest: of the same address if that has too many, else of the
address with the most. If none is idle, the new one is answered 503. If too many connections carry requests with one
key, the least recently used one is closed.

Requests that arrive at the same moment on many connections are read a few per iteration of the event loop, so that they
do not block it.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from functools import partial
from http import HTTPStatus
from typing import Any, ClassVar

import structlog
from starlette.responses import Response

from beliefgraph.config import Settings
from beliefgraph.errors import BeliefgraphError, Incorrect, Unavailable
from beliefgraph.ingest.http import error_response
from beliefgraph.services.process.fair_semaphore import FairSemaphore, Holder, Shares

try:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol as Protocol
except ImportError:  # no httptools on this platform
    from uvicorn.protocols.http.h11_impl import H11Protocol as Protocol  # type: ignore[assignment]

log = structlog.get_logger(__name__)

OTHER_FILES = 256
"""Files that a process has open besides its connections: to Neo4j, of its keys, its modules."""

REFUSED_AT_ONCE = 64
"""Connections beyond the limit that still get a response; more are closed without one."""

READ = Shares(total=8, per_tenant=2, per_key=1, waiting_per_key=20_000, patience=30.0)
"""Connections per address and key of the last request (no key if there was none) on which a request or a handshake is
read in one iteration of the event loop."""

LOGGED_EVERY_S = 60.0
"""Seconds between two log lines that report refused connections."""


class Connections:
    """The open connections, by their address and by the key of their last request."""

    def __init__(
        self, most: int, most_per_address: int, most_per_key: int, proxies: frozenset[str] = frozenset()
    ) -> None:
        """Addresses in `proxies` may have as many connections as the total limit."""
        self._most = most
        self._most_per_address = most_per_address
        self._most_per_key = most_per_key
        self._proxies = proxies
        self._of: Counter[str] = Counter()
        self._address: dict[Guarded, str] = {}
        self._idle: dict[str, dict[Guarded, None]] = {}
        self._key: dict[Guarded, str] = {}
        self._of_key: dict[str, dict[Guarded, None]] = {}
        self._refused = 0
        self._logged = -LOGGED_EVERY_S
        self.refusing = 0
        self.turns = FairSemaphore(READ)

    @property
    def open(self) -> int:
        """The number of open connections."""
        return len(self._address)

    def enter(self, connection: Guarded, address: str) -> bool:
        """Count a new one; False if the limit is reached and no idle one can be closed."""
        if address not in self._proxies and self._of[address] >= self._most_per_address:
            full = address
        elif len(self._address) >= self._most:
            full = max(self._idle, key=lambda each: self._of[each], default="")
        else:
            full = None
        if full is not None:
            longest = next(iter(self._idle.get(full, ())), None)
            if longest is None:
                self._log()
                return False
            self.leave(longest)
            longest.close_for_another()
        self._address[connection] = address
        self._of[address] += 1
        self.idle(connection)
        return True

    def idle(self, connection: Guarded) -> None:
        """Record that it waits for a request."""
        address = self._address.get(connection)
        if address is not None:
            self._idle.setdefault(address, {})[connection] = None

    def busy(self, connection: Guarded) -> None:
        """Record that its request has arrived."""
        address = self._address.get(connection, "")
        idle = self._idle.get(address, {})
        if connection in idle:
            del idle[connection]
            if not idle:
                del self._idle[address]

    def keyed(self, connection: Guarded, key: str) -> None:
        """Record that a request on it has this key; if the key has too many, an idle one is closed."""
        if connection not in self._address:
            return
        self._unkeyed(connection)
        self._key[connection] = key
        used = self._of_key.setdefault(key, {})
        used[connection] = None
        if len(used) > self._most_per_key:
            idle = (each for each in used if each in self._idle.get(self._address[each], ()))
            longest = next(idle, None)
            if longest is not None:
                self.leave(longest)
                longest.close_for_another()

    def _unkeyed(self, connection: Guarded) -> None:
        key = self._key.pop(connection, None)
        if key is not None:
            del self._of_key[key][connection]
            if not self._of_key[key]:
                del self._of_key[key]

    def holder(self, connection: Guarded) -> Holder:
        """What the reading turns are counted by: its address, and the key of its last request."""
        return self._address.get(connection, ""), self._key.get(connection, "")

    def leave(self, connection: Guarded) -> None:
        """Stop counting it."""
        self.busy(connection)
        self._unkeyed(connection)
        address = self._address.pop(connection, None)
        if address is not None:
            self._of[address] -= 1
            if not self._of[address]:
                del self._of[address]

    def _log(self) -> None:
        self._refused += 1
        now = time.monotonic()
        if now - self._logged >= LOGGED_EVERY_S:
            log.warning("too many connections", open=self.open, refused=self._refused)
            self._logged, self._refused = now, 0


class Guarded(Protocol):
    """A connection that respects the limits; each server has its own subclass, see `guarded`."""

    among: ClassVar[Connections]
    header_timeout: ClassVar[float]
    header_bytes: ClassVar[int]

    _timer: asyncio.TimerHandle | None = None
    _read = 0
    _refused = False
    _upgraded = False
    _waiting: asyncio.Task[None] | None = None

    def connection_made(self, transport: Any) -> None:
        """Register the connection, or refuse it."""
        super().connection_made(transport)
        if not self.among.enter(self, self.client[0] if self.client else ""):
            if self.among.refusing >= REFUSED_AT_ONCE:
                transport.abort()
                return
            self._refused = True
            self.among.refusing += 1
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Unregister the connection."""
        self._end_wait()
        if self._waiting is not None:
            self._waiting.cancel()
        self.among.leave(self)
        if self._refused:
            self.among.refusing -= 1
            self._refused = False
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read data: a request or a handshake when it is its turn, the headers within their time and size."""
        if self._refused:  # the whole request is read first: a client that is still sending might not read the response
            self._answer(Unavailable("overloaded", "Too many connections are open; try again in a second."))
            return
        if self._at_work or self.among.turns.turn_now(*self.among.holder(self)):
            self._take(data)
        else:
            self.among.busy(self)
            self.transport.pause_reading()
            self._waiting = self.loop.create_task(self._take_later(data))

    async def _take_later(self, data: bytes) -> None:
        try:
            await self.among.turns.turn(*self.among.holder(self))
        except Unavailable as busy:
            self._answer(busy)
            return
        self.transport.resume_reading()
        self._take(data)

    def _take(self, data: bytes) -> None:
        waiting = not self._at_work
        super().data_received(data)
        if self._upgraded or self.transport.is_closing():
            return
        if self._at_work:
            self.scope["state"].setdefault("connected", partial(self.among.keyed, self))
            self._read = 0
            self._end_wait()
            self.among.busy(self)
        elif waiting:
            self.among.idle(self)
            self._read += len(data)
            if self._read > self.header_bytes:
                self._answer(Incorrect("too-large", f"The headers may have {self.header_bytes:,} bytes."), 431)
            elif self._timer is None:
                self._wait()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        if not self._at_work:
            self.among.idle(self)

    def handle_websocket_upgrade(self, *event: Any) -> None:
        """Unregister: WebSockets are counted separately."""
        self._upgraded = True
        self._end_wait()
        self.among.leave(self)
        super().handle_websocket_upgrade(*event)

    def close_for_another(self) -> None:
        """Close the connection to make room for another."""
        self._end_wait()
        self.transport.close()

    @property
    def _at_work(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _wait(self) -> None:
        self._timer = self.loop.call_later(self.header_timeout, self._too_late)

    def _end_wait(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_late(self) -> None:
        self._timer = None
        if self._read:
            seconds = self.header_timeout
            self._answer(Unavailable("took-too-long", f"The headers were not received within {seconds:g} s."), 408)
        else:
            self.transport.close()

    def _answer(self, error: BeliefgraphError, status: int | None = None) -> None:
        """Answer a request that never reaches the application, and close."""
        response = error_response(error)
        response.status_code = status or response.status_code
        self.transport.write(_written(response))
        self.transport.close()


def guarded(settings: Settings) -> type[Guarded]:
    """The connection class of one server."""
    bounds = {
        "among": Connections(
            settings.max_connections,
            settings.max_connections_per_address,
            settings.max_connections_per_key,
            frozenset(settings.trusted_proxies),
        ),
        "header_timeout": settings.header_timeout,
        "header_bytes": settings.max_header_bytes,
    }
    return type("Guarded", (Guarded,), bounds)


def fitted(settings: Settings) -> Settings:
    """The settings with connections and WebSockets reduced to the limit of open files, after raising that limit."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return settings
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = settings.max_connections + settings.max_sockets + OTHER_FILES
    limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < limit:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    if limit >= wanted:
        return settings
    share = max(1, limit - OTHER_FILES) / (wanted - OTHER_FILES)
    most = {name: max(1, int(getattr(settings, name) * share)) for name in ("max_connections", "max_sockets")}
    log.warning("fewer connections, for want of files: raise `ulimit -n`", files=limit, wanted=wanted, **most)
    return settings.model_copy(update=most)


def _written(response: Response) -> bytes:
    """A response in the form in which it is sent."""
    headers = [*response.raw_headers, (b"connection", b"close")]
    lines = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
    status = HTTPStatus(response.status_code)
    return f"HTTP/1.1 {status} {status.phrase}\r\n".encode() + lines + b"\r\n" + bytes(response.body)
