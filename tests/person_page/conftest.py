"""One service for all tests of the person's page; each has a tenant of its own, with Lena in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from tests.conftest import StoppedClock
from tests.person_page.browser import Person, lena_heard, signed_in
from tests.web.service import Service, service

from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring


@pytest.fixture(scope="package")
def stopped() -> StoppedClock:
    """The clock of the service."""
    return StoppedClock()


@pytest_asyncio.fixture(scope="package")
async def running(
    graph: Graph, stopped: StoppedClock, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Service]:
    """The service."""
    folder: Path = tmp_path_factory.mktemp("keys")
    async with service(graph, Keyring(folder), stopped, "nobody") as made:
        yield made


@pytest_asyncio.fixture
async def lena(running: Service, tenant: str) -> Service:
    """The service in a tenant with a policy, in which Lena was heard of."""
    here = Service(running.services, running.url, running.http, tenant)
    await lena_heard(here)
    return here


@pytest_asyncio.fixture
async def person(lena: Service) -> AsyncIterator[Person]:
    """Lena, signed in."""
    async with signed_in(lena, "lena") as found:
        yield found
