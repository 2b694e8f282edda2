"""What takes the processor for long leaves others alone, and ends with the service."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from tests.web.serve_process import environment_of, served_apart
from tests.web.service import Client

from beliefgraph.local import Endpoint
from beliefgraph.model.time import Clock
from beliefgraph.services.access.callers import Callers
from beliefgraph.store.graph import Graph

PUBLISH = "mutation ($catalog: JSON!) { publishDefinitions(catalog: $catalog) { number } }"
SIMPLE = "{ definitions { number } }"
SHUTDOWN_S = 2.0


def catalog(name: str, attributes: int, pairs: list[tuple[int, int]], odds_ratio: float = 30.0) -> dict[str, Any]:
    """A catalog whose attributes are related in pairs, each more or less strongly than in one of another name."""
    chance = random.Random(name)
    return {
        "catalog": name,
        "version": "1.0.0",
        "attributes": [
            {"key": f"{name}.a{n}", "domain": name, "statement": "is so", "prior": chance.choice([0.01, 0.5, 0.99])}
            for n in range(attributes)
        ],
        "relations": [
            {"kind": "supports", "source": f"{name}.a{one}", "target": f"{name}.a{other}", "odds_ratio": odds_ratio}
            for one, other in pairs
        ],
    }


def dense(name: str) -> dict[str, Any]:
    """1,000 attributes and 20,000 relations."""
    chance = random.Random(name)
    pairs = set[tuple[int, int]]()
    while len(pairs) < 20_000:
        one, other = sorted(chance.sample(range(1_000), 2))
        pairs.add((one, other))
    return catalog(name, 1_000, sorted(pairs))


def laborious(name: str) -> dict[str, Any]:
    """One that takes some ten seconds to find out about."""
    near = [(one, one + step) for one in range(1_000) for step in range(1, 15) if one + step < 1_000]
    return catalog(name, 1_000, near)


@pytest_asyncio.fixture
async def apart(endpoint: Endpoint, graph: Graph, tmp_path: Path) -> AsyncIterator[tuple[Any, str]]:
    settings = {"BELIEFGRAPH_LOG_LEVEL": "warning", "BELIEFGRAPH_SHUTDOWN_TIMEOUT": str(SHUTDOWN_S)}
    async with served_apart({**environment_of(endpoint, tmp_path), **settings}) as served:
        yield served


@pytest.mark.parametrize("hard", [dense, laborious])
async def test_catalogs_that_take_long_hold_up_nobody_and_end_with_the_service(
    graph: Graph, clock: Clock, tenant: str, apart: tuple[asyncio.subprocess.Process, str], hard: Any
) -> None:
    process, url = apart
    callers = Callers(graph, clock, 5.0)
    definer = (await callers.create(tenant, "definer", ["define"], ["testing"])).secret
    reader = (await callers.create(f"{tenant}-other", "reader", ["read"], ["testing"])).secret
    async with httpx2.AsyncClient(timeout=60) as http:
        attacker, victim = Client(http, url, definer), Client(http, url, reader)
        await victim.data(SIMPLE)
        sent = [asyncio.create_task(attacker.ask(PUBLISH, catalog=hard(f"c{n}"))) for n in range(8)]
        took = []
        until = time.monotonic() + 6.0
        while time.monotonic() < until and not all(task.done() for task in sent):
            began = time.monotonic()
            await victim.data(SIMPLE)
            took.append(time.monotonic() - began)
            await asyncio.sleep(0.05)
        took.sort()
        assert took[len(took) // 2] < 0.2
        assert took[-1] < 2.0
        if hard is dense:
            await asyncio.wait(sent)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(30):
            _, err = await process.communicate()
        assert time.monotonic() - began < SHUTDOWN_S + 2.0
        assert process.returncode == 0, err.decode()
        assert b"Traceback" not in err
        told = [answer["errors"][0]["extensions"]["code"] for answer in await asyncio.gather(*sent)]
        if hard is dense:
            assert set(told) == {"too-complex"}
        else:  # a fast machine finds out about the first of them before the service ends
            assert {"overloaded"} <= set(told) <= {"overloaded", "infeasible-statements", "too-complex"}
