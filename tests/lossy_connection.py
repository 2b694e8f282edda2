"""A line to Neo4j that fails on request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from beliefgraph.local import Endpoint


class Line:
    """What is between a service and its Neo4j: it can be cut, fall silent, lose its connections or take no new ones."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._there = urlsplit(endpoint.uri)
        self._open = asyncio.Event()
        self._open.set()
        self._ends = list[asyncio.StreamWriter]()
        self.uri = ""
        self.busy = False

    async def listen(self) -> asyncio.Server:
        server = await asyncio.start_server(self._joined, "127.0.0.1", 0)
        self.uri = f"bolt://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        return server

    def silence(self) -> None:
        self._open.clear()

    def speak(self) -> None:
        self._open.set()

    def lose(self) -> None:
        for end in self._ends:
            end.close()
        self._ends.clear()

    def hang_up(self) -> None:
        self.busy = True
        self.lose()

    def cut(self, server: asyncio.Server) -> None:
        server.close()
        self.lose()

    async def _joined(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.busy:
            writer.close()
            return
        there, back = await asyncio.open_connection(self._there.hostname, self._there.port)
        self._ends += [writer, back]
        await asyncio.gather(self._passed(reader, back), self._passed(there, writer), return_exceptions=True)

    async def _passed(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while part := await reader.read(65_536):
            await self._open.wait()
            writer.write(part)
            await writer.drain()
        writer.close()


@asynccontextmanager
async def line_to(endpoint: Endpoint) -> AsyncIterator[tuple[Line, asyncio.Server]]:
    """A line to a Neo4j, with what listens at its near end."""
    made = Line(endpoint)
    server = await made.listen()
    try:
        yield made, server
    finally:
        made.cut(server)
