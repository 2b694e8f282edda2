"""A service with the catalog of deals in force."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from tests.conftest import StoppedClock
from tests.trajectories.catalog import catalog
from tests.web.service import Client, Service, service

from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring


@pytest_asyncio.fixture
async def served(graph: Graph, keyring: Keyring, clock: StoppedClock, tenant: str) -> AsyncIterator[Service]:
    async with service(graph, keyring, clock, tenant) as running:
        await running.define(catalog())
        yield running


@pytest_asyncio.fixture
async def client(served: Service) -> Client:
    return await served.client()
