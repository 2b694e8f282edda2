"""Uvicorn, started and stopped programmatically."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp

from beliefgraph.config import Settings
from beliefgraph.errors import Conflict, Unavailable
from beliefgraph.web.connections import guarded

POLL_S = 0.02

UNREAD_MS = 30_000
"""Milliseconds for which sent data may stay unacknowledged."""


@dataclass(frozen=True)
class Served:
    """A running server: its address, and how to wait until it is stopped."""

    url: str
    server: uvicorn.Server
    task: asyncio.Task[None]

    async def finished(self) -> None:
        """Wait until SIGINT or SIGTERM arrives, or the server stops by itself."""
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        for each in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(each, stop.set)
        try:
            waiting = asyncio.create_task(stop.wait())
            await asyncio.wait({waiting, self.task}, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
        finally:
            for each in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(each)


class _Server(uvicorn.Server):
    """Leaves signals to its caller: uvicorn raises them again when it is done, before anything is released."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Do nothing."""
        yield


@asynccontextmanager
async def serving(app: ASGIApp, settings: Settings) -> AsyncIterator[Served]:
    """Serve an application until the block ends; running requests get the shutdown timeout to finish."""
    listener = _listen(settings.host, settings.port)
    host, port = listener.getsockname()[:2]
    scheme = "http" if settings.tls_certificate is None else "https"
    server = _Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            http=guarded(settings),
            timeout_keep_alive=max(1, round(settings.keep_alive_timeout)),
            ws="websockets-sansio",
            ws_max_size=settings.max_body_bytes,
            ws_per_message_deflate=False,  # compression costs time and memory per socket
            timeout_graceful_shutdown=max(1, round(settings.shutdown_timeout)),
            server_header=False,
            proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=list(settings.trusted_proxies),
            ssl_certfile=settings.tls_certificate,
            ssl_keyfile=settings.tls_key,
        )
    )
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started:
            if task.done():
                await task
                raise Unavailable("overloaded", "The server stopped before it was ready.")
            await asyncio.sleep(POLL_S)
        yield Served(url=f"{scheme}://{_written(host)}:{port}", server=server, task=task)
    finally:
        server.should_exit = True
        await asyncio.gather(task, return_exceptions=True)
        listener.close()


def refuse_taken(host: str, port: int) -> None:
    """Raise `port-taken` before `serving` would; port 0 is always free."""
    _listen(host, port).close()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With its protocol named, asyncio switches Nagle's algorithm off; without, every answer waits 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # inherited by connections: a client that does not read is cut off
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_MS)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise Conflict(
            "port-taken",
            f"Cannot listen on {host}:{port}: {error.strerror or error}; choose another with --port.",
            port=port,
        ) from error
    return listener


def _written(host: str) -> str:
    return f"[{host}]" if ":" in host else host
