"""`docs/clients.md`: what it shows is run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from tests.conftest import StoppedClock
from tests.docs.pages import examples
from tests.web.service import service
from tests.world import rated

from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring


async def test_following_goes_on_without_gap_or_repetition_when_the_service_is_restarted(
    graph: Graph, keyring: Keyring, clock: StoppedClock, tenant: str
) -> None:
    (example,) = [each.code for each in examples("python", "docs/clients.md") if "def follow" in each.code]
    made: dict[str, Any] = {}
    exec(example, made)
    async with service(graph, keyring, clock, tenant) as first:
        await first.define()
        writer = await first.client()
        await writer.observe(rated("0", 1.0))
        address = f"ws{first.url.removeprefix('http')}/graphql"
        changes: AsyncIterator[dict[str, Any]] = made["follow"](address, writer.secret, "lena")
        seen = [(await anext(changes))["rev"]]
        await writer.observe(rated("1", 1.0))
        seen.append((await anext(changes))["rev"])
        port = int(first.url.rpartition(":")[2])
    async with asyncio.timeout(60), service(graph, keyring, clock, tenant, port=port) as second:
        again = await second.client()
        for number in (2, 3):
            await again.observe(rated(str(number), 1.0))
        while seen[-1] < 4:
            seen.append((await anext(changes))["rev"])
    assert seen == [1, 2, 3, 4]
