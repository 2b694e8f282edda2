"""The probe tells what the process found out by itself: it costs nothing, and it is true within a few seconds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from tests.conftest import StoppedClock
from tests.lossy_connection import Line, line_to
from tests.web.service import PATIENCE, Service, service

from beliefgraph.local import Endpoint
from beliefgraph.store.graph import Graph, connected
from beliefgraph.store.keys import Keyring


@pytest_asyncio.fixture
async def line(endpoint: Endpoint, graph: Graph) -> AsyncIterator[tuple[Line, asyncio.Server]]:
    async with line_to(endpoint) as made:
        yield made


async def readiness(served: Service) -> tuple[int, str | None]:
    answer = await served.http.get(served.url + "/readyz")
    return answer.status_code, answer.json().get("code")


async def becomes(served: Service, wanted: tuple[int, str | None]) -> None:
    async with asyncio.timeout(PATIENCE):
        while await readiness(served) != wanted:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def test_two_hundred_probes_at_once_ask_the_database_nothing(
    served: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, verify = 0, served.graph.ready

    async def counted() -> None:
        nonlocal asked
        asked += 1
        await verify()

    monkeypatch.setattr(type(served.graph), "ready", lambda _: counted())
    began = asyncio.get_running_loop().time()
    answers = await asyncio.gather(*(readiness(served) for _ in range(200)))
    looks = asyncio.get_running_loop().time() - began + 1  # the process looks once a second by itself
    assert set(answers) == {(200, None)}
    assert asked <= looks


async def test_without_neo4j_the_process_is_not_ready_within_seconds_and_is_again_after(
    line: tuple[Line, asyncio.Server],
    endpoint: Endpoint,
    keyring: Keyring,
    clock: StoppedClock,
    tenant: str,
) -> None:
    between, server = line
    async with (
        connected(between.uri, endpoint.user, endpoint.password) as graph,
        service(graph, keyring, clock, tenant) as running,
    ):
        await becomes(running, (200, None))
        between.silence()
        await becomes(running, (503, "store-unavailable"))
        between.speak()
        await becomes(running, (200, None))
        between.cut(server)
        await becomes(running, (503, "store-unavailable"))


async def test_what_was_found_long_ago_is_not_believed(served: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await readiness(served) == (200, None)
    monkeypatch.setattr("beliefgraph.services.upkeep.readiness.STALE_S", 0.0)
    assert await readiness(served) == (503, "store-unavailable")
