"""The client of the evaluations: what it does when the service cannot answer for a moment."""

from __future__ import annotations

import asyncio

import pytest
from tests.conftest import StoppedClock
from tests.lossy_connection import line_to
from tests.web.service import service

from beliefgraph.errors import Unavailable
from beliefgraph.evaluate import client as module
from beliefgraph.evaluate.client import Client
from beliefgraph.evaluate.replay import deliver
from beliefgraph.local import Endpoint
from beliefgraph.store.graph import Graph, connected
from beliefgraph.store.keys import Keyring


async def test_events_are_sent_again_until_the_database_is_back(
    endpoint: Endpoint,
    graph: Graph,
    keyring: Keyring,
    clock: StoppedClock,
    tenant: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with (
        line_to(endpoint) as (line, _),
        connected(line.uri, endpoint.user, endpoint.password) as far,
        service(far, keyring, clock, tenant) as running,
    ):
        await running.define()
        key = (await running.client()).secret
        assert key is not None
        with Client(running.url, key) as client:
            events = [
                {"specversion": "1.0", "type": "priced", "source": "test", "id": id_, "twin": "lena"} for id_ in "12"
            ]
            told: list[tuple[int, int]] = []

            def sent(some: list[dict[str, str]]) -> int:
                return deliver(client, some, 1, lambda _, done, of: told.append((done, of)), "Events")["accepted"]

            assert await asyncio.to_thread(sent, events[:1]) == 1
            line.hang_up()
            sending = asyncio.ensure_future(asyncio.to_thread(sent, events[1:]))
            await asyncio.sleep(0.3)
            assert not sending.done()
            line.busy = False
            assert await sending == 1
            assert told == [(0, 1), (1, 1)] * 2
            monkeypatch.setattr(module, "PATIENCE", 0.0)
            line.hang_up()
            with pytest.raises(Unavailable, match="does not answer now"):
                await asyncio.to_thread(sent, events[1:])
