"""The HTTP connections of a process: how many there are, how long they may be idle, and how long headers may take.

A connection is idle from its start until the headers of a request are there, and between requests. Where there are as
many as there may be, the one that has been idle longest gives way to a new one: of the same address if that has too
many, else of the address that has the most. If none is idle the new one is answered 503. Of those that carry requests
of one key, the one that was used longest ago gives way where there are too many.

What is asked at the same moment on many connections is read a few at a time in each turn of the event loop, so that it
does not hold the loop.
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
from beliefgraph.services.process.places import Holder, Places, Shares

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
"""Connections on which a request or a handshake is read in one turn of the event loop, of an address and of the key of
the last request there; without one, of those that have had none."""

SAID_EVERY_S = 60.0
"""Seconds between two lines of the log that say connections are refused."""


class Connections:
    """The connections that are open, by their address and by the key of their last request."""

    def __init__(
        self, most: int, most_per_address: int, most_per_key: int, proxies: frozenset[str] = frozenset()
    ) -> None:
        """Addresses in `proxies` may have as many as there may be in all."""
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
        self._said = -SAID_EVERY_S
        self.refusing = 0
        self.turns = Places(READ)

    @property
    def open(self) -> int:
        """How many there are."""
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
                self._say()
                return False
            self.leave(longest)
            longest.give_way()
        self._address[connection] = address
        self._of[address] += 1
        self.idle(connection)
        return True

    def idle(self, connection: Guarded) -> None:
        """Note that it waits for a request."""
        address = self._address.get(connection)
        if address is not None:
            self._idle.setdefault(address, {})[connection] = None

    def busy(self, connection: Guarded) -> None:
        """Note that its request is there."""
        address = self._address.get(connection, "")
        idle = self._idle.get(address, {})
        if connection in idle:
            del idle[connection]
            if not idle:
                del self._idle[address]

    def keyed(self, connection: Guarded, key: str) -> None:
        """Note that a request on it has this key; of too many, one that is idle gives way."""
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
                longest.give_way()

    def _unkeyed(self, connection: Guarded) -> None:
        key = self._key.pop(connection, None)
        if key is not None:
            del self._of_key[key][connection]
            if not self._of_key[key]:
                del self._of_key[key]

    def holder(self, connection: Guarded) -> Holder:
        """Whose turn it is to be read: its address, and the key of its last request."""
        return self._address.get(connection, ""), self._key.get(connection, "")

    def leave(self, connection: Guarded) -> None:
        """Count it no more."""
        self.busy(connection)
        self._unkeyed(connection)
        address = self._address.pop(connection, None)
        if address is not None:
            self._of[address] -= 1
            if not self._of[address]:
                del self._of[address]

    def _say(self) -> None:
        self._refused += 1
        now = time.monotonic()
        if now - self._said >= SAID_EVERY_S:
            log.warning("too many connections", open=self.open, refused=self._refused)
            self._said, self._refused = now, 0


class Guarded(Protocol):
    """A connection within its bounds; made into a class of its own for each server, see `guarded`."""

    among: ClassVar[Connections]
    header_timeout: ClassVar[float]
    header_bytes: ClassVar[int]

    _timer: asyncio.TimerHandle | None = None
    _read = 0
    _refused = False
    _upgraded = False
    _waiting: asyncio.Task[None] | None = None

    def connection_made(self, transport: Any) -> None:
        """Take a place among the connections, or be refused."""
        super().connection_made(transport)
        if not self.among.enter(self, self.client[0] if self.client else ""):
            if self.among.refusing >= REFUSED_AT_ONCE:
                transport.abort()
                return
            self._refused = True
            self.among.refusing += 1
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave the place."""
        self._end_wait()
        if self._waiting is not None:
            self._waiting.cancel()
        self.among.leave(self)
        if self._refused:
            self.among.refusing -= 1
            self._refused = False
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on: a request or a handshake when it is its turn, the headers within their time and size."""
        if self._refused:  # what it asks is read first: a client that still sends might not hear the answer
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
        """Leave: WebSockets are counted by themselves."""
        self._upgraded = True
        self._end_wait()
        self.among.leave(self)
        super().handle_websocket_upgrade(*event)

    def give_way(self) -> None:
        """Close, because somebody else needs the place."""
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
            self._answer(Unavailable("took-too-long", f"The headers did not come within {seconds:g} s."), 408)
        else:
            self.transport.close()

    def _answer(self, error: BeliefgraphError, status: int | None = None) -> None:
        """Answer a request that the application never sees, and close."""
        response = error_response(error)
        response.status_code = status or response.status_code
        self.transport.write(_written(response))
        self.transport.close()


def guarded(settings: Settings) -> type[Guarded]:
    """The class of the connections of one server."""
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
    """The settings with no more connections and WebSockets than there may be open files; that limit is raised first."""
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
    """A response as it is sent."""
    headers = [*response.raw_headers, (b"connection", b"close")]
    lines = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
    status = HTTPStatus(response.status_code)
    return f"HTTP/1.1 {status} {status.phrase}\r\n".encode() + lines + b"\r\n" + bytes(response.body)
