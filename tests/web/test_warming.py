"""A service whose kernels are still being compiled: it lives, is not ready, and keeps nobody waiting for too long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from threading import Event

import pytest
import pytest_asyncio
from tests.conftest import StoppedClock
from tests.web.service import PATIENCE, Service, cold_service
from tests.world import rated

from beliefgraph.inference import warm
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring

REQUEST_S = 2.0
WHAT_IF = """{ whatIf(input: {twin: "lena", assumptions: [{belief: {attribute: "world.alone"}, holds: true}]}) {
  beliefs { afterConfidence } } }"""


@pytest.fixture(scope="module")
def kernels() -> None:
    """They are on disk, so that what a test holds back is all that a request waits for."""
    warm()


@pytest.fixture
def compiled(kernels: None, monkeypatch: pytest.MonkeyPatch) -> Event:
    """Set it, and the compiling that the service has begun ends."""
    held = Event()

    def slowly() -> None:
        assert held.wait(PATIENCE)
        warm()

    monkeypatch.setattr("beliefgraph.app.warm", slowly)
    return held


@pytest_asyncio.fixture
async def cold(
    compiled: Event, graph: Graph, keyring: Keyring, clock: StoppedClock, tenant: str
) -> AsyncIterator[Service]:
    async with cold_service(graph, keyring, clock, tenant, request_timeout=REQUEST_S) as running:
        await running.define()
        try:
            yield running
        finally:
            compiled.set()


async def ready(served: Service) -> tuple[int, str | None]:
    answer = await served.http.get(served.url + "/readyz")
    return answer.status_code, answer.json().get("code")


async def test_a_service_is_ready_once_its_kernels_are_there_and_lives_before(cold: Service, compiled: Event) -> None:
    assert (await cold.http.get(cold.url + "/healthz")).status_code == 200
    assert await ready(cold) == (503, "warming-up")
    compiled.set()
    async with asyncio.timeout(PATIENCE):
        while await ready(cold) != (200, None):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_who_asks_too_early_is_told_to_try_again_and_nothing_was_begun(cold: Service, compiled: Event) -> None:
    client = await cold.client()
    asked, observed = await asyncio.gather(
        client.post({"query": WHAT_IF}), client.post({"id": "sent while cold"}, "/events")
    )
    for answer in (asked, observed):
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert '"warming-up"' in answer.text
    async with client.socket() as socket:
        await socket.subscribe(WHAT_IF)
        refused = await socket.next()
        assert (refused["type"], refused["payload"][0]["extensions"]["code"]) == ("error", "warming-up")
    compiled.set()
    assert [receipt["rev"] for receipt in await client.observe(rated("first", 1.0))] == [1]


async def test_who_asks_shortly_before_waits_and_is_answered(cold: Service, compiled: Event) -> None:
    client = await cold.client()
    asking = asyncio.create_task(client.observe(rated("first", 1.0)))
    done, _ = await asyncio.wait({asking}, timeout=REQUEST_S / 10)
    assert not done
    compiled.set()
    assert [receipt["status"] for receipt in await asking] == ["ACCEPTED"]
