"""Accepting connections a few at a time, so that a burst of them does not hold the event loop.

An event loop by itself accepts all that wait in one go, which for a thousand connections takes half a second.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable

AT_ONCE = 16
"""Connections that are accepted in one turn of the loop: some three milliseconds."""

PAUSE_S = 0.1
"""How long none is accepted after the system refused one, for want of open files say."""


class Acceptor:
    """What accepts the connections of a listening socket; closed and waited for like an `asyncio.Server`."""

    def __init__(
        self,
        listener: socket.socket,
        protocol: Callable[[], asyncio.Protocol],
        tls: ssl.SSLContext | None,
        handshake_timeout: float,
    ) -> None:
        self._listener = listener
        self._protocol = protocol
        self._tls = tls
        self._timeout = None if tls is None else handshake_timeout
        self._loop = asyncio.get_running_loop()
        self._beginning: set[asyncio.Task[object]] = set()
        self._closed = False
        listener.setblocking(False)
        self._loop.add_reader(listener, self._accept)

    def close(self) -> None:
        """Accept no more."""
        if not self._closed:
            self._closed = True
            self._loop.remove_reader(self._listener)

    async def wait_closed(self) -> None:
        """Wait until every connection that was accepted has its protocol."""
        await asyncio.gather(*self._beginning, return_exceptions=True)

    def _accept(self) -> None:
        for _ in range(AT_ONCE):
            try:
                connection, _ = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError:
                self._loop.remove_reader(self._listener)
                self._loop.call_later(PAUSE_S, self._resume)
                return
            beginning = self._loop.create_task(self._begin(connection))
            self._beginning.add(beginning)
            beginning.add_done_callback(self._beginning.discard)

    def _resume(self) -> None:
        if not self._closed:
            self._loop.add_reader(self._listener, self._accept)

    async def _begin(self, connection: socket.socket) -> None:
        try:
            connection.setblocking(False)
            await self._loop.connect_accepted_socket(
                self._protocol, connection, ssl=self._tls, ssl_handshake_timeout=self._timeout
            )
        except (OSError, ssl.SSLError):  # the other side is gone, or speaks no TLS
            connection.close()
