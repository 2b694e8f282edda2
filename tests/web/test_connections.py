"""How many connections there may be, how long they may be idle, and how long the headers of a request may take."""

from __future__ import annotations

import asyncio
import resource
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from structlog.testing import capture_logs
from tests.web.service import heartbeat
from websockets.asyncio.client import connect

from beliefgraph.config import Settings
from beliefgraph.web.connections import OTHER_FILES, fitted
from beliefgraph.web.server import serving
from beliefgraph.web.tuning import new_event_loop

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]

GET = b"GET / HTTP/1.1\r\nhost: here\r\n\r\n"
HANDSHAKE = (
    b"GET /echo HTTP/1.1\r\nhost: here\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
    b"sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


async def at_once(_: Request) -> Response:
    return PlainTextResponse("here")


async def later(_: Request) -> Response:
    await asyncio.sleep(1.0)
    return PlainTextResponse("later")


async def keyed(request: Request) -> Response:
    request.state.connected(request.path_params["key"])
    return PlainTextResponse("keyed")


async def echo(opened: WebSocket) -> None:
    await opened.accept()
    await opened.send_text(await opened.receive_text())
    await opened.close()


@asynccontextmanager
async def at(**settings: object) -> AsyncIterator[tuple[str, int]]:
    """The address of a server with these settings."""
    routes = [Route("/", at_once), Route("/later", later), Route("/keyed/{key}", keyed)]
    app = Starlette(routes=[*routes, WebSocketRoute("/echo", echo)])
    given = Settings.model_validate({"port": 0, "shutdown_timeout": 1, **settings})
    async with serving(app, given) as served:
        host, _, port = served.url.removeprefix("http://").rpartition(":")
        yield host, int(port)


async def opened(where: tuple[str, int], sent: bytes = b"", *, of: str | None = None) -> Stream:
    """A connection on which something was sent, perhaps from another address."""
    reader, writer = await asyncio.open_connection(*where, local_addr=None if of is None else (of, 0))
    writer.write(sent)
    await writer.drain()
    return reader, writer


async def served(where: tuple[str, int]) -> bool:
    """Whether a new connection is answered."""
    reader, writer = await opened(where, GET)
    try:
        return (await reader.readline()).startswith(b"HTTP/1.1 200")
    finally:
        writer.close()


async def received(stream: Stream) -> str:
    """All that comes until the connection is closed."""
    async with asyncio.timeout(5):
        return (await stream[0].read()).decode()


async def test_an_idle_connection_gives_way_to_a_new_one_and_one_at_work_does_not() -> None:
    async with at(max_connections=3) as where:
        working = await opened(where, b"GET /later HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n")
        idle = [await opened(where) for _ in range(2)]
        await asyncio.sleep(0.1)
        new = await opened(where, GET)
        assert (await new[0].readline()).startswith(b"HTTP/1.1 200")
        assert await received(idle[0]) == ""
        assert (await received(working)).endswith("later")


async def test_of_two_addresses_the_one_with_more_connections_gives_way() -> None:
    async with at(max_connections=4) as where:
        few = await opened(where, GET)
        assert (await few[0].readline()).startswith(b"HTTP/1.1 200")
        many = [await opened(where, of="127.0.0.2") for _ in range(3)]
        await asyncio.sleep(0.1)
        assert await served(where)
        assert await received(many[0]) == ""
        few[1].write(GET)  # is still open
        async with asyncio.timeout(1):
            assert b"HTTP/1.1 200" in await few[0].readuntil(b"200")


async def test_an_address_has_so_many_and_another_is_served() -> None:
    async with at(max_connections=50, max_connections_per_address=3) as where:
        many = [await opened(where, of="127.0.0.2") for _ in range(10)]
        await asyncio.sleep(0.1)
        closed = [stream for stream in many if stream[0].at_eof()]
        assert len(closed) == 7
        async with httpx2.AsyncClient() as http:
            assert (await http.get(f"http://{where[0]}:{where[1]}/")).text == "here"


async def test_of_the_connections_of_one_key_those_that_are_idle_give_way() -> None:
    async with at(max_connections=50, max_connections_per_key=3) as where:
        other = await opened(where, b"GET /keyed/b HTTP/1.1\r\nhost: here\r\n\r\n")
        many = [await opened(where, b"GET /keyed/a HTTP/1.1\r\nhost: here\r\n\r\n") for _ in range(5)]
        await asyncio.sleep(0.2)
        for stream in (other, *many):
            assert (await stream[0].readuntil(b"keyed")).startswith(b"HTTP/1.1 200")
        assert [stream[0].at_eof() for stream in (other, *many)] == [False, True, True, False, False, False]


async def test_a_process_that_is_full_says_so_in_words_and_one_line_of_the_log() -> None:
    later = b"GET /later HTTP/1.1\r\nhost: here\r\n\r\n"
    async with at(max_connections=2) as where:
        working = [await opened(where, later) for _ in range(2)]
        await asyncio.sleep(0.1)
        with capture_logs() as lines:
            refused = [await received(await opened(where, GET)) for _ in range(5)]
        assert all(each.startswith("HTTP/1.1 503 Service Unavailable") for each in refused)
        assert all("retry-after: 1" in each and '"overloaded"' in each for each in refused)
        assert [line["event"] for line in lines] == ["too many connections"]
        assert (await working[0][0].readline()).startswith(b"HTTP/1.1 200")
        assert await served(where)


def test_a_thousand_connections_that_come_at_once_do_not_hold_the_loop() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(4_096, hard)), hard))

    async def burst() -> float:
        async with at(max_connections=1_500, max_connections_per_address=1_500) as where:
            assert await served(where)
            waiting = [socket.create_connection(where) for _ in range(1_000)]  # none is accepted meanwhile
            for each in waiting:
                each.sendall(GET)
            async with heartbeat() as longest:
                assert await served(where)
            for each in waiting:
                each.close()
            return longest[0]

    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        assert runner.run(burst()) < 0.02


@pytest.mark.parametrize("asked", [GET, HANDSHAKE], ids=["requests", "handshakes"])
def test_what_a_thousand_connections_ask_at_once_does_not_hold_the_loop(asked: bytes) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(4_096, hard)), hard))

    async def burst() -> float:
        async with at(max_connections=1_500, max_connections_per_address=1_500) as where:
            many = [await opened(where) for _ in range(1_000)]
            for _, writer in many:
                writer.write(asked)  # sent at once
            async with heartbeat() as longest:
                answers = await asyncio.gather(*(reader.readline() for reader, _ in many))
            assert set(answers) <= {b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 101 Switching Protocols\r\n"}
            for _, writer in many:
                writer.close()
            return longest[0]

    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        assert runner.run(burst()) < 0.02


async def test_headers_must_come_in_their_time() -> None:
    async with at(header_timeout=0.3) as where:
        silent, slow = await opened(where), await opened(where, b"GET / HTTP/1.1\r\nhost: h")
        began = time.monotonic()
        assert await received(silent) == ""
        assert (await received(slow)).startswith("HTTP/1.1 408 Request Timeout")
        assert time.monotonic() - began < 2.0


async def test_the_next_request_of_a_connection_must_come_in_its_time_too() -> None:
    async with at(header_timeout=0.3, keep_alive_timeout=1) as where:
        stream = await opened(where, GET)
        await asyncio.sleep(0.1)
        stream[1].write(b"GET / HT")
        assert "408 Request Timeout" in await received(stream)


async def test_a_request_may_take_longer_than_its_headers() -> None:
    async with at(header_timeout=0.3) as where:
        stream = await opened(where, b"GET /later HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n")
        assert (await received(stream)).endswith("later")


async def test_a_websocket_may_be_silent_for_longer_than_headers_may_take() -> None:
    async with at(header_timeout=0.3) as (host, port), connect(f"ws://{host}:{port}/echo") as socket:
        await asyncio.sleep(0.7)
        await socket.send("still here")
        assert await socket.recv() == "still here"


@pytest.mark.parametrize("endless", [b"GET /" + b"a" * 8_192, b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 2_000])
async def test_headers_have_a_size(endless: bytes) -> None:
    async with at(max_header_bytes=4_096) as where:
        assert (await received(await opened(where, endless))).startswith("HTTP/1.1 431")


async def test_a_body_is_not_counted_as_headers() -> None:
    async with at(max_header_bytes=1_024) as where, httpx2.AsyncClient() as http:
        answer = await http.post(f"http://{where[0]}:{where[1]}/", content=b"a" * 100_000)
        assert answer.status_code == 405


def test_there_are_no_more_connections_than_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(512, soft), hard))
        given = fitted(Settings(max_connections=400, max_sockets=100))
        assert (given.max_connections, given.max_sockets) == (400, 100)
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= 500 + OTHER_FILES
        with capture_logs() as lines:
            given = fitted(Settings(max_connections=2 * hard, max_sockets=100))
        assert given.max_connections + given.max_sockets + OTHER_FILES <= hard
        assert "ulimit" in lines[0]["event"]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
